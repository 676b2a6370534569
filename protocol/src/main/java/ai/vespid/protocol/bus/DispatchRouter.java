package ai.vespid.protocol.bus;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.executor.ExecutorFrame.Held;
import ai.vespid.protocol.http.ExplainAnswer;
import java.util.List;

/**
 * The owner of the dispatches of its organizations, on one node and shard.
 *
 * <pre>
 * ingress                    router                                edge
 *   Run    ------------------->   ... Offer/Report ...               (memory only)
 *          <- Finished | Refused
 *   Accept ------------------->   commit, then Accepted | Finished | Refused
 *                                 <--------------------------------  Report
 *                                 Settled (stored; tell the agent) | Unwanted
 *                                 <--------------------------------  Doubt (no acknowledgement)
 *                                 Done
 *                                 <--------------------------------  Reconcile (agent said hello)
 *                                 Reconciled
 *   Await  ------------------->   Finished | Refused, or NOT_FOUND
 *   Cancel ------------------->   its waiters are told DISPATCH_CANCELED; Done when it is gone
 * former home                new home
 *             <----------------   HandOver (what I am home for now)
 *   TakeOver ----------------->   Done
 *   Done (nothing of yours is left here)
 * </pre>
 *
 * <p>A router that is not home for what it is asked answers NOT_HOME; one that has just become home
 * and does not know yet what is under way, UNAVAILABLE. Both mean: ask again shortly, at the home.
 */
public sealed interface DispatchRouter<R extends Message> extends Request<R> {
  static Address<DispatchRouter<?>> at(String node, int shard) {
    return Address.of("router", node, shard);
  }

  /** How a submission was answered. */
  sealed interface Reply extends Message {}

  /** The terminal result; {@code stored} when it was decided before this submission. */
  record Finished(DispatchResult result, boolean stored) implements Reply {
    @Override
    public int bulk() {
      return result.bulk();
    }
  }

  /** Committed; the result will be found by its request id. */
  record Accepted() implements Reply {}

  /** Not accepted, nothing changed. */
  record Refused(ErrorCode code, String message) implements Reply {}

  /** Run it and answer with the result. Joins a dispatch of the same id that is in flight. */
  record Run(Dispatch dispatch) implements DispatchRouter<Reply> {
    @Override
    public int bulk() {
      return dispatch.bulk();
    }
  }

  /** Take it durably and answer after commit. */
  record Accept(Dispatch dispatch) implements DispatchRouter<Reply> {
    @Override
    public int bulk() {
      return dispatch.bulk();
    }
  }

  /**
   * An executor that holds this assignment has finished it. Idempotent.
   *
   * @param key whose home is asked
   * @param edge the node whose socket it came on: what is not known of a node out of sight may
   *     still be told
   */
  record Report(
      String key,
      String organizationId,
      String requestId,
      int epoch,
      String executorId,
      DispatchResult result,
      String edge)
      implements DispatchRouter<Report.Reply> {
    @Override
    public int bulk() {
      return result.bulk();
    }

    public sealed interface Reply extends Message {}

    /** This is the terminal result, and it is as safe as its dispatch was promised to be. */
    public record Settled() implements Reply {}

    /** Another result was decided and stored, or nobody asked: the agent may forget it. */
    public record Unwanted() implements Reply {}
  }

  /**
   * An executor did not acknowledge this assignment in time: its link may be dead without knowing
   * it. What is safe to repeat goes to another one now, the rest waits for the link's end.
   *
   * @param key whose home is asked
   */
  record Doubt(String key, String requestId, int epoch, String executorId)
      implements DispatchRouter<Done> {}

  /**
   * An executor (re)connected: this is what its process still runs and what it finished without an
   * acknowledgement. Everything else that was assigned to it never reached it or died with it.
   *
   * @param key whose home is asked
   * @param organizationId null of the managed pool
   * @param edge the node whose socket it is
   */
  record Reconcile(
      String key,
      String organizationId,
      String executorId,
      String connectionId,
      long connectedAtMs,
      String bootId,
      List<Held> inFlight,
      List<Held> finished,
      String edge)
      implements DispatchRouter<Reconcile.Reconciled> {
    public Reconcile {
      inFlight = List.copyOf(inFlight);
      finished = List.copyOf(finished);
    }

    /** {@code adopted} are assignments the edge must believe; {@code drop} are not wanted. */
    public record Reconciled(List<Adopted> adopted, List<Held> drop) implements Message {
      public Reconciled {
        adopted = List.copyOf(adopted);
        drop = List.copyOf(drop);
      }
    }

    /** An assignment that survived the link. */
    public record Adopted(String requestId, int epoch, String organizationId) implements Message {}
  }

  /**
   * The answer of a dispatch that was handed in before. Asked when a Run was not answered in time:
   * over a network either may be lost.
   */
  record Await(String key, String requestId, String organizationId)
      implements DispatchRouter<Reply> {}

  /**
   * Nobody wants its result any more: it ends now, and who holds it is told to stop. What is
   * decided or unknown stays as it is. Answered when its holder has said that nothing of it is
   * left, or does not within some seconds.
   */
  record Cancel(String key, String requestId, String organizationId)
      implements DispatchRouter<Done> {}

  /**
   * This shard has become home: give it what it is home for among these shards, as {@code
   * node/shard}. Answered when it has all of it.
   */
  record HandOver(String node, int shard, List<String> homes) implements DispatchRouter<Done> {
    public HandOver {
      homes = List.copyOf(homes);
    }
  }

  /** These open rows are yours: take those you do not have. A lost message may have left them. */
  record Adopt(List<String> requestIds) implements DispatchRouter<Done> {
    public Adopt {
      requestIds = List.copyOf(requestIds);
    }
  }

  /**
   * These dispatches are yours now. {@code id} is the same when it is said again: what was taken
   * once may be over when the second comes.
   */
  record TakeOver(String id, List<Moving> moving) implements DispatchRouter<Done> {
    public TakeOver {
      moving = List.copyOf(moving);
    }

    @Override
    public int bulk() {
      return moving.stream().mapToInt(Moving::bulk).sum();
    }
  }

  /**
   * An open dispatch on its way to its new home; {@code holder} null when nobody has it, {@code
   * arrived} false when nobody knows whether the offer to it did.
   */
  record Moving(
      Dispatch dispatch,
      boolean durable,
      int epoch,
      int remainingMs,
      Holder holder,
      boolean arrived)
      implements Message {
    @Override
    public int bulk() {
      return 1_000 + dispatch.bulk();
    }
  }

  /** Why this dispatch waits, or who has it. */
  record Explain(String requestId) implements DispatchRouter<Explanation> {}

  /** {@code answer} is null when the dispatch is unknown. */
  record Explanation(ExplainAnswer answer) implements Message {}
}
