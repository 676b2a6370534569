package ai.vespid.agent.link;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class BackoffTest {
  /** Always the most it may be. */
  private static final class Most implements RandomGenerator {
    @Override
    public long nextLong() {
      return 0;
    }

    @Override
    public long nextLong(long bound) {
      return bound - 1;
    }
  }

  @Test
  void doublesUpToItsCapAndStartsAnewWhenAConnectionHeld() {
    var backoff = new Backoff(new Most());

    assertThat(LongStream.generate(backoff::lostMs).limit(8))
        .containsExactly(549L, 1_049L, 2_049L, 4_049L, 8_049L, 16_049L, 30_049L, 30_049L);
    backoff.held();
    assertThat(backoff.lostMs()).isEqualTo(549);
  }

  @Test
  void aRefusalIsRetriedSlowly() {
    var backoff = new Backoff(new Most());

    assertThat(LongStream.generate(backoff::refusedMs).limit(5))
        .containsExactly(8_049L, 16_049L, 32_049L, 60_049L, 60_049L);
  }

  @Test
  void waitsAsLongAsItIsToldAndALittleMore() {
    var backoff = new Backoff(new Most());
    backoff.lostMs();

    assertThat(backoff.toldMs(3)).isEqualTo(3_999);
    // Refused again and again: it leaves more room to others.
    assertThat(LongStream.generate(() -> backoff.toldMs(3)).limit(2))
        .containsExactly(4_999L, 6_999L);
    assertThat(backoff.toldMs(1_000_000)).isEqualTo(67_999);
  }

  @Test
  void thoseToldTheSameSecondDoNotComeTogether() {
    var quarters = new long[4];
    for (int seed = 0; seed < 1_000; seed++) {
      quarters[(int) (new Backoff(new Random(seed)).toldMs(2) - 2_000) / 250]++;
    }

    assertThat(LongStream.of(quarters).boxed())
        .allSatisfy(count -> assertThat(count).isBetween(150L, 350L));
  }

  @Test
  void aConnectionThatBreaksOnceIsTriedAgainWithinHalfASecondOrSo() {
    var backoff = new Backoff(new Most());

    assertThat(backoff.lostMs()).isLessThan(600);
    backoff.held();
    assertThat(backoff.lostMs()).isLessThan(600);
  }

  @Test
  void spreadsAgentsOverTheWholeWait() {
    var waits = new long[10];
    for (int seed = 0; seed < 1_000; seed++) {
      var backoff = new Backoff(new Random(seed));
      for (int i = 0; i < 9; i++) backoff.lostMs();
      waits[(int) Math.min(9, backoff.lostMs() / 3_010)]++;
    }

    assertThat(LongStream.of(waits).boxed())
        .allSatisfy(count -> assertThat(count).isBetween(60L, 140L));
  }

  @Test
  void neverOverflowsHoweverOftenItFails() {
    var backoff = new Backoff(new Random(1));

    assertThat(LongStream.generate(backoff::lostMs).limit(10_000))
        .allSatisfy(wait -> assertThat(wait).isBetween(50L, 30_050L));
  }
}
