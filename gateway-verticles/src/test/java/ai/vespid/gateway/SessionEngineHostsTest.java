package ai.vespid.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.kit.crypto.Envelope;
import ai.vespid.sql.SecretRepository;
import ai.vespid.sql.SecretRepository.Sealed;
import io.vertx.core.buffer.Buffer;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which host's engine a session uses, with whose key, and what it may do there. */
@Timeout(90)
final class SessionEngineHostsTest extends WithHostEngines {
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
