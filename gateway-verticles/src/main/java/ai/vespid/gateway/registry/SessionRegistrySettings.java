package ai.vespid.gateway.registry;

import java.time.Duration;

/**
 * The {@code session-registry} section.
 *
 * @param seenFlushEvery how often {@code last_seen_at} is written, all executors in one statement
 * @param digestEvery how often other nodes are told what this node's routes come to: what a lost
 *     message left wrong is right again after about this long
 */
public record SessionRegistrySettings(
    Duration seenFlushEvery, Duration digestEvery, Integer inFlightMax) {
  public SessionRegistrySettings {
    if (digestEvery == null) digestEvery = Duration.ofSeconds(2);
    if (seenFlushEvery == null) seenFlushEvery = Duration.ofSeconds(10);
    if (inFlightMax == null) inFlightMax = 10_000;
  }
}
