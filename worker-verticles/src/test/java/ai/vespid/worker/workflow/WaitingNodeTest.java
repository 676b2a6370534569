package ai.vespid.worker.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.sql.RunStatus;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** A node for which nobody is connected just now. */
final class WaitingNodeTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final Instant AGAIN = NOW.plusMillis(250);
  private static final String REQUEST = "22222222-2222-4222-8222-222222222222:a:1";

  private final Row row = new Row(new Flows().remote("a").done(), null);
  private final RunMachine machine = row.machine(NodePolicy.ALLOW_ALL);

  private void commit() {
    assertThat(row.commit(row.epoch, machine.turn())).isTrue();
  }

  @Test
  void aNodeThatWaitsForAnAgentSaysSoOnceAndIsNoFailure() {
    machine.claimed(row.nodes.values(), NOW);
    commit();

    machine.waits("a", REQUEST, "NO_AGENT_AVAILABLE", AGAIN);
    assertThat(machine.urgent()).isTrue();
    commit();
    assertThat(row.due).isEqualTo(AGAIN);
    machine.waits("a", REQUEST, "NO_AGENT_AVAILABLE", AGAIN);
    assertThat(machine.urgent()).isFalse();
    machine.taken("a", REQUEST);
    machine.waits("a", REQUEST, "NO_AGENT_AVAILABLE", AGAIN);
    commit();

    assertThat(row.status).isEqualTo(RunStatus.RUNNING);
    assertThat(row.told())
        .containsExactly("run_started", "node_started:a", "node_waiting:a", "node_dispatched:a");
  }

  @Test
  void whoClaimsItThenHandsItInAgainAndTellsNothingTwice() {
    machine.claimed(row.nodes.values(), NOW);
    commit();
    machine.waits("a", REQUEST, "NO_AGENT_AVAILABLE", AGAIN);
    commit();

    row.epoch++;
    var next = row.machine(NodePolicy.ALLOW_ALL);
    next.claimed(row.nodes.values(), AGAIN);
    var turn = next.turn();

    assertThat(turn.effects()).singleElement().isInstanceOf(Effect.Send.class);
    assertThat(turn.hold()).isInstanceOf(Turn.Hold.Keep.class);
    assertThat(row.commit(row.epoch, turn)).isTrue();
    next.waits("a", REQUEST, "NO_AGENT_AVAILABLE", AGAIN.plusSeconds(1));
    assertThat(next.urgent()).isFalse();
    assertThat(next.idle()).isTrue();
    next.again(REQUEST);
    assertThat(next.idle()).isFalse();
    next.taken("a", REQUEST);
    assertThat(row.told()).containsOnlyOnce("node_waiting:a");
  }
}
