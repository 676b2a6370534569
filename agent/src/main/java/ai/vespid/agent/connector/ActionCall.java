package ai.vespid.agent.connector;

import ai.vespid.protocol.RawJson;

/**
 * One action to carry out. Secret and input stay out of {@link #toString()}.
 *
 * @param secret the credential for the service; may be null
 * @param baseUrl where the service is, when it is not at its usual address; may be null
 * @param idempotencyKey told to services that can recognize a repeated request by it
 */
public record ActionCall(
    String actionId,
    RawJson input,
    String secret,
    String baseUrl,
    String idempotencyKey,
    long timeoutMs) {
  @Override
  public String toString() {
    return "ActionCall[actionId=%s, timeoutMs=%d]".formatted(actionId, timeoutMs);
  }
}
