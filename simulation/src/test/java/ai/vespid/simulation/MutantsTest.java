package ai.vespid.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.OptionalLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** The simulator proves itself: with one line of safety left out it finds a violation. */
final class MutantsTest {
  private static final int SEEDS_MAX = 20_000;

  /** Where the rarer ones were found; the whole range is searched when a change moved them. */
  private static final List<Long> FOUND =
      List.of(
          27L, 62L, 70L, 76L, 92L, 103L, 106L, 146L, 166L, 181L, 228L, 308L, 347L, 402L, 432L, 456L,
          486L, 836L, 1235L, 1324L, 1561L, 1569L, 1975L, 2653L, 3494L, 3504L, 4313L);

  @ParameterizedTest
  // The last three take out repairs of what happens once in ten thousand seeds, and are not found
  // by the seeds of a build.
  @EnumSource(
      mode = Mode.EXCLUDE,
      names = {"NONE", "LATE_ANSWER_BELIEVED", "REFUSED_OFFER_REPEATED", "OFFERED_AGAIN_UNASKED"})
  @Timeout(400)
  void isFound(Mutant mutant) {
    var seeds =
        LongStream.concat(
            FOUND.stream().mapToLong(seed -> seed), LongStream.rangeClosed(1, SEEDS_MAX));

    var found = seeds.filter(seed -> breaks(seed, mutant)).findFirst();

    assertThat(found).as("within %d seeds", SEEDS_MAX).isNotEqualTo(OptionalLong.empty());
  }

  private static boolean breaks(long seed, Mutant mutant) {
    return Simulation.run(seed, mutant).violation().isPresent();
  }
}
