package ai.vespid.gateway.results;

/**
 * The {@code result-store} section.
 *
 * @param ttlSec how long a result can be read; GATEWAY_RESULTS_TTL_SEC, default 900, at least 30
 * @param memoryBytesMax results kept in memory, by size of their output; the oldest go first
 */
public record ResultStoreSettings(Integer ttlSec, Long memoryBytesMax, Integer inFlightMax) {
  public ResultStoreSettings {
    if (ttlSec == null) ttlSec = 900;
    ttlSec = Math.max(30, ttlSec);
    if (memoryBytesMax == null) memoryBytesMax = 128L * 1024 * 1024;
    if (memoryBytesMax < 0) throw new IllegalArgumentException("must not be negative");
    if (inFlightMax == null) inFlightMax = 50_000;
  }
}
