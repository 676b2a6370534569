package ai.vespid.simulation.runs;

import java.time.Instant;
import java.time.InstantSource;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.StringJoiner;
import java.util.UUID;

/** Time, chance and everything that will happen. */
public final class RunWorld implements InstantSource {
  public static final long START_MS = Instant.parse("2026-01-01T00:00:00Z").toEpochMilli();

  private record Event(long atMs, long number, Runnable what) {}

  private final PriorityQueue<Event> events =
      new PriorityQueue<>((a, b) ->
          a.atMs != b.atMs ? Long.compare(a.atMs, b.atMs) : Long.compare(a.number, b.number));
  private final StringJoiner trace = new StringJoiner("\n");
  private final boolean tracing;
  private long numbers;
  private long nowMs = START_MS;
  public final Random random;

  public RunWorld(long seed, boolean tracing) {
    random = new Random(seed);
    this.tracing = tracing;
  }

  @Override
  public Instant instant() {
    return Instant.ofEpochMilli(nowMs);
  }

  public void after(long ms, Runnable what) {
    events.add(new Event(nowMs + Math.max(0, ms), numbers++, what));
  }

  /** A time on a network: short, and rarely very long. */
  public long way() {
    return random.nextInt(200) == 0 ? random.nextInt(25_000) : 1 + random.nextInt(20);
  }

  public boolean chance(double share) {
    return random.nextDouble() < share;
  }

  /** An id as databases make them. */
  public String id() {
    var bytes = new byte[16];
    random.nextBytes(bytes);
    return UUID.nameUUIDFromBytes(bytes).toString();
  }

  public void runUntil(long ms) {
    while (!events.isEmpty() && events.peek().atMs <= ms) {
      var next = events.poll();
      nowMs = next.atMs;
      next.what.run();
    }
    nowMs = ms;
  }

  public long happened() {
    return numbers;
  }

  public void say(String who, Object what) {
    if (tracing) trace.add("%,9d %s %s".formatted(nowMs - START_MS, who, what));
  }

  public String trace() {
    return trace.toString();
  }
}
