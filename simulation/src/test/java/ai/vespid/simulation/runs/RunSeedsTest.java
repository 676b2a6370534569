package ai.vespid.simulation.runs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many histories of runs that must all hold; {@code -Dseeds=N}, {@code -Dseed=S} as elsewhere. */
final class RunSeedsTest {
  private static final int SEEDS = 2_000;

  @Test
  @Timeout(3_600)
  void everySeedHolds() {
    var seeds = Integer.getInteger("seeds");
    long from = Long.getLong("seed", 1);
    if (seeds == null) seeds = System.getProperty("seed") == null ? SEEDS : 1;
    for (long seed = from; seed < from + seeds; seed++) holds(seed);
  }

  @Test
  void aSeedIsAHistory() {
    var once = RunSimulation.explain(7, RunMutant.NONE);
    var again = RunSimulation.explain(7, RunMutant.NONE);

    assertThat(again.trace()).isEqualTo(once.trace()).contains("node_succeeded");
  }

  private static void holds(long seed) {
    var outcome = RunSimulation.run(seed, RunMutant.NONE);
    if (outcome.violation().isEmpty()) return;
    fail(
        "%s%n%nseed %d: %s",
        RunSimulation.explain(seed, RunMutant.NONE).trace(), seed, outcome.violation().get());
  }
}
