package ai.vespid.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many runs that must all hold. {@code -Dseeds=N} runs more, {@code -Dseed=S} replays one. */
final class SeedsTest {
  private static final int SEEDS = Integer.getInteger("seeds", 2_000);

  @Test
  @Timeout(3_600)
  void everySeedHolds() {
    var one = Long.getLong("seed");
    if (one != null) holds(one);
    else LongStream.rangeClosed(1, SEEDS).forEach(SeedsTest::holds);
  }

  /** Seeds that fail without one of the repairs at the end of {@link Mutant}, and one more. */
  @ParameterizedTest
  @ValueSource(longs = {29, 97, 216, 284, 359, 540, 1146, 3127, 9671, 114683})
  void seedsThatFailedOnceHold(long seed) {
    holds(seed);
  }

  @Test
  void aSeedIsARun() {
    var once = Simulation.explain(7, Mutant.NONE);
    var again = Simulation.explain(7, Mutant.NONE);

    assertThat(again.trace()).isEqualTo(once.trace()).isNotEmpty();
  }

  private static void holds(long seed) {
    var outcome = Simulation.run(seed, Mutant.NONE);
    if (outcome.violation().isEmpty()) return;
    var again = Simulation.explain(seed, Mutant.NONE);
    fail(
        """
        %s

        seed %d: %s
        replay: mvn -o -pl simulation -am test -Dtest=SeedsTest -Dseed=%d \
        -Dsurefire.failIfNoSpecifiedTests=false\
        """,
        again.trace(), seed, outcome.violation().get(), seed);
  }
}
