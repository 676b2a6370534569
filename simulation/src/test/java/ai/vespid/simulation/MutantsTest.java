package ai.vespid.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** The simulator proves itself: with one line of safety left out it finds a violation. */
final class MutantsTest {
  private static final int SEEDS_MAX = 40_000;

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "NONE")
  @Timeout(240)
  void isFound(Mutant mutant) {
    var found =
        LongStream.rangeClosed(1, SEEDS_MAX).filter(seed -> breaks(seed, mutant)).findFirst();

    assertThat(found).as("within %d seeds", SEEDS_MAX).isNotEqualTo(OptionalLong.empty());
  }

  private static boolean breaks(long seed, Mutant mutant) {
    return Simulation.run(seed, mutant).violation().isPresent();
  }
}
