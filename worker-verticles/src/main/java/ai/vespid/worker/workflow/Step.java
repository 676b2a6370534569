package ai.vespid.worker.workflow;

import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.workflow.Node;
import ai.vespid.sql.NodeState;
import ai.vespid.sql.RunNode;
import ai.vespid.sql.RunNode.Change;
import java.time.Instant;

/** Where a run is at one node. */
record Step(
    NodeState state,
    int attempt,
    String kind,
    String requestId,
    Instant timeoutAt,
    RawJson output,
    String error) {
  static Step of(RunNode row) {
    return new Step(
        row.state(),
        row.attempt(),
        row.kind(),
        row.requestId(),
        row.timeoutAt(),
        row.output(),
        row.error());
  }

  static Step running(int attempt) {
    return new Step(NodeState.RUNNING, attempt, null, null, null, null, null);
  }

  static Step blocked(int attempt, String kind, String requestId, Instant timeoutAt) {
    return new Step(NodeState.BLOCKED, attempt, kind, requestId, timeoutAt, null, null);
  }

  static Step ended(NodeState state, int attempt, RawJson output, String error) {
    return new Step(state, attempt, null, null, null, output, error);
  }

  boolean open() {
    return state == NodeState.RUNNING || state == NodeState.BLOCKED;
  }

  boolean waitsFor(String request) {
    return state == NodeState.BLOCKED && requestId.equals(request);
  }

  boolean needsApproval() {
    return state == NodeState.BLOCKED && RunNode.APPROVAL.equals(kind);
  }

  Change change(Node node) {
    return new Change(
        node.id(), node.type(), state, attempt, kind, requestId, timeoutAt, output, error);
  }
}
