package ai.vespid.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.bucket4j.TimeMeter;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class AcceptRateTest implements TimeMeter {
  private final Counter deferred = new SimpleMeterRegistry().counter("deferred");
  private final AcceptRate rate = new AcceptRate(100, this, deferred);
  private long nowNanos;

  @Override
  public long currentTimeNanos() {
    return nowNanos;
  }

  @Override
  public boolean isWallClockBased() {
    return false;
  }

  private long[] come(int agents) {
    return LongStream.generate(rate::waitSeconds).limit(agents).toArray();
  }

  private static long count(long[] waits, long seconds) {
    return LongStream.of(waits).filter(wait -> wait == seconds).count();
  }

  private void pass(long millis) {
    nowNanos += TimeUnit.MILLISECONDS.toNanos(millis);
  }

  @Test
  void letsInOverASecondWhatASecondHoldsAndOnlyAPartOfItAtOnce() {
    assertThat(count(come(100), 0)).isEqualTo(10);
    pass(50);
    assertThat(count(come(100), 0)).isEqualTo(5);
    pass(10_000);

    assertThat(count(come(100), 0)).isEqualTo(10);
  }

  @Test
  void spreadsAHerdOverTheSecondsItTakesToLetItIn() {
    var waits = come(450);

    assertThat(count(waits, 0)).isEqualTo(10);
    for (int second = 1; second <= 4; second++) {
      assertThat(count(waits, second)).as("told %d s", second).isBetween(99L, 102L);
    }
    assertThat(count(waits, 5)).isBetween(37L, 42L);
    assertThat(deferred.count()).isEqualTo(440);
  }

  @Test
  void letsInWhoComesWhenTold() {
    assertThat(count(come(450), 2)).isPositive();
    pass(2_000);

    int cameIn = 0;
    for (int i = 0; i < 100; i++) {
      pass(10);
      if (rate.waitSeconds() == 0) cameIn++;
    }
    assertThat(cameIn).isEqualTo(100);
  }

  @Test
  void tellsNobodyToStayAwayForLong() {
    come(5_000);

    assertThat(rate.waitSeconds()).isEqualTo(AcceptRate.WAIT_SECONDS_MAX);
    pass(20_000);
    come(10);
    assertThat(rate.waitSeconds()).isEqualTo(1);
  }
}
