package ai.vespid.simulation;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.simulation.Plan.Bias;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The simulator proves itself: with one line of safety left out it finds a violation. */
final class MutantsTest {
  private static final int SEEDS_MAX = 1_500;

  /** A run that breaks with the mutant, and holds without. */
  private record Run(Bias bias, long seed) {
    boolean finds(Mutant mutant) {
      return breaks(Set.of(mutant)) && !breaks(Set.of());
    }

    boolean finds(Set<Mutant> first, Mutant second) {
      var both = EnumSet.of(second, first.toArray(Mutant[]::new));
      return breaks(both) && !breaks(first) && !breaks(Set.of());
    }

    private boolean breaks(Set<Mutant> omitted) {
      return Simulation.run(seed, omitted, bias).violation().isPresent();
    }
  }

  /** Where the rarer ones were found; the whole range is searched when a change moved them. */
  private static final Map<Mutant, Run> FOUND =
      Map.ofEntries(
          entry(Mutant.BEGUN_NOT_TOLD, new Run(Bias.LOSSES, 6_419)),
          entry(Mutant.BOOT_ID_IGNORED, new Run(Bias.NONE, 123)),
          entry(Mutant.DENIED_ROUTE_FORGOTTEN, new Run(Bias.LOSSES, 18)),
          entry(Mutant.ENDED_OFFER_TAKEN, new Run(Bias.LOSSES, 171)),
          entry(Mutant.EPOCHS_BEGIN_AT_ONE, new Run(Bias.SIGHTS, 2_057)),
          entry(Mutant.FILES_NOT_READ_AGAIN, new Run(Bias.DEPLOYS, 56)),
          entry(Mutant.LATE_ANSWER_BELIEVED, new Run(Bias.LOSSES, 424)),
          entry(Mutant.LEAVES_AT_ONCE, new Run(Bias.DEPLOYS, 2_042)),
          entry(Mutant.LONG_HELD_NOT_LOOKED_UP, new Run(Bias.SIGHTS, 3)),
          entry(Mutant.ORPHANED_ROWS_NOT_SWEPT, new Run(Bias.SPLITS, 130)),
          entry(Mutant.OWN_CLAIMS_FORGOTTEN, new Run(Bias.NONE, 15)),
          entry(Mutant.PLACED_BY_ANYBODY, new Run(Bias.DEPLOYS, 765)),
          entry(Mutant.REFUSED_OFFER_TAKEN, new Run(Bias.LOSSES, 103)),
          entry(Mutant.REFUSED_RESULT_ANSWERED, new Run(Bias.SPLITS, 10)),
          entry(Mutant.RESULT_BEFORE_WELCOME_REFUSED, new Run(Bias.MOVES, 80)),
          entry(Mutant.ROWS_NOT_LOOKED_UP, new Run(Bias.SPLITS, 2)),
          entry(Mutant.SETTLING_RESULT_DROPPED, new Run(Bias.LOSSES, 1_336)),
          entry(Mutant.STALE_HANDOVER_BELIEVED, new Run(Bias.SPLITS, 31)),
          entry(Mutant.STORING_NOT_REPEATED, new Run(Bias.NONE, 51)),
          entry(Mutant.UNANSWERED_OFFER_GIVEN_AWAY, new Run(Bias.LOSSES, 4)),
          entry(Mutant.WITHDRAWN_UNASKED, new Run(Bias.DEPLOYS, 32)));

