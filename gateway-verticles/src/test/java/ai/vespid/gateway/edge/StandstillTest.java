package ai.vespid.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class StandstillTest {
  private static final int EVERY_MS = 250;

  private final Standstill standstill = new Standstill(EVERY_MS, 0);

  @Test
  void isNoneWhileLooksAreAboutInTime() {
    for (int ms = EVERY_MS; ms < 10_000; ms += 2 * EVERY_MS) {
      assertThat(standstill.justEnded(ms)).isFalse();
    }
  }

  @Test
  void excusesUntilWhatCameMeanwhileHasBeenRead() {
    standstill.justEnded(250);

    assertThat(standstill.justEnded(1_700)).isTrue();
    // Looks that were due meanwhile are made up for at once.
    assertThat(standstill.justEnded(1_700)).isTrue();
    assertThat(standstill.justEnded(1_949)).isTrue();
    assertThat(standstill.justEnded(1_950)).isFalse();
  }

  @Test
  void doesNotExcuseForEver() {
    assertThat(standstill.justEnded(600)).isTrue();
    assertThat(standstill.justEnded(1_200)).isFalse();
    assertThat(standstill.justEnded(1_800)).isTrue();
    assertThat(standstill.justEnded(2_400)).isFalse();
  }
}
