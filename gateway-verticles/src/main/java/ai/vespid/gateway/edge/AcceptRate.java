package ai.vespid.gateway.edge;

import io.github.bucket4j.Bucket;
import io.github.bucket4j.TimeMeter;
import io.micrometer.core.instrument.Counter;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * How many agents a second are let in: each of them costs a look into PostgreSQL, a question to a
 * router and news to every node, and dispatches want to be served meanwhile. Who comes too early is
 * given a turn of its own: when a gateway is lost thousands come at once, and all told the same
 * time would come at once again.
 */
final class AcceptRate {
  /** Later turns are not given: by then the agent had better try another gateway. */
  static final long WAIT_SECONDS_MAX = 10;

  // What a second holds must not come in one turn of the loop that serves dispatches as well.
  private static final int BURST_PARTS = 10;

  private final int perSecond;
  private final Bucket places;
  private final Bucket turns;
  private final Counter deferred;

  AcceptRate(int perSecond, TimeMeter clock, Counter deferred) {
    this.perSecond = perSecond;
    this.places = bucket(Math.max(1, perSecond / BURST_PARTS), perSecond, clock);
    this.turns = bucket(1, perSecond, clock);
    this.deferred = deferred;
  }

  private static Bucket bucket(int capacity, int perSecond, TimeMeter clock) {
    return Bucket.builder()
        .addLimit(limit -> limit.capacity(capacity).refillGreedy(perSecond, Duration.ofSeconds(1)))
        .withCustomTimePrecision(clock)
        .build();
  }

  /** Zero when an agent may come in now, else after how many seconds it may try again. */
  long waitSeconds() {
    if (places.tryConsume(1)) return 0;
    deferred.increment();
    if (turns.getAvailableTokens() <= -WAIT_SECONDS_MAX * perSecond) return WAIT_SECONDS_MAX;
    long nanos = turns.consumeIgnoringRateLimits(1);
    return Math.min(WAIT_SECONDS_MAX, 1 + TimeUnit.NANOSECONDS.toSeconds(nanos));
  }
}
