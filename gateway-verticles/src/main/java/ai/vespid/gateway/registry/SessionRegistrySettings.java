package ai.vespid.gateway.registry;

import java.time.Duration;

/**
 * The {@code session-registry} section.
 *
 * @param seenFlushEvery how often {@code last_seen_at} is written, all executors in one statement
 */
public record SessionRegistrySettings(Duration seenFlushEvery, Integer inFlightMax) {
  public SessionRegistrySettings {
    if (seenFlushEvery == null) seenFlushEvery = Duration.ofSeconds(10);
    if (inFlightMax == null) inFlightMax = 10_000;
  }
}
