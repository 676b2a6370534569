package ai.vespid.worker.workflow;

import java.time.Instant;

/**
 * What is to be done, never before the turn that brought it is committed. Doing it again after a
 * crash is safe for dispatches by their request id; other services are given the same key.
 */
sealed interface Effect {
  String nodeId();

  /** Carry the node out in this process and tell the machine its result. */
  record Execute(String nodeId, int attempt, String key, int timeoutMs) implements Effect {}

  /** Hand the node's dispatch to the gateway and tell the machine whether it took it. */
  record Send(String nodeId, String requestId, int attempt, int timeoutMs, Instant until)
      implements Effect {}
}
