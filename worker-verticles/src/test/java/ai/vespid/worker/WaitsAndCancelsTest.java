package ai.vespid.worker;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.RawJson;
import ai.vespid.sql.RunCancelRepository;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs that somebody wants to end, and runs whose agents are not there yet; all else is real. */
@Timeout(120)
final class WaitsAndCancelsTest {
  private final TestWorld world = new TestWorld();

  @AfterEach
  void stop() {
    world.close();
  }

  private static JsonObject node(String id, String type, JsonObject config) {
    return new JsonObject().put("id", id).put("type", type).put("config", config);
  }

  private static JsonObject shell(String id) {
    var task = new JsonObject().put("type", "shell").put("script", "true");
    return node(id, "agent.execute", new JsonObject().put("task", task));
  }

  private String run(JsonObject... nodes) {
    var dsl =
        new JsonObject()
            .put("version", "v2")
            .put("trigger", new JsonObject().put("type", "trigger.manual"))
            .put("nodes", new JsonArray(List.of(nodes)));
    return world.run(world.workflow(RawJson.of(dsl.encode())));
  }

  private void ends(String run, String status) {
    world.until(
        run + " is " + status, () -> List.of("succeeded", "failed").contains(world.status(run)));
    assertThat(world.status(run)).as("%s: %s", world.told(run), world.error(run)).isEqualTo(status);
  }

  /** As the control API does. */
  private void cancel(String run) {
    var user = UUID.randomUUID().toString();
    var workflow =
        world.sql("SELECT workflow_id FROM workflow_runs WHERE id = $1", TestWorld.id(run));
    var id = workflow.iterator().next().getUUID(0).toString();
    assertThat(new RunCancelRepository(world.db).cancel(world.organization, id, run, user).await())
        .isTrue();
  }

  private boolean claimed(String run) {
    var row = world.sql("SELECT claim_owner FROM workflow_runs WHERE id = $1", TestWorld.id(run));
    return row.iterator().next().getString(0) != null;
  }

  private String error(String requestId) {
    var row = world.sql("SELECT error FROM dispatches WHERE request_id = $1", requestId);
    return row.iterator().next().getString(0) + "";
  }

  private int count(String table) {
    return world.sql("SELECT count(*)::int FROM " + table).iterator().next().getInteger(0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"held", "blocked", "queued"})
  void aRunThatSomebodyWantsToEndEnds(String where) {
    world.gateway();
    var agent = new TestAgent(world).waits();
    if (!where.equals("queued")) {
      world.worker(
          new JsonObject()
              .put("leaseMs", 600)
              .put("sweepMs", 50)
              .put("lingerMs", where.equals("held") ? 60_000 : 20));
    }
    var run = run(shell("a"), shell("b"));
    if (!where.equals("queued")) {
      world.until("the agent has it", () -> agent.invokes.size() == 1);
      world.until("it is there", () -> claimed(run) == where.equals("held"));
    }

    cancel(run);

    if (where.equals("queued")) world.worker(new JsonObject().put("sweepMs", 50));
    ends(run, "failed");
    assertThat(world.error(run)).isEqualTo("RUN_CANCELED");
    assertThat(world.told(run)).contains("run_cancel_requested").last().isEqualTo("run_failed");
    assertThat(agent.invokes).hasSizeLessThan(2);
    if (where.equals("queued")) return;
    var id = agent.invokes.getFirst().getString("requestId");
    world.until("the gateway has ended it", () -> error(id).equals("DISPATCH_CANCELED"));
    world.until("nothing is left to be told", () -> count("workflow_unwanted_dispatches") == 0);
  }

  @Test
  void aNodeWaitsForAnAgentThatComesLaterAndLosesNoAttempt() {
    // A gateway that has long been there refuses at once what nobody can do.
    world.routerConfig.put("graceMs", 1);
    world.gateway();
    world.workerBeside(new JsonObject());
    var run = run(shell("a"));
    world.until("it waits", () -> world.told(run).contains("node_waiting:a"));

    new TestAgent(world);

    ends(run, "succeeded");
    assertThat(world.told(run))
        .containsSubsequence("node_started:a", "node_waiting:a", "node_dispatched:a")
        .doesNotHaveDuplicates()
        .doesNotContain("node_failed:a");
  }

  @Test
  void aNodeForWhichNoAgentComesFailsAfterItsPatience() {
    world.routerConfig.put("graceMs", 1);
    world.gateway();
    world.workerBeside(
        new JsonObject().put("agentWaitMs", 300).put("retryBackoffMs", 1_000).put("sweepMs", 50));

    var run = run(shell("a"));

    ends(run, "failed");
    assertThat(world.error(run)).isEqualTo("NO_AGENT_AVAILABLE");
    assertThat(world.told(run)).filteredOn("node_waiting:a"::equals).hasSize(3);
  }
}
