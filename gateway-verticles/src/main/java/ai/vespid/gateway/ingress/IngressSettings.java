package ai.vespid.gateway.ingress;

import ai.vespid.protocol.Limits;

/**
 * The {@code ingress} section.
 *
 * @param internalPort when set, /internal/v1 is served there only, GATEWAY_INTERNAL_PORT
 * @param serviceToken GATEWAY_SERVICE_TOKEN; required
 * @param replyGraceMs how much longer than its deadline a synchronous answer is awaited,
 *     GATEWAY_EXECUTOR_REPLY_GRACE_MS, default 5000, at least 500
 * @param requestsMax requests under way at once; one more is answered 503
 */
public record IngressSettings(
    String host,
    Integer port,
    Integer internalPort,
    String serviceToken,
    Integer replyGraceMs,
    Integer bodyBytesMax,
    Integer requestsMax) {
  public IngressSettings {
    if (host == null) host = "0.0.0.0";
    if (port == null) port = 3002;
    if (internalPort == null) internalPort = port;
    if (serviceToken == null || serviceToken.isBlank()) {
      throw new IllegalArgumentException("serviceToken is required: set GATEWAY_SERVICE_TOKEN");
    }
    if (replyGraceMs == null) replyGraceMs = 5_000;
    replyGraceMs = Math.max(500, replyGraceMs);
    if (bodyBytesMax == null) bodyBytesMax = Limits.FRAME_BYTES_MAX;
    if (requestsMax == null) requestsMax = 20_000;
  }

  @Override
  public String toString() {
    return "IngressSettings[port=" + port + ", internalPort=" + internalPort + "]";
  }
}
