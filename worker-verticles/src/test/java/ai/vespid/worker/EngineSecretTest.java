package ai.vespid.worker;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.RawJson;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whose key an engine on an agent is given (contract 5.5 and 3.2). */
@Timeout(120)
final class EngineSecretTest {
  private static final String ENGINE = "gateway.codex.v2";
  private static final String BASE_URL = "https://models.example.org/v1";

  private final TestWorld world = new TestWorld().gateway();
  private final TestAgent agent = new TestAgent(world).waits();

  @AfterEach
  void stop() {
    world.close();
  }

  private String run(String secretId) {
    var engine = new JsonObject().put("id", ENGINE);
    if (secretId != null) engine.put("auth", new JsonObject().put("secretId", secretId));
    var config =
        new JsonObject()
            .put("engine", engine)
            .put("prompt", new JsonObject().put("instructions", "think"));
    var node = new JsonObject().put("id", "think").put("type", "agent.run").put("config", config);
    var dsl =
        new JsonObject()
            .put("version", "v2")
            .put("trigger", new JsonObject().put("type", "trigger.manual"))
            .put("nodes", new JsonArray().add(node));
    return world.run(world.workflow(RawJson.of(dsl.encode())));
  }

  private void defaults(String mode, String secretId) {
    var auth = new JsonObject().put("mode", mode).put("secretId", secretId);
    var settings =
        new JsonObject()
            .put(
                "agents",
                new JsonObject()
                    .put("engineAuthDefaults", new JsonObject().put(ENGINE, auth))
                    .put(
                        "engineRuntimeDefaults",
                        new JsonObject().put(ENGINE, new JsonObject().put("baseUrl", BASE_URL))));
    var id = TestWorld.id(world.organization);
    world.sql("UPDATE organizations SET settings = $2 WHERE id = $1", id, settings);
  }

  private JsonObject invoked() {
    world.until("the agent has it", () -> agent.invokes.size() == 1);
    return agent.invokes.getFirst();
  }

  @Test
  void anEngineWithoutASecretTakesItsOrganizationsAndGoesWhereThatSays() {
    defaults("api_key", world.secret("agent.codex", TestWorld.SECRET));
    world.workerBeside(new JsonObject());

    run(null);

    assertThat(invoked().getString("secret")).isEqualTo(TestWorld.SECRET);
    assertThat(invoked().getJsonObject("payload").getJsonObject("resolvedRuntime"))
        .isEqualTo(new JsonObject().put("baseUrl", BASE_URL));
  }

  @Test
  void anEngineThatLogsInByItselfIsGivenNeitherKeyNorAddress() {
    defaults("oauth_executor", world.secret("agent.codex", TestWorld.SECRET));
    world.workerBeside(new JsonObject());

    run(null);

    assertThat(invoked().getString("secret")).isNull();
    assertThat(invoked().getJsonObject("payload").containsKey("resolvedRuntime")).isFalse();
  }

  @Test
  void aSecretOfAConnectorIsToldToNoEngine() {
    world.workerBeside(new JsonObject().put("retryBackoffMs", 1_000).put("sweepMs", 50));

    var run = run(world.secret("github", TestWorld.SECRET));

    world.until("it fails", () -> world.status(run).equals("failed"));
    assertThat(world.error(run)).isEqualTo("SECRET_NOT_FOUND");
    assertThat(agent.invokes).isEmpty();
  }
}
