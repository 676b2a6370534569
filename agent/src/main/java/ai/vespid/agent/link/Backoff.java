package ai.vespid.agent.link;

import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * How long to wait before the next attempt to connect: exponential with full jitter, so that agents
 * that lost the same gateway do not come back together (defect C14). Never gives up.
 */
public final class Backoff {
  private static final long FIRST_MS = 500;
  private static final long CAP_MS = 30_000;
  private static final long REFUSED_CAP_MS = 60_000;
  private static final long FLOOR_MS = 50;
  private static final long TOLD_SECONDS_MAX = 60;
  // Seconds are all that a gateway can tell: within one second agents spread by themselves.
  private static final long TOLD_SPREAD_MS = 1_000;

  private final RandomGenerator random;
  private int failures;

  public Backoff(RandomGenerator random) {
    this.random = random;
  }

  /** The connection held: the next loss starts from the beginning. */
  public void held() {
    failures = 0;
  }

  /** The wait after a lost or failed connection, in milliseconds. */
  public long lostMs() {
    return jittered(CAP_MS);
  }

  /** The wait after the gateway refused the token, which seldom heals by itself. */
  public long refusedMs() {
    failures = Math.max(failures, 4);
    return jittered(REFUSED_CAP_MS);
  }

  /** The wait after a busy gateway told after how many seconds there may be room. */
  public long toldMs(long seconds) {
    long base = TimeUnit.SECONDS.toMillis(Math.clamp(seconds, 0, TOLD_SECONDS_MAX));
    return base + random.nextLong(Math.max(TOLD_SPREAD_MS, ceiling(CAP_MS)));
  }

  private long jittered(long capMs) {
    return FLOOR_MS + random.nextLong(ceiling(capMs));
  }

  private long ceiling(long capMs) {
    return Math.min(capMs, FIRST_MS << Math.min(failures++, 16));
  }
}
