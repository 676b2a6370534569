package ai.vespid.worker;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.RawJson;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Agents that think in the worker, with a real gateway and database. */
@Timeout(120)
final class AgentRunTest {
  private TestWorld world;

  @BeforeEach
  void start() {
    world = new TestWorld().gateway();
  }

  @AfterEach
  void stop() {
    world.close();
  }

  private String run(String instructions, String... tools) {
    var config =
        new JsonObject()
            .put("engine", new JsonObject().put("id", "scripted"))
            .put("prompt", new JsonObject().put("instructions", instructions))
            .put(
                "tools",
                new JsonObject()
                    .put("allow", new JsonArray(List.of(tools)))
                    .put("execution", "executor"));
    var node = new JsonObject().put("id", "think").put("type", "agent.run").put("config", config);
    var dsl =
        new JsonObject()
            .put("version", "v2")
            .put("trigger", new JsonObject().put("type", "trigger.manual"))
            .put("nodes", new JsonArray().add(node));
    return world.run(world.workflow(RawJson.of(dsl.encode())));
  }

  private String output(String run) {
    world.until(run + " ends", () -> List.of("succeeded", "failed").contains(world.status(run)));
    assertThat(world.status(run))
        .as("%s: %s", world.told(run), world.error(run))
        .isEqualTo("succeeded");
    return world
        .sql("SELECT output::text FROM workflow_runs WHERE id = $1", TestWorld.id(run))
        .iterator()
        .next()
        .getString(0);
  }

  @Test
  void usesAToolOnAnExecutorAndTellsEveryStep() {
    var agent = new TestAgent(world);
    world.workerBeside(new JsonObject());
    var run = run("run echo hi", "shell.run");
    var output = output(run);

    assertThat(output).contains("[scripted] shell.run answered: ", "done");
    assertThat(agent.invokes).hasSize(1);
    var invoke = agent.invokes.getFirst();
    assertThat(invoke.getString("requestId")).startsWith(run + ":think:tool:0:");
    assertThat(invoke.encode()).contains("echo hi");
    assertThat(world.told(run))
        .containsSubsequence("node_started:think", "remote_event:think", "node_succeeded:think");
  }

  @Test
  void letsNoAgentDoWhatARuleForbids() {
    var agent = new TestAgent(world);
    world.workerBeside(new JsonObject().put("policyDefaults", "guarded"));
    var output = output(run("run echo hi", "shell.run"));

    assertThat(output).contains("TOOL_POLICY_DENIED");
    assertThat(agent.invokes).isEmpty();
  }

  @Test
  void failsPlainlyWhenNoEngineRunnerIsThere() {
    world.workerBeside(new JsonObject());
    var config =
        new JsonObject()
            .put("engine", new JsonObject().put("id", "llm.openai").put("model", "m"))
            .put("prompt", new JsonObject().put("instructions", "Work."));
    var node = new JsonObject().put("id", "think").put("type", "agent.run").put("config", config);
    var dsl =
        new JsonObject()
            .put("version", "v2")
            .put("trigger", new JsonObject().put("type", "trigger.manual"))
            .put("nodes", new JsonArray().add(node));
    var run = world.run(world.workflow(RawJson.of(dsl.encode())));
    world.until(run + " was tried", () -> world.told(run).contains("node_failed:think"));

    assertThat(world.told(run)).contains("remote_event:think");
  }
}
