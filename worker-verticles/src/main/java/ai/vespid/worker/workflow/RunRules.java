package ai.vespid.worker.workflow;

import java.time.Duration;

/**
 * What every run is bound by.
 *
 * @param timeoutMs how long a node may take that does not say so itself
 * @param timeoutGrace how much longer than its dispatch a node waits: the gateway decides first,
 *     and its word is better than a guess
 * @param backoff before the second attempt; each further one waits twice as long
 * @param parallelMax nodes of one run that may be under way at once
 * @param payloadCharsMax a longer output is cut in events
 */
record RunRules(
    int timeoutMs, Duration timeoutGrace, Duration backoff, int parallelMax, int payloadCharsMax) {
  private static final Duration BACKOFF_MAX = Duration.ofMinutes(1);

  /** The wait after an attempt that failed (contract 5.4). */
  Duration backoffAfter(int attempt) {
    var wait = backoff.multipliedBy(1L << Math.min(16, attempt - 1));
    return wait.compareTo(BACKOFF_MAX) > 0 ? BACKOFF_MAX : wait;
  }
}
