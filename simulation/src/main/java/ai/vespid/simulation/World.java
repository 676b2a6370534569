package ai.vespid.simulation;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.PriorityQueue;
import java.util.SplittableRandom;

/**
 * Time, chance and order of one simulated run: what happens next is the earliest action, the one
 * that was scheduled first of equals. Nothing else makes anything happen, so a seed is a run.
 */
final class World {
  /** An invariant is broken; the run ends. */
  static final class Violation extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Violation(String message) {
      super(message);
    }

    Violation(String message, Throwable cause) {
      super(message, cause);
    }
  }

  private record Event(
      long atMs, long sequence, Actor actor, int incarnation, String what, Runnable action)
      implements Comparable<Event> {
    @Override
    public int compareTo(Event other) {
      int byTime = Long.compare(atMs, other.atMs);
      return byTime != 0 ? byTime : Long.compare(sequence, other.sequence);
    }
  }

  /** An hour into the epoch, so that "long ago" is not negative. */
  static final long START_MS = 3_600_000;

  private static final int TRACE_LINES_MAX = 4_000;

  private final SplittableRandom random;
  private final boolean tracing;
  private final PriorityQueue<Event> events = new PriorityQueue<>();
  private final Deque<String> trace = new ArrayDeque<>();
  private long nowMs = START_MS;
  private long sequence;
  private long happened;
  private Actor last;

  World(long seed, boolean tracing) {
    this.random = new SplittableRandom(seed);
    this.tracing = tracing;
  }

  long nowMs() {
    return nowMs;
  }

  /** At least {@code from}, less than {@code to}. */
  long between(long from, long to) {
    return from >= to ? from : random.nextLong(from, to);
  }

  int pick(int bound) {
    return random.nextInt(bound);
  }

  boolean chance(double probability) {
    return probability > 0 && random.nextDouble() < probability;
  }

  /** Something that happens whoever is alive. */
  void in(long delayMs, String what, Runnable action) {
    add(new Event(nowMs + delayMs, sequence++, null, 0, what, action));
  }

  /** Something an actor does, unless it dies before; late when it is stopped. */
  void in(long delayMs, Actor actor, String what, Runnable action) {
    add(new Event(nowMs + delayMs, sequence++, actor, actor.incarnation(), what, action));
  }

  private void add(Event event) {
    events.add(event);
  }

  /** Lets everything happen until a moment. */
  void runUntil(long untilMs, Runnable afterEach) {
    while (!events.isEmpty() && events.peek().atMs <= untilMs) {
      var event = events.poll();
      nowMs = Math.max(nowMs, event.atMs);
      if (event.actor != null && !event.actor.lives(event.incarnation)) continue;
      if (event.actor != null && event.actor.stoppedUntilMs() > nowMs) {
        add(
            new Event(
                event.actor.stoppedUntilMs(),
                event.sequence,
                event.actor,
                event.incarnation,
                event.what,
                event.action));
        continue;
      }
      happen(event);
      afterEach.run();
    }
    nowMs = Math.max(nowMs, untilMs);
  }

  private void happen(Event event) {
    happened++;
    last = event.actor;
    try {
      event.action.run();
    } catch (Violation e) {
      throw e;
    } catch (RuntimeException e) {
      throw new Violation("an exception escaped from " + event.what + ": " + e, e);
    }
  }

  /** Who did something last; null when it was nobody. */
  Actor last() {
    return last;
  }

  long happened() {
    return happened;
  }

  /** One line of the trace; costs nothing unless the run is traced. */
  void say(Object who, String what, Object... details) {
    if (!tracing) return;
    var line = new StringBuilder();
    line.append("%8.3f  %-10s %s".formatted((nowMs - START_MS) / 1000.0, who, what));
    for (var detail : details) line.append(' ').append(detail);
    trace.add(line.toString());
    if (trace.size() > TRACE_LINES_MAX) trace.removeFirst();
  }

  String trace() {
    return String.join("\n", trace);
  }
}
