package ai.vespid.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.simulation.Plan.Bias;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class MutantSearchTest {
  @Test
  void tellsWhichOfManyLinesARunNeeds() {
    var harmless = EnumSet.of(Mutant.REFUSED_OFFER_REPEATED, Mutant.OVERTAKEN_OFFER_TAKEN);
    var all = EnumSet.of(Mutant.AGENT_RUNS_TWICE);
    all.addAll(harmless);

    var found =
        LongStream.rangeClosed(1, 200)
            .mapToObj(seed -> new MutantSearch(all).least(seed, Bias.NONE).orElse(null))
            .filter(Objects::nonNull)
            .findFirst();

    assertThat(found).contains(Set.of(Mutant.AGENT_RUNS_TWICE));
    assertThat(new MutantSearch(harmless).least(1, Bias.NONE)).isEmpty();
  }
}
