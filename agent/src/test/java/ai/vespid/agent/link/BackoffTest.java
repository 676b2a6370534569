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
