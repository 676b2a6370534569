package ai.vespid.simulation;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.EffectClass;
import ai.vespid.protocol.ResultStatus;
import ai.vespid.protocol.bus.Dispatch;
import ai.vespid.simulation.World.Violation;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * What callers, agents and the database saw, and what may not be seen. Whatever one observation can
 * break is checked at once; what only shows at the end is checked by {@link Checker}.
 */
public final class History {
  /** One execution of a dispatch by an agent. */
  record Run(String requestId, int number, String agent, int incarnation, DispatchResult result) {}

  /** Everything known of one request id. */
  static final class Life {
    final Dispatch dispatch;
    final boolean async;
    final List<Run> runs = new ArrayList<>();
    boolean accepted;
    boolean gaveUp;
    // Nobody was there who could take it.
    boolean refused;
    Long committedDeadlineMs;
    DispatchResult stored;
    DispatchResult seen;
    long seenMs;
    final long submittedMs;

    Life(Dispatch dispatch, boolean async, long submittedMs) {
      this.dispatch = dispatch;
      this.async = async;
      this.submittedMs = submittedMs;
    }
  }

  private static final long NEVER = -1_000_000;
  private static final long LATE_MS = 10_000;

  private final World world;
  private final Map<String, Life> lives = new LinkedHashMap<>();
  private final List<Run> runs = new ArrayList<>();
  private final Map<String, Integer> given = new HashMap<>();
  private final boolean alone;
  private final BooleanSupplier agreed;
  private long homesMovedMs = NEVER;
  private long redisFailedMs = NEVER;

  /**
   * @param alone there is one gateway, and never another one
   * @param agreed whether all gateways see the same homes now
   */
  History(World world, boolean alone, BooleanSupplier agreed) {
    this.world = world;
    this.agreed = agreed;
    this.alone = alone;
  }

  Collection<Life> lives() {
    return lives.values();
  }

  Life life(String requestId) {
    return lives.get(requestId);
  }

  /** How much happened, for a summary. */
  int ran() {
    return runs.size();
  }

  void submitted(Dispatch dispatch, boolean async) {
    lives.computeIfAbsent(dispatch.requestId(), _ -> new Life(dispatch, async, world.nowMs()));
  }

  /** A home died, or somebody's view of who is home changed. */
  void homesMoved() {
    homesMovedMs = world.nowMs();
  }

  void redisFailed(long untilMs) {
    redisFailedMs = Math.max(redisFailedMs, untilMs);
  }

  /**
   * An attempt goes to an agent over this connection: only once, and not after a later one, whose
   * result would not be believed any more.
   */
  void given(String connectionId, String requestId, int epoch) {
    var before = given.put(connectionId + ' ' + requestId, epoch);
    if (before != null && before >= epoch) {
      throw new Violation(
          "%s was given over %s under epoch %d and then %d"
              .formatted(requestId, connectionId, before, epoch));
    }
  }

  /** Something is given to an executor. */
  public void offered(String requestId, int remainingMs) {
    if (remainingMs <= 0) throw new Violation(requestId + " was offered when its time was over");
  }

  // Check 1: a caller is told that it is accepted: it must be in the database.
  void accepted(String requestId) {
    var life = life(requestId);
    if (life.committedDeadlineMs == null) {
      throw new Violation(requestId + " was accepted but never committed");
    }
    life.accepted = true;
  }

  void gaveUp(String requestId) {
    life(requestId).gaveUp = true;
  }

  /** A caller was told that nobody is there who could take it. */
  void refused(String requestId) {
    life(requestId).refused = true;
  }

  void committed(String requestId, long deadlineMs) {
    life(requestId).committedDeadlineMs = deadlineMs;
  }

  /** A terminal result was written over {@code before}, null when the row was open. */
  void stored(
      String requestId, int rowEpoch, int epoch, DispatchResult result, DispatchResult before) {
    // Check 1 and check 2.
    if (before != null) throw new Violation(requestId + " was decided twice in the database");
    if (epoch < rowEpoch) {
      throw new Violation(
          requestId + ": stored a result of epoch " + epoch + ", the row has " + rowEpoch);
    }
    mustHaveRun(requestId, result);
    life(requestId).stored = result;
  }

  /** A caller or reader has a result in hands. */
  void saw(String requestId, DispatchResult result) {
    var life = life(requestId);
    mustHaveRun(requestId, result);
    if (life.seen == null) {
      life.seen = result;
      life.seenMs = world.nowMs();
    } else if (!life.seen.equals(result) && promised(life)) {
      throw new Violation(
          requestId + ": seen as " + text(life.seen) + " and as " + text(result)); // check 1
    }
    if (life.stored != null && !life.stored.equals(result)) {
      throw new Violation(
          requestId + ": seen as " + text(result) + " but stored as " + text(life.stored));
    }
  }

