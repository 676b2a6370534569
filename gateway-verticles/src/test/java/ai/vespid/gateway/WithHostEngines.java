package ai.vespid.gateway;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.BeforeAll;

/** A gateway, and what hosts with engines of their own do in its tests. */
abstract class WithHostEngines extends WithSessions {
  static final String CLAUDE = "gateway.claude.v2";
  static final String KEY = "key:gateway.claude.v2";

  @BeforeAll
  static void start() {
    gateway = new TestGateway();
    gateway
        .sessionsConfig
        .put("hostGrace", "PT0.5S")
        .put("lease", "PT1S")
        .put("sweepEvery", "PT0.2S");
    gateway.routerConfig.put("graceMs", 500);
    gateway.start();
  }

  final FakeAgent agent(TestGateway.Credentials credentials, String... offers) {
    return FakeAgent.extended(gateway, credentials).confirming().offering(offers);
  }

  final FakeAgent claude() {
    return agent(site.byon, CLAUDE, KEY).onInvoke(FakeAgent::acknowledge).connect(gateway);
  }

  static JsonObject config(JsonObject invoke) {
    return invoke.getJsonObject("payload").getJsonObject("node").getJsonObject("config");
  }

  static void answer(FakeAgent agent, JsonObject invoke, String text, JsonArray tools) {
    var meta = new JsonObject().put("inputTokens", 3).put("outputTokens", 5);
    var output = new JsonObject().put("text", text).put("toolResults", tools).put("_meta", meta);
    agent.sendText(agent.result(invoke).put("output", output).encode());
  }

  static void answer(FakeAgent agent, JsonObject invoke, String text) {
    answer(agent, invoke, text, new JsonArray());
  }
}
