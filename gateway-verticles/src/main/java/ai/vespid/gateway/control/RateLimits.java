package ai.vespid.gateway.control;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.github.bucket4j.Bucket;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** How often one caller may try per minute. Kept per process, and forgotten after two minutes. */
final class RateLimits {
  private static final int CALLERS_MAX = 100_000;

  private final int perMinute;
  private final Cache<String, Bucket> buckets =
      Caffeine.newBuilder()
          .maximumSize(CALLERS_MAX)
          .expireAfterAccess(Duration.ofMinutes(2))
          .build();

  RateLimits(int perMinute) {
    this.perMinute = perMinute;
  }

  /**
   * Counts one attempt.
   *
   * @throws Problem RATE_LIMITED with the time to wait
   */
  void attempt(String caller) {
    var bucket = buckets.get(caller, _ -> bucket());
    var probe = bucket.tryConsumeAndReturnRemaining(1);
    if (probe.isConsumed()) return;
    long seconds = TimeUnit.NANOSECONDS.toSeconds(probe.getNanosToWaitForRefill()) + 1;
    throw Problem.rateLimited(seconds);
  }

  private Bucket bucket() {
    return Bucket.builder()
        .addLimit(limit -> limit.capacity(perMinute).refillGreedy(perMinute, Duration.ofMinutes(1)))
        .build();
  }
}
