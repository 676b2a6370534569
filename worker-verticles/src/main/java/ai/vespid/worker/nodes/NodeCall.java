package ai.vespid.worker.nodes;

import ai.vespid.protocol.workflow.Node;

/**
 * One node to carry out. The secret stays out of {@link #toString()}.
 *
 * @param secret what its connector needs; may be null
 * @param idempotencyKey runId:nodeId:attempt, the same whenever this step is carried out again
 */
public record NodeCall(Node node, String secret, String idempotencyKey, int timeoutMs) {
  @Override
  public String toString() {
    return "NodeCall[" + idempotencyKey + "]";
  }
}
