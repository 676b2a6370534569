package ai.vespid.sql;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.sql.RunNode.Change;
import ai.vespid.sql.RunRepository.Advance;
import ai.vespid.sql.RunRepository.Finished;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What becomes of runs that are over for long. */
final class RunRetentionTest {
  private final WorkflowRows rows = new WorkflowRows();
  private final RunRepository runs = new RunRepository(rows.database.worker());
  private final RunViewRepository view = new RunViewRepository(rows.database);

  @AfterEach
  void close() {
    rows.close();
  }

  private void finish(String run) {
    var claimed = runs.claim("w", Duration.ofMinutes(1), run).await().orElseThrow();
    runs.advance(
            new Advance(
                run,
                claimed.epoch(),
                RunStatus.SUCCEEDED,
                1,
                null,
                null,
                null,
                null,
                List.of(Change.ended("a", "agent.execute", NodeState.SUCCEEDED, 1, null, null)),
                List.of(RunEvent.New.ofRun("run_succeeded", RunEvent.Level.INFO, null, null)),
                List.of(),
                List.of(),
                new Finished()))
        .await();
  }

  private int delete(Instant endedBefore) {
    return new UpkeepRepository(rows.database)
        .alone(batches -> batches.delete(UpkeepRepository.Kind.RUNS, endedBefore, 10))
        .await()
        .orElseThrow();
  }

  @Test
  void aRunThatIsOverForLongGoesWithAllThatWasToldOfItAndAnOpenOneStays() {
    var over = rows.run().id();
    var open = rows.run().id();
    finish(over);

    assertThat(delete(Instant.now().minusSeconds(60))).isZero();
    assertThat(view.nodes(rows.organization, over).await()).hasSize(1);
    assertThat(delete(Instant.now().plusSeconds(60))).isEqualTo(1);

    assertThat(view.find(rows.organization, rows.workflow, over).await()).isEmpty();
    assertThat(view.nodes(rows.organization, over).await()).isEmpty();
    assertThat(view.events(rows.organization, over, 0, 10).await()).isEmpty();
    assertThat(view.find(rows.organization, rows.workflow, open).await()).isPresent();
  }
}
