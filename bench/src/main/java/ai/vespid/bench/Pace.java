package ai.vespid.bench;

import java.time.Duration;

/**
 * How long a run lasts.
 *
 * @param warmup runs and is checked, but not measured
 * @param patience after this an answer counts as missing
 */
record Pace(Duration warmup, Duration measured, Duration patience) {
  /** Within this a run is over, or something hangs. */
  long boundSeconds() {
    return warmup.plus(measured).plus(patience.multipliedBy(2)).toSeconds() + 10;
  }
}
