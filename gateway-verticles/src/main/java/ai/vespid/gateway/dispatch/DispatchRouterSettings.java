package ai.vespid.gateway.dispatch;

import java.time.Duration;

/**
 * The {@code dispatch-router} section.
 *
 * @param orgMaxInFlight dispatches of one organization that may run at once,
 *     GATEWAY_ORG_MAX_INFLIGHT, default 50
 * @param orgQueueMax dispatches of one organization that may wait; one more is refused
 * @param dispatchesMax dispatches this shard may hold; one more is refused
 * @param graceMs how long a lost link may take to come back before what it held is lost
 * @param epochMax how often one dispatch is offered before it fails
 * @param resultsTtlSec how long terminal rows are kept, GATEWAY_RESULTS_TTL_SEC
 * @param publicUrl where agents reach this gateway over HTTP, GATEWAY_HTTP_URL
 * @param continuationPush tells workers of results at once, GATEWAY_CONTINUATION_PUSH, 1 or 0,
 *     default 1
 * @param signingSecret what workspace URLs are signed with; required
 */
public record DispatchRouterSettings(
    Integer orgMaxInFlight,
    Integer orgQueueMax,
    Integer dispatchesMax,
    Integer graceMs,
    Integer epochMax,
    Integer resultsTtlSec,
    String publicUrl,
    Integer continuationPush,
    String signingSecret,
    Duration offerMax,
    Duration drainMax,
    Duration expireEvery,
    Integer inFlightMax) {
  public DispatchRouterSettings {
    if (orgMaxInFlight == null) orgMaxInFlight = 50;
    if (orgMaxInFlight < 1) throw new IllegalArgumentException("orgMaxInFlight must be positive");
    if (orgQueueMax == null) orgQueueMax = 100_000;
    if (dispatchesMax == null) dispatchesMax = 200_000;
    if (graceMs == null) graceMs = 10_000;
    if (epochMax == null) epochMax = 10;
    if (resultsTtlSec == null) resultsTtlSec = 900;
    resultsTtlSec = Math.max(30, resultsTtlSec);
    if (publicUrl == null) publicUrl = "http://localhost:3002";
    if (continuationPush == null) continuationPush = 1;
    if (signingSecret == null || signingSecret.isBlank()) {
      throw new IllegalArgumentException("signingSecret is required");
    }
    if (offerMax == null) offerMax = Duration.ofSeconds(5);
    if (drainMax == null) drainMax = Duration.ofSeconds(5);
    if (expireEvery == null) expireEvery = Duration.ofMinutes(1);
    if (inFlightMax == null) inFlightMax = 250_000;
  }

  DispatchTable.Rules rules() {
    return new DispatchTable.Rules(dispatchesMax, orgQueueMax, orgMaxInFlight, graceMs, epochMax);
  }

  @Override
  public String toString() {
    return "DispatchRouterSettings[orgMaxInFlight=" + orgMaxInFlight + "]";
  }
}
