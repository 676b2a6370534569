package ai.vespid.simulation;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.simulation.Plan.Bias;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** The simulator proves itself: with one line of safety left out it finds a violation. */
final class MutantsTest {
  private static final int SEEDS_MAX = 1_500;

  /** A run that breaks with the mutant, and holds without. */
  private record Run(Bias bias, long seed) {
    boolean finds(Mutant mutant) {
      return breaks(Set.of(mutant)) && !breaks(Set.of());
    }

    private boolean breaks(Set<Mutant> omitted) {
      return Simulation.run(seed, omitted, bias).violation().isPresent();
    }
  }

  /** Where the rarer ones were found; the whole range is searched when a change moved them. */
  private static final Map<Mutant, Run> FOUND =
      Map.ofEntries(
          entry(Mutant.BOOT_ID_IGNORED, new Run(Bias.NONE, 123)),
          entry(Mutant.CLAIMS_NOT_RENEWED, new Run(Bias.SPLITS, 48)),
          entry(Mutant.EPOCHS_BEGIN_AT_ONE, new Run(Bias.NONE, 111)),
          entry(Mutant.HALVES_NOT_ASKED, new Run(Bias.SPLITS, 202)),
          entry(Mutant.HANDOVER_TAKEN_TWICE, new Run(Bias.MOVES, 132)),
          entry(Mutant.HOLDINGS_NOT_AWAITED, new Run(Bias.MOVES, 287)),
          entry(Mutant.LATE_ANSWER_BELIEVED, new Run(Bias.NONE, 1439)),
          entry(Mutant.NOTHING_HANDED_OVER, new Run(Bias.MOVES, 40)),
          entry(Mutant.REFUSED_OFFER_TAKEN, new Run(Bias.NONE, 2501)),
          entry(Mutant.ROWS_NOT_RECOVERED, new Run(Bias.MOVES, 801)),
          entry(Mutant.SETTLING_RESULT_DROPPED, new Run(Bias.NONE, 809)),
          entry(Mutant.STORING_NOT_REPEATED, new Run(Bias.NONE, 44)),
          entry(Mutant.SYNC_DECIDED_ALONE, new Run(Bias.SPLITS, 93)));

  @ParameterizedTest
  // Not found any more among thousands of seeds since an edge gives up what another home wrote and
  // keeps to what it refused: most are second lines now. They need runs of their own.
  @EnumSource(
      mode = Mode.EXCLUDE,
      names = {
        "ORPHANS_FORGOTTEN",
        "ROUTES_OF_THE_DEAD_KEPT",
        "OVERTAKEN_OFFER_TAKEN",
        "DENIED_ROUTE_FORGOTTEN",
        "OFFER_OF_THE_DEAD_TAKEN",
        "ENDED_OFFER_TAKEN",
        "BACK_AT_ONCE",
        "REPEATED_OFFER_DENIED",
        "REFUSED_ASSIGNMENT_QUEUED",
        "REFUSED_OFFER_REPEATED",
        "SERVES_BEFORE_INTRODUCED",
        "STRAYS_KEPT",
        "CLAIM_OF_ANOTHER_FREED"
      })
  @Timeout(400)
  void isFound(Mutant mutant) {
    var everywhere =
        LongStream.rangeClosed(1, SEEDS_MAX)
            .boxed()
            .flatMap(seed -> Stream.of(Bias.values()).map(bias -> new Run(bias, seed)));
    var runs = Stream.concat(Optional.ofNullable(FOUND.get(mutant)).stream(), everywhere);

    assertThat(runs.anyMatch(run -> run.finds(mutant)))
        .as("within %d seeds of each kind", SEEDS_MAX)
        .isTrue();
  }
}