  /**
   * Second lines: each shows only where others, in front of it, are left out as well, and those
   * alone would do no harm.
   */
  private static final Map<Mutant, Behind> BEHIND =
      Map.ofEntries(
          entry(Mutant.ROWS_NOT_RECOVERED, behind(Mutant.ROWS_NOT_LOOKED_UP, Bias.MOVES, 5)),
          entry(Mutant.HOLDINGS_NOT_AWAITED, behind(Mutant.WITHDRAWN_UNASKED, Bias.NONE, 10)),
          entry(Mutant.ORPHANS_FORGOTTEN, behind(Mutant.ROWS_NOT_LOOKED_UP, Bias.SIGHTS, 148)),
          entry(
              Mutant.ROUTES_OF_THE_DEAD_KEPT, behind(Mutant.DIGESTS_NOT_COMPARED, Bias.SIGHTS, 32)),
          entry(Mutant.STRAYS_KEPT, behind(Mutant.ORPHANED_ROWS_NOT_SWEPT, Bias.SPLITS, 20)),
          entry(Mutant.CLAIM_OF_ANOTHER_FREED, behind(Mutant.CLAIM_IGNORED, Bias.SIGHTS, 242)),
          entry(Mutant.CLAIMS_NOT_RENEWED, behind(Mutant.OPEN_ID_NOT_JOINED, Bias.SIGHTS, 48)),
          entry(Mutant.SERVES_BEFORE_INTRODUCED, behind(Mutant.CLAIM_IGNORED, Bias.SPLITS, 32)),
          entry(
              Mutant.ATTEMPT_NOT_CLAIMED,
              behind(
                  Set.of(Mutant.OFFERED_AGAIN_UNASKED, Mutant.REFUSED_ASSIGNMENT_QUEUED),
                  Bias.SPLITS,
                  2_632)),
          entry(
              Mutant.BACK_AT_ONCE,
              behind(
                  Set.of(Mutant.LATE_ANSWER_BELIEVED, Mutant.OFFERED_AGAIN_UNASKED),
                  Bias.SPLITS,
                  1_341)),
          entry(
              Mutant.HANDOVER_TAKEN_TWICE,
              behind(
                  Set.of(Mutant.OVERTAKEN_OFFER_TAKEN, Mutant.BEGUN_NOT_TOLD), Bias.LOSSES, 1_786)),
          entry(
              Mutant.OVERTAKEN_OFFER_TAKEN,
              behind(Set.of(Mutant.BEGUN_NOT_TOLD, Mutant.BACK_AT_ONCE), Bias.LOSSES, 770)),
          entry(
              Mutant.REFUSED_OFFER_REPEATED, behind(Mutant.DECIDED_NOT_LOOKED_UP, Bias.SPLITS, 23)),
          entry(
              Mutant.REFUSED_ASSIGNMENT_QUEUED, behind(Mutant.BEGUN_NOT_TOLD, Bias.SPLITS, 2_156)),
          entry(
              Mutant.OFFERED_AGAIN_UNASKED,
              behind(Mutant.LATE_ANSWER_BELIEVED, Bias.LOSSES, 3_442)),
          entry(Mutant.REPEATED_OFFER_DENIED, behind(Mutant.BEGUN_NOT_TOLD, Bias.LOSSES, 760)),
          entry(Mutant.SYNC_DECIDED_ALONE, behind(Mutant.PLACED_BY_ANYBODY, Bias.DEPLOYS, 77)),
          entry(Mutant.OFFER_OF_THE_DEAD_TAKEN, behind(Mutant.WITHDRAWN_UNASKED, Bias.NONE, 107)));

  private record Behind(Set<Mutant> first, Run run) {}

  private static Behind behind(Mutant first, Bias bias, long seed) {
    return behind(Set.of(first), bias, seed);
  }

  private static Behind behind(Set<Mutant> first, Bias bias, long seed) {
    return new Behind(first, new Run(bias, seed));
  }

  static Set<Mutant> firstLines() {
    var all = EnumSet.allOf(Mutant.class);
    all.removeAll(BEHIND.keySet());
    return all;
  }

  static Set<Mutant> secondLines() {
    return BEHIND.keySet();
  }

  @ParameterizedTest
  @MethodSource("firstLines")
  @Timeout(400)
  void isFound(Mutant mutant) {
    var known = Optional.ofNullable(FOUND.get(mutant)).stream();

    assertThat(Stream.concat(known, everywhere()).anyMatch(run -> run.finds(mutant)))
        .as("within %d seeds of each kind", SEEDS_MAX)
        .isTrue();
  }

  @ParameterizedTest
  @MethodSource("secondLines")
  @Timeout(400)
  void isFoundBehindTheFirstLine(Mutant second) {
    var first = BEHIND.get(second).first();
    var known = Stream.of(BEHIND.get(second).run());

    assertThat(Stream.concat(known, everywhere()).anyMatch(run -> run.finds(first, second)))
        .as("behind %s, within %d seeds of each kind", first, SEEDS_MAX)
        .isTrue();
  }

  private static Stream<Run> everywhere() {
    return LongStream.rangeClosed(1, SEEDS_MAX)
        .boxed()
        .flatMap(seed -> Stream.of(Bias.values()).map(bias -> new Run(bias, seed)));
  }
}
