package ai.vespid.bench;

import ai.vespid.protocol.Pool;

/**
 * What one agent connects with; {@code userId} is who may dispatch to it. The token is a secret.
 */
public record Credential(
    String executorId, String token, String organizationId, String userId, Pool pool) {
  @Override
  public String toString() {
    return "Credential[executorId=" + executorId + ", pool=" + pool + "]";
  }
}
