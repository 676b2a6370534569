package ai.vespid.bench;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * Counts one run. Right answers count for rate and latency while the clock runs; flaws count
 * always, also those of the warm-up and of stragglers.
 */
final class Tally {
  private static final long LATENCY_MAX = TimeUnit.MINUTES.toNanos(15);

  private final Histogram latency = new Histogram(LATENCY_MAX, 3);
  private final Histogram acceptance = new Histogram(LATENCY_MAX, 3);
  private final Map<String, Long> reasons = new TreeMap<>();
  private long errors;
  private long wrong;
  private long checked;
  private long completed;
  private boolean measuring;
  private long startNanos = Long.MAX_VALUE;
  private long stopNanos = Long.MAX_VALUE;
  private double seconds;
  private Cpu before;
  private Cpu spent;

  void start() {
    before = Cpu.now();
    startNanos = System.nanoTime();
    measuring = true;
  }

  void stop() {
    if (!measuring) return;
    measuring = false;
    stopNanos = System.nanoTime();
    seconds = (stopNanos - startNanos) / 1e9;
    spent = Cpu.now().minus(before);
  }

  /**
   * A right answer to a request of that time. It counts for the rate when it comes while the clock
   * runs, and for the latency when its request belongs there: the end of a run hides no straggler.
   */
  void right(long requestNanos) {
    checked++;
    if (measuring) completed++;
    if (requestNanos < startNanos || requestNanos >= stopNanos) return;
    latency.recordValue(Math.min(System.nanoTime() - requestNanos, LATENCY_MAX));
  }

  /** An asynchronous dispatch was accepted after this long. */
  void accepted(long nanos) {
    if (measuring) acceptance.recordValue(Math.min(nanos, LATENCY_MAX));
  }

  void flawed(Flaw flaw) {
    if (flaw.wrong()) wrong++;
    else errors++;
    reasons.merge(flaw.reason(), 1L, Long::sum);
  }

  long flaws() {
    return errors + wrong;
  }

  /** Every right answer of the run, measured or not. */
  long checked() {
    return checked;
  }

  Measured measured() {
    return new Measured(
        seconds,
        completed / seconds,
        millis(latency, 50),
        millis(latency, 99),
        millis(latency, 99.9),
        latency.getMaxValue() / 1e6,
        acceptance.getTotalCount() == 0 ? null : acceptance.getTotalCount() / seconds,
        acceptance.getTotalCount() == 0 ? null : millis(acceptance, 99),
        errors,
        wrong,
        Map.copyOf(reasons),
        spent);
  }

  private static double millis(Histogram histogram, double percentile) {
    return histogram.getValueAtPercentile(percentile) / 1e6;
  }
}
