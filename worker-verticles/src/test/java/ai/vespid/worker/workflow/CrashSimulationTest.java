package ai.vespid.worker.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.sql.RunStatus;
import org.junit.jupiter.api.Test;

/** Many histories; a failure names its seed. */
final class CrashSimulationTest {
  private static final int SEEDS = 1_000;

  @Test
  void everyRunEndsAndNoStepIsCommittedTwiceWhoeverDiesWhen() {
    int succeeded = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
      var history = new CrashHistory(seed);
      history.run(seed);
      if (history.row.status == RunStatus.SUCCEEDED) succeeded++;
    }
    assertThat(succeeded).isBetween(SEEDS / 3, SEEDS - 1);
  }
}
