package ai.vespid.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ConductTest {
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final Conduct conduct = of(Duration.ofSeconds(10));
  // Soon to overflow, as the clock of a machine may be.
  private long nanos = Long.MAX_VALUE - 5;

  private Conduct of(Duration coolDown) {
    return new Conduct(coolDown, () -> nanos, meters);
  }

  private void pass(long millis) {
    nanos += Duration.ofMillis(millis).toNanos();
  }

  @Test
  void keepsOutWhoWasThrownOutAndNobodyElse() {
    conduct.thrownOut("rude");

    assertThat(conduct.waitSeconds("rude")).isEqualTo(10);
    assertThat(conduct.waitSeconds("polite")).isZero();
    assertThat(meters.counter("vespid.edge.executors.thrown.out").count()).isEqualTo(1);
  }

  @Test
  void tellsHowLongThatStillLasts() {
    conduct.thrownOut("rude");

    pass(9_001);
    assertThat(conduct.waitSeconds("rude")).isEqualTo(1);
    pass(998);
    assertThat(conduct.waitSeconds("rude")).isEqualTo(1);
    pass(1);
    assertThat(conduct.waitSeconds("rude")).isZero();
  }

  @Test
  void beginsAgainForWhoIsThrownOutAgain() {
    conduct.thrownOut("rude");
    pass(6_000);

    conduct.thrownOut("rude");

    pass(6_000);
    assertThat(conduct.waitSeconds("rude")).isEqualTo(4);
  }

  @Test
  void keepsNobodyOutWhenItIsSetToNothing() {
    var lenient = of(Duration.ZERO);

    lenient.thrownOut("rude");

    assertThat(lenient.waitSeconds("rude")).isZero();
  }
}
