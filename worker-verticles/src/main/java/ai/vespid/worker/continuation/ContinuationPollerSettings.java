package ai.vespid.worker.continuation;

/**
 * The {@code continuation-poller} section.
 *
 * @param gatewayUrl GATEWAY_HTTP_URL
 * @param serviceToken GATEWAY_SERVICE_TOKEN
 * @param push GATEWAY_CONTINUATION_PUSH: 1, the default, listens to what the gateway tells
 * @param pollMs WORKFLOW_CONTINUATION_POLL_MS, between two sweeps, at least 250
 * @param concurrency WORKFLOW_CONTINUATION_CONCURRENCY, continuations under way at once
 * @param queueName WORKFLOW_CONTINUATION_QUEUE_NAME; kept for the original's settings, no queue is
 *     needed
 * @param waitingMax told and not begun; more are left to the sweep
 * @param gatewayAwayMs how much longer a result is waited for while the gateway cannot be asked
 * @param batchMax rows of one page of a sweep
 * @param remoteEventsMax events that are kept of one dispatch; more are left out
 * @param remoteEventCharsMax WORKFLOW_REMOTE_EVENT_PAYLOAD_MAX_CHARS, 256 to 200000
 */
public record ContinuationPollerSettings(
    String gatewayUrl,
    String serviceToken,
    Integer push,
    Integer pollMs,
    Integer concurrency,
    String queueName,
    Integer waitingMax,
    Integer gatewayAwayMs,
    Integer batchMax,
    Integer remoteEventsMax,
    Integer remoteEventCharsMax) {
  public ContinuationPollerSettings {
    if (push == null) push = 1;
    if (pollMs == null) pollMs = 2_000;
    pollMs = Math.max(250, pollMs);
    if (concurrency == null) concurrency = 10;
    if (concurrency < 1) throw new IllegalArgumentException("concurrency must be positive");
    if (queueName == null) queueName = "workflow-continuations";
    if (waitingMax == null) waitingMax = 10_000;
    if (gatewayAwayMs == null) gatewayAwayMs = 300_000;
    if (batchMax == null) batchMax = 500;
    if (remoteEventsMax == null) remoteEventsMax = 1_000;
    if (remoteEventCharsMax == null) remoteEventCharsMax = 20_000;
    remoteEventCharsMax = Math.clamp(remoteEventCharsMax, 256, 200_000);
  }

  @Override
  public String toString() {
    return "ContinuationPollerSettings[gatewayUrl=" + gatewayUrl + "]";
  }
}
