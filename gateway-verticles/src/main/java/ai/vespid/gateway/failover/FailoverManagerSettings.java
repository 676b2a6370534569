package ai.vespid.gateway.failover;

import java.time.Duration;

/**
 * The {@code failover-manager} section.
 *
 * @param sweepEvery how often open rows are compared with what their homes have
 * @param batchMax rows of one page
 */
public record FailoverManagerSettings(Duration sweepEvery, Integer batchMax) {
  public FailoverManagerSettings {
    if (sweepEvery == null) sweepEvery = Duration.ofSeconds(30);
    if (batchMax == null) batchMax = 1_000;
  }
}
