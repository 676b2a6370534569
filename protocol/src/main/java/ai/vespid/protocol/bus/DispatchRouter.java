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
 *                                 <--------------------------------  Reconcile (agent said hello)
 *                                 Reconciled
 * </pre>
 */
public sealed interface DispatchRouter<R extends Message> extends Request<R> {
  static Address<DispatchRouter<?>> at(String node, int shard) {
    return new Address<>("router@" + node + "/" + shard);
  }

  /** How a submission was answered. */
  sealed interface Reply extends Message {}

  /** The terminal result; {@code stored} when it was decided before this submission. */
  record Finished(DispatchResult result, boolean stored) implements Reply {}

  /** Committed; the result will be found by its request id. */
  record Accepted() implements Reply {}

  /** Not accepted, nothing changed. */
  record Refused(ErrorCode code, String message) implements Reply {}

  /** Run it and answer with the result. Joins a dispatch of the same id that is in flight. */
  record Run(Dispatch dispatch) implements DispatchRouter<Reply> {}

  /** Take it durably and answer after commit. */
  record Accept(Dispatch dispatch) implements DispatchRouter<Reply> {}

  /** An executor that holds this assignment has finished it. Idempotent. */
  record Report(
      String organizationId, String requestId, int epoch, String executorId, DispatchResult result)
      implements DispatchRouter<Report.Reply> {
    public sealed interface Reply extends Message {}

    /** This is the terminal result, and it is as safe as its dispatch was promised to be. */
    public record Settled() implements Reply {}

    /** Another result was decided, or nobody asked: the agent may forget it. */
    public record Unwanted() implements Reply {}
  }

  /**
   * An executor (re)connected: this is what its process still runs and what it finished without an
   * acknowledgement. Everything else that was assigned to it never reached it or died with it.
   */
  record Reconcile(
      String executorId,
      String connectionId,
      String bootId,
      List<Held> inFlight,
      List<Held> finished)
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

  /** Why this dispatch waits, or who has it. */
  record Explain(String requestId) implements DispatchRouter<Explanation> {}

  /** {@code answer} is null when the dispatch is unknown. */
  record Explanation(ExplainAnswer answer) implements Message {}
}
