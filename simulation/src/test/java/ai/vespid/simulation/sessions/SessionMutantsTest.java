package ai.vespid.simulation.sessions;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** With one line of safety left out a violation is found. */
final class SessionMutantsTest {
  private static final int SEEDS_MAX = 5_000;

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "NONE")
  @Timeout(300)
  void isFound(SessionMutant mutant) {
    var found =
        LongStream.rangeClosed(1, SEEDS_MAX)
            .filter(seed -> SessionSimulation.run(seed, mutant).violation().isPresent())
            .findFirst();

    assertThat(found).as("within %d seeds", SEEDS_MAX).isPresent();
  }
}
