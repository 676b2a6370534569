package ai.vespid.gateway.dispatch;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.RequestId;
import ai.vespid.protocol.WorkspaceUse;
import ai.vespid.protocol.Workspaces;
import ai.vespid.protocol.bus.Dispatch;
import ai.vespid.protocol.bus.Holder;
import ai.vespid.protocol.bus.Route;

/**
 * One dispatch in the table.
 *
 * <pre>
 *   Preparing ──> Queued <──────────────┐
 *       │            │                  │ not delivered, or lost and retry-safe
 *       └────────────┴─> Committing ──> Assigned <──> Grace
 *                          (durable)       │            │
 *                                          └─ Settling <┘ ──> gone
 * </pre>
 *
 * Every state may go to Settling when its deadline passes.
 */
final class Entry {
  /** Where a dispatch stands. */
  sealed interface State {
    /** Waits for the files of its run: {@code locked} by another dispatch, or being looked up. */
    record Preparing(boolean locked) implements State {}

    /** Waits for an executor; {@code reason} is what it will fail with when it waited too long. */
    record Queued(ErrorCode reason) implements State {}

    /** Its assignment is being written; {@code to} is null when nobody had room. */
    record Committing(Route to) implements State {}

    /** Offered to this executor, which may have begun. */
    record Assigned(Route to) implements State {}

    /** Its executor lost the link and may come back. */
    record Grace(Holder holder, long untilMs) implements State {}

    /** Its terminal result is decided and being stored. */
    record Settling(String executorId, DispatchResult result) implements State {}
  }

  final Dispatch dispatch;
  final Demand demand;
  final boolean durable;
  final long acceptedMs;
  final long deadlineMs;
  long waitUntilMs;
  boolean committed;
  // It was canceled while it was being written.
  boolean unwanted;
  // Its holder is known to have had it.
  boolean arrived;
  // Where this home offered it; null when another one did.
  String offeredOn;
  int epoch;
  // The attempt before this one, which was never begun.
  int follows;
  int attempts;
  State state;
  WorkspaceHead files;

  Entry(Dispatch dispatch, boolean durable, long acceptedMs, long deadlineMs) {
    this.dispatch = dispatch;
    this.demand = Demand.of(dispatch);
    this.durable = durable;
    this.acceptedMs = acceptedMs;
    this.deadlineMs = deadlineMs;
    this.waitUntilMs = Math.min(deadlineMs, acceptedMs + dispatch.maxWaitMs());
    this.state = new State.Queued(ErrorCode.EXECUTOR_OVER_CAPACITY);
  }

  String id() {
    return dispatch.requestId();
  }

  String organizationId() {
    return dispatch.organizationId();
  }

  boolean usesFiles() {
    return dispatch.workspace() == WorkspaceUse.RUN;
  }

  /** The key of its files: runs of different organizations never meet, even under one id. */
  String filesKey() {
    return organizationId() + '/' + RequestId.runIdOf(id());
  }

  /** Who holds it, or null. */
  String executorId() {
    return switch (state) {
      case State.Committing(Route to) -> to == null ? null : to.executorId();
      case State.Assigned(Route to) -> to.executorId();
      case State.Grace grace -> grace.holder().executorId();
      case State.Settling settling -> settling.executorId();
      case State.Preparing _, State.Queued _ -> null;
    };
  }

  String workspaceId() {
    return Workspaces.idOf(organizationId(), RequestId.runIdOf(id()));
  }

  /** True when an executor has it, on a live link or not. */
  boolean held() {
    return state instanceof State.Assigned || state instanceof State.Grace;
  }

  /** True when it is, or was by this home, given to its executor on this connection. */
  boolean isOn(String connectionId) {
    return connectionId.equals(offeredOn)
        || state instanceof State.Assigned(Route to) && connectionId.equals(to.connectionId());
  }

  /** The process that was given it, or null. */
  Holder holder() {
    return switch (state) {
      case State.Assigned(Route to) -> Holder.of(to);
      case State.Grace grace -> grace.holder();
      case State.Preparing _, State.Queued _, State.Committing _, State.Settling _ -> null;
    };
  }

  /** When this state has to be looked at again. */
  long momentMs() {
    return switch (state) {
      case State.Queued _ -> waitUntilMs;
      case State.Preparing(boolean locked) -> locked ? waitUntilMs : deadlineMs;
      case State.Grace grace -> Math.min(deadlineMs, grace.untilMs());
      case State.Committing _, State.Assigned _, State.Settling _ -> deadlineMs;
    };
  }

  /** It had an executor and lost it: that is not its caller's impatience to pay for. */
  void waitAtLeastUntil(long untilMs) {
    waitUntilMs = Math.min(deadlineMs, Math.max(waitUntilMs, untilMs));
  }

  /** Since when its caller waits, at whichever home and for one. */
  long sinceMs() {
    return deadlineMs - dispatch.timeoutMs() - dispatch.waitedMs();
  }

  int remainingMs(long nowMs) {
    return (int) Math.max(0, deadlineMs - nowMs);
  }
}
