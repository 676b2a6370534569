package ai.vespid.bench.fault;

import ai.vespid.protocol.EffectClass;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/** What callers and agents saw of each dispatch; any thread may add to it. */
final class History {
  /** Whether the caller waits for the result, or is told that it was accepted. */
  enum Mode {
    SYNC,
    ASYNC
  }

  /** Something that was seen, in milliseconds since the history began. */
  sealed interface Event {
    long atMs();

    /** A caller asked for the first time. */
    record Posted(long atMs, String id, long number, Mode mode, EffectClass effect)
        implements Event {}

    /** A gateway said that the dispatch is safe. */
    record Accepted(long atMs, String id) implements Event {}

    /** Somebody was told the terminal result. */
    record Decided(long atMs, String id, String by, Outcome outcome) implements Event {}

    /** A caller asked again and again until its patience was over. */
    record Unanswered(long atMs, String id, String cause) implements Event {}

    /** A gateway said that no agent is there who could take it; it is asked again. */
    record Refused(long atMs, String id, String by) implements Event {}

    /** A gateway answered what it never may. */
    record Misanswered(long atMs, String id, String answer) implements Event {}

    /** A reader was told that an accepted dispatch has no result, when all was quiet. */
    record Missing(long atMs, String id, String by) implements Event {}

    /** An invoke reached an agent. */
    record Offered(long atMs, String id, int epoch, String agent) implements Event {}

    /** An agent began to work. */
    record Began(long atMs, String id, String agent, String execution) implements Event {}

    /** A gateway told an agent that it has its result, or does not want it. */
    record Thanked(long atMs, String id, int epoch, String agent, boolean accepted)
        implements Event {}

    /** An agent still had this when all was quiet: work, or a result nobody acknowledged. */
    record Left(long atMs, String agent, String id) implements Event {}

    /** The room of all agents was asked for when all was quiet. */
    record Probed(long atMs, int room, int taken, boolean oneMoreRefused) implements Event {}
  }

  private final ConcurrentLinkedQueue<Event> events = new ConcurrentLinkedQueue<>();
  private final long begunNanos = System.nanoTime();

  long nowMs() {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begunNanos);
  }

  void add(Event event) {
    events.add(event);
  }

  List<Event> events() {
    return List.copyOf(events);
  }
}
