package ai.vespid.engine.provider;

import java.util.OptionalLong;

/**
 * When a call that was refused is tried again (contract 8): 200 ms, then twice as long each time, 2
 * s at most, and up to 100 ms more by chance; or as long as the provider asks for.
 */
final class Retry {
  private static final long FIRST_MS = 200;
  private static final long MOST_MS = 2_000;
  private static final int JITTER_MS = 100;

  private Retry() {}

  /**
   * @param attempt the one that was refused, from 1
   * @param asksMs how long the provider asks to be left alone; null when it does not
   * @param chance from 0 to 1
   * @param leftMs of the call's time
   * @return empty when there is no time for another attempt
   */
  static OptionalLong pauseMs(int attempt, Long asksMs, double chance, long leftMs) {
    long doubled = FIRST_MS << Math.min(attempt - 1, 10);
    long pause = asksMs == null ? Math.min(MOST_MS, doubled) : asksMs;
    long whole = pause + (long) (chance * JITTER_MS);
    return whole < leftMs ? OptionalLong.of(whole) : OptionalLong.empty();
  }
}
