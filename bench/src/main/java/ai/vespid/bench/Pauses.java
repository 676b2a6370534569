package ai.vespid.bench;

import io.vertx.core.http.UpgradeRejectedException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * How long a played agent waits before it connects again, as the real one does: exponential with
 * full jitter, and no sooner than a busy gateway tells it.
 */
public final class Pauses {
  private static final long FLOOR_MS = 50;
  private static final long FIRST_MS = 500;
  private static final long CAP_MS = 30_000;
  private static final long TOLD_SPREAD_MS = 1_000;
  private static final long TOLD_SECONDS_MAX = 60;

  private final long firstMs;
  private final long capMs;
  private int failures;

  /** As the real agent waits. */
  Pauses() {
    this(FIRST_MS, CAP_MS);
  }

  /**
   * As above, at another pace.
   *
   * @param firstMs the most it waits after a first loss
   * @param capMs the most it ever waits without being told
   */
  public Pauses(long firstMs, long capMs) {
    this.firstMs = firstMs;
    this.capMs = capMs;
  }

  /** Connected: the next loss starts from the beginning. */
  public void held() {
    failures = 0;
  }

  /** After a loss, or an attempt that failed without a word. */
  public long nextMs() {
    return FLOOR_MS + ThreadLocalRandom.current().nextLong(ceiling());
  }

  /** After an attempt that failed for this reason. */
  public long nextMs(Throwable cause) {
    long told = toldSeconds(cause);
    if (told < 0) return nextMs();
    return TimeUnit.SECONDS.toMillis(told)
        + ThreadLocalRandom.current().nextLong(Math.max(TOLD_SPREAD_MS, ceiling()));
  }

  /** The seconds of a refusal's {@code Retry-After}, or -1 when it has none. */
  static long toldSeconds(Throwable cause) {
    if (!(cause instanceof UpgradeRejectedException refused)) return -1;
    var headers = refused.getHeaders();
    var told = headers == null ? null : headers.get("Retry-After");
    if (told == null || !told.matches("\\d{1,9}")) return -1;
    return Math.min(TOLD_SECONDS_MAX, Long.parseLong(told));
  }

  private long ceiling() {
    return Math.min(capMs, firstMs << Math.min(failures++, 16));
  }
}
