package ai.vespid.worker.workflow;

import java.time.Duration;
import java.time.Instant;

/**
 * What is to be done, never before the turn that brought it is committed. Doing it again after a
 * crash is safe for dispatches by their request id; other services are given the same key.
 */
sealed interface Effect {
  String nodeId();

  /** Carry the node out in this process and tell the machine its result. */
  record Execute(String nodeId, int attempt, String key, int timeoutMs) implements Effect {}

  /**
   * Hand the node's dispatch to the gateway and tell the machine whether it took it.
   *
   * @param since when the node was committed as blocked
   * @param deadline when its agent has to be done, whenever the gateway takes it
   */
  record Send(String nodeId, String requestId, int attempt, Instant since, Instant deadline)
      implements Effect {
    /** What is left at that time, at least a millisecond. */
    int timeoutMs(Instant now) {
      return Math.clamp(Duration.between(now, deadline).toMillis(), 1, Integer.MAX_VALUE);
    }
  }

  /** Tell the gateway that nobody wants this dispatch any more. */
  record Cancel(String nodeId, String requestId) implements Effect {}
}