  private boolean promised(Life life) {
    return life.async || !homeAndRedisFailed(life) && !(alone && homesMovedMs >= life.submittedMs);
  }

  // What is known of a synchronous dispatch is in its home's memory and in Redis: when homes move,
  // or two halves are home, and Redis was lost too, nobody knows it. Alone, a result is not waited
  // for in Redis before it is told.
  private boolean homeAndRedisFailed(Life life) {
    return !life.async && redisFailedMs >= life.submittedMs && homesMoved(life);
  }

  /**
   * An agent begins to run a dispatch.
   *
   * @param incarnation which process of the agent; 0 when it may run one dispatch twice at once
   */
  int began(String requestId, String agent, int incarnation) {
    var life = life(requestId);
    if (incarnation != 0 && life.runs.stream().anyMatch(r -> goesOn(r, agent, incarnation))) {
      throw new Violation(requestId + " runs twice at once on " + agent);
    }
    int number = runs.size();
    var run = new Run(requestId, number, agent, incarnation, null);
    runs.add(run);
    life.runs.add(run);
    boolean once = life.dispatch.effect() == EffectClass.AT_MOST_ONCE;
    if (once && life.runs.size() > 1 && !homeAndRedisFailed(life)) {
      throw new Violation(
          requestId + " is at-most-once and ran on " + life.runs.get(0).agent() + " and " + agent);
    }
    return number;
  }

  private boolean goesOn(Run run, String agent, int incarnation) {
    return run.agent().equals(agent)
        && run.incarnation() == incarnation
        && runs.get(run.number()).result() == null;
  }

  // Where nobody agrees who is home, homes will have moved when they do.
  private boolean homesMoved(Life life) {
    return homesMovedMs >= life.submittedMs || !agreed.getAsBoolean();
  }

  void finished(int number, DispatchResult result) {
    var run = runs.get(number);
    runs.set(number, new Run(run.requestId(), number, run.agent(), run.incarnation(), result));
  }

  // Check 3: a success must come from a run of this very dispatch.
  private void mustHaveRun(String requestId, DispatchResult result) {
    if (result.status() != ResultStatus.SUCCEEDED) return;
    int number = Integer.parseInt(result.output().text());
    var run = number < runs.size() ? runs.get(number) : null;
    if (run == null || !run.requestId().equals(requestId) || run.result() == null) {
      throw new Violation(requestId + " succeeded with what no run of it answered");
    }
  }

  /** The router takes a report as the terminal result of what it assigned. */
  public void decided(
      String requestId, int epoch, String executorId, int reportedEpoch, String reportedBy) {
    if (epoch != reportedEpoch || !reportedBy.equals(executorId)) {
      throw new Violation(
          "%s: a report of epoch %d by %s decided epoch %d of %s"
              .formatted(requestId, reportedEpoch, reportedBy, epoch, executorId));
    }
  }

  /** An agent may forget a success because it is safe. */
  void forgotten(String requestId, DispatchResult result) {
    var life = life(requestId);
    if (!life.async || result.status() != ResultStatus.SUCCEEDED) return;
    if (life.stored == null) {
      throw new Violation(requestId + ": the agent forgot a result that is not stored");
    }
  }

  /** An agent may forget a result because nobody wants it. */
  void unwanted(String requestId, boolean awaited) {
    // What a router says is true of its own table; the next one believes the row.
    var life = life(requestId);
    // Epochs of a synchronous dispatch begin again with its router.
    boolean sure =
        life.async
            ? world.nowMs() - homesMovedMs > LATE_MS && agreed.getAsBoolean()
            : !homesMoved(life);
    // Timed out and not yet stored: it can only time out again.
    if (life.committedDeadlineMs != null && world.nowMs() >= life.committedDeadlineMs) return;
    if (awaited && sure) {
      throw new Violation(requestId + ": the agent was told to forget what the router waits for");
    }
  }

  /** One of the last dispatches, when nothing is wrong any more and there is room. */
  void mustSucceed(String requestId, DispatchResult result) {
    if (result.status() == ResultStatus.FAILED && !"HOST_EXIT_CODE:1".equals(result.error())) {
      throw new Violation(requestId + " found no room at the end: " + text(result)); // check 4
    }
  }

  /**
   * Whether an edge may hold it when all is over. Epochs of a synchronous dispatch begin again with
   * its router: an offer of a dead one that comes after the end looks like a new one, and is held
   * until the socket closes.
   */
  boolean mayLinger(String requestId) {
    var life = life(requestId);
    return !life.async && homesMovedMs >= life.submittedMs;
  }

  static String text(DispatchResult result) {
    return result.status() == ResultStatus.SUCCEEDED
        ? "run " + result.output().text()
        : String.valueOf(result.error());
  }
}
