package ai.vespid.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.kit.crypto.Envelope;
import ai.vespid.sql.SecretRepository;
import ai.vespid.sql.SecretRepository.Sealed;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which host's engine a session uses, with whose key, and what it may do there. */
@Timeout(90)
final class SessionEngineHostsTest {
  private static final String CLAUDE = "gateway.claude.v2";
  private static final String KEY = "key:gateway.claude.v2";

  private static TestGateway gateway;
  private SessionSite site;

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

  @AfterAll
  static void stop() {
    gateway.close();
  }

  @BeforeEach
  void organization() {
    site = new SessionSite(gateway);
  }

  private FakeAgent agent(TestGateway.Credentials credentials, String... offers) {
    return FakeAgent.extended(gateway, credentials).confirming().offering(offers);
  }

  private FakeAgent claude() {
    return agent(site.byon, CLAUDE, KEY).onInvoke(FakeAgent::acknowledge).connect(gateway);
  }

  private static JsonObject config(JsonObject invoke) {
    return invoke.getJsonObject("payload").getJsonObject("node").getJsonObject("config");
  }

  private static void answer(FakeAgent agent, JsonObject invoke, String text, JsonArray tools) {
    var meta = new JsonObject().put("inputTokens", 3).put("outputTokens", 5);
    var output = new JsonObject().put("text", text).put("toolResults", tools).put("_meta", meta);
    agent.sendText(agent.result(invoke).put("output", output).encode());
  }

  private static void answer(FakeAgent agent, JsonObject invoke, String text) {
    answer(agent, invoke, text, new JsonArray());
  }

  @ParameterizedTest
  @CsvSource({
    "gateway.codex.v2, NO_AGENT_AVAILABLE",
    "key:gateway.claude.v2, EXECUTOR_OAUTH_NOT_VERIFIED"
  })
  void saysWhatIsMissingWhenNoHostOffersTheEngine(String offer, String code) {
    try (var _ = agent(site.byon, offer).connect(gateway)) {
      var session = site.hosted(CLAUDE, null);
      site.say(session, "hello");
      var end = SessionSite.json(site.awaitEnds(session, 1).getLast());

      assertThat(end.getString("code")).isEqualTo(code);
      assertThat(end.getString("message")).contains("Claude Code");
    }
  }

  @Test
  void waitsForAHostThatStillLooksForItsEngines() {
    try (var agent = agent(site.byon).onInvoke(FakeAgent::acknowledge).connect(gateway)) {
      var session = site.hosted(CLAUDE, null);
      site.say(session, "hello");
      agent.send(agent.offering(CLAUDE).hello());
      answer(agent, agent.await("invoke_tool_v2"), "Hello.");

      assertThat(SessionSite.answer(site.awaitEnds(session, 1))).isEqualTo("Hello.");
    }
  }

  @Test
  void givesAnEngineTheKeyOfTheSessionAndNoOther() {
    try (var agent = agent(site.byon, KEY).onInvoke(FakeAgent::acknowledge).connect(gateway)) {
      var session = site.hosted(CLAUDE, secret("agent.claude"));
      site.say(session, "hello");
      var invoke = agent.await("invoke_tool_v2");
      answer(agent, invoke, "Hello.");
      site.awaitEnds(session, 1);
      var other = site.hosted(CLAUDE, secret("llm.openai"));
      site.say(other, "hello");
      var end = SessionSite.json(site.awaitEnds(other, 1).getLast());

      assertThat(invoke.getString("secret")).isEqualTo("sk-of-the-organization");
      assertThat(end.getString("code")).isEqualTo("SECRET_NOT_FOUND");
    }
  }

  @Test
  void onlyLetsItThinkWhereNoShellMayRun() {
    site.shells(false);
    try (var agent = claude()) {
      var session = site.hosted(CLAUDE, null, "shell.run", "mcp.files.*");
      site.say(session, "hello");
      var invoke = agent.await("invoke_tool_v2");
      answer(agent, invoke, "Hello.");
      site.awaitEnds(session, 1);

      assertThat(config(invoke).getJsonObject("tools").getJsonArray("allow"))
          .containsExactly("mcp.files.*");
    }
  }

  private String secret(String connectorId) {
    var sealed =
        gateway.node.optional(Envelope.class).orElseThrow().sealApart("sk-of-the-organization");
    return new SecretRepository(gateway.db)
        .create(
            site.organization,
            connectorId,
            UUID.randomUUID().toString(),
            new Sealed(
                sealed.kekId(),
                Buffer.buffer(sealed.wrappedDek()),
                Buffer.buffer(sealed.ciphertext())),
            site.user)
        .await()
        .id();
  }
}
