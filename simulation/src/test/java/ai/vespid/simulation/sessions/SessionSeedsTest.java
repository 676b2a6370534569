package ai.vespid.simulation.sessions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Many histories of sessions that must all hold; {@code -Dseeds=N}, {@code -Dseed=S} as elsewhere.
 */
final class SessionSeedsTest {
  private static final int SEEDS = 3_000;

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
    var once = SessionSimulation.explain(7, SessionMutant.NONE);
    var again = SessionSimulation.explain(7, SessionMutant.NONE);

    assertThat(again.trace()).isEqualTo(once.trace()).contains("agent_final");
  }

  private static void holds(long seed) {
    var outcome = SessionSimulation.run(seed, SessionMutant.NONE);
    if (outcome.violation().isEmpty()) return;
    fail(
        "%s%n%nseed %d: %s",
        SessionSimulation.explain(seed, SessionMutant.NONE).trace(),
        seed,
        outcome.violation().get());
  }
}
