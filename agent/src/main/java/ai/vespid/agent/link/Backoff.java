package ai.vespid.agent.link;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.random.RandomGenerator;

/**
 * How long to wait before the next attempt to connect: exponential with full jitter, so that agents
 * that lost the same gateway do not come back together (defect C14). Never gives up.
 */
public final class Backoff {
  private static final long REFUSED_CAP_MS = 60_000;
  private static final long FLOOR_MS = 50;
  private static final long TOLD_SECONDS_MAX = 60;
  // Seconds are all that a gateway can tell: within one second agents spread by themselves.
  private static final long TOLD_SPREAD_MS = 1_000;

  private final RandomGenerator random;
  private final Patience patience;
  private final LongAdder waits = new LongAdder();
  private int failures;
  private boolean met;

  /**
   * How an agent waits for its gateway.
   *
   * @param firstMs the ceiling of the first wait; it doubles
   * @param capMs the highest ceiling
   * @param attemptsMax failures before the first connection after which it gives up; 0 for never
   */
  public record Patience(long firstMs, long capMs, int attemptsMax) {
    public static final Patience USUAL = new Patience(500, 30_000, 0);
  }

  public Backoff(RandomGenerator random) {
    this(random, Patience.USUAL);
  }

  public Backoff(RandomGenerator random, Patience patience) {
    this.random = random;
    this.patience = patience;
  }

  /** A connection was made: from now on it is worth any number of attempts. */
  public void met() {
    met = true;
  }

  /**
   * Whether it is time to give up.
   *
   * @param refused the gateway said no, which another attempt would not change
   */
  public boolean hopeless(boolean refused) {
    return !met && patience.attemptsMax() > 0 && (refused || failures >= patience.attemptsMax());
  }

  /** The connection held: the next loss starts from the beginning. */
  public void held() {
    failures = 0;
  }

  /** The wait after a lost or failed connection, in milliseconds. */
  public long lostMs() {
    return jittered(patience.capMs());
  }

  /** The wait after the gateway refused the token, which seldom heals by itself. */
  public long refusedMs() {
    failures = Math.max(failures, 4);
    return jittered(REFUSED_CAP_MS);
  }

  /** The wait after a busy gateway told after how many seconds there may be room. */
  public long toldMs(long seconds) {
    long base = TimeUnit.SECONDS.toMillis(Math.clamp(seconds, 0, TOLD_SECONDS_MAX));
    return base + random.nextLong(Math.max(TOLD_SPREAD_MS, ceiling(patience.capMs())));
  }

  private long jittered(long capMs) {
    return FLOOR_MS + random.nextLong(ceiling(capMs));
  }

  /** How many waits there were; for any thread. */
  public long waits() {
    return waits.sum();
  }

  private long ceiling(long capMs) {
    waits.increment();
    return Math.min(capMs, patience.firstMs() << Math.min(failures++, 16));
  }
}
