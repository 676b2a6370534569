package ai.vespid.simulation.runs;

import java.time.Instant;
import java.time.InstantSource;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.StringJoiner;

/** Time, chance and everything that will happen. */
final class RunWorld implements InstantSource {
  static final long START_MS = Instant.parse("2026-01-01T00:00:00Z").toEpochMilli();

  private record Event(long atMs, long number, Runnable what) {}

  private final PriorityQueue<Event> events =
      new PriorityQueue<>((a, b) ->
          a.atMs != b.atMs ? Long.compare(a.atMs, b.atMs) : Long.compare(a.number, b.number));
  private final StringJoiner trace = new StringJoiner("\n");
  private final boolean tracing;
  private long numbers;
  private long nowMs = START_MS;
  final Random random;

  RunWorld(long seed, boolean tracing) {
    random = new Random(seed);
    this.tracing = tracing;
  }

  @Override
  public Instant instant() {
    return Instant.ofEpochMilli(nowMs);
  }

  void after(long ms, Runnable what) {
    events.add(new Event(nowMs + Math.max(0, ms), numbers++, what));
  }

  /** A time on a network: short, and rarely very long. */
  long way() {
    return random.nextInt(200) == 0 ? random.nextInt(25_000) : 1 + random.nextInt(20);
  }

  boolean chance(double share) {
    return random.nextDouble() < share;
  }

  void runUntil(long ms) {
    while (!events.isEmpty() && events.peek().atMs <= ms) {
      var next = events.poll();
      nowMs = next.atMs;
      next.what.run();
    }
    nowMs = ms;
  }

  long happened() {
    return numbers;
  }

  void say(String who, Object what) {
    if (tracing) trace.add("%,9d %s %s".formatted(nowMs - START_MS, who, what));
  }

  String trace() {
    return trace.toString();
  }
}
