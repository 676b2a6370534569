package ai.vespid.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.bus.SessionTurns.Cancel;
import ai.vespid.protocol.bus.SessionTurns.Canceling;
import ai.vespid.protocol.session.SessionEvent;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Turns that use tools on the host of their session. */
@Timeout(60)
final class SessionToolsTest extends WithSessions {
  @BeforeAll
  static void start() {
    gateway = new TestGateway();
    gateway.sessionsConfig.put("lease", "PT1S").put("sweepEvery", "PT0.2S");
    gateway.start();
  }

  @Test
  void usesAToolOnTheHostItIsPinnedTo() {
    try (var agent = byon()) {
      var session = site.session("shell.run");
      site.say(session, "run uname -a");
      var events = site.awaitEnds(session, 1);
      var invoke = agent.await("invoke_tool_v2");

      assertThat(events)
          .extracting(SessionEvent::eventType)
          .containsSubsequence("user_message", "tool_call", "tool_result", "agent_final");
      assertThat(invoke.getString("requestId")).isEqualTo(session.id() + ":turn-1-tool-0:1");
      assertThat(invoke.getJsonObject("payload").encode()).contains("uname -a");
      assertThat(SessionSite.answer(events)).contains("shell.run answered: ").contains("uname -a");
    }
  }

  @Test
  void refusesAToolThatTheSessionMayNotUse() {
    try (var agent = byon()) {
      var session = site.session("connector.github.issue.create");
      site.say(session, "run rm -rf /");
      var events = site.awaitEnds(session, 1);

      assertThat(SessionSite.answer(events)).contains("TOOL_NOT_ALLOWED:shell.run");
      assertThat(agent.received).noneMatch(f -> f.getString("type").equals("invoke_tool_v2"));
    }
  }

  @Test
  void runsNoShellWhenTheOrganizationDoesNotWantIt() {
    site.shells(false);
    try (var agent = byon()) {
      var session = site.session("shell.run");
      site.say(session, "run uname");
      var events = site.awaitEnds(session, 1);

      assertThat(SessionSite.answer(events)).contains("TOOL_POLICY_DENIED:shell.run");
      assertThat(agent.received).noneMatch(f -> f.getString("type").equals("invoke_tool_v2"));
    }
  }

  @Test
  void saysThatATurnIsCanceledWhenItsHostHasSaidThatNothingIsLeft() {
    try (var agent = FakeAgent.extended(gateway, site.byon).confirming().connect(gateway)) {
      agent.onInvoke(FakeAgent::acknowledge);
      var session = site.session("shell.run");
      site.say(session, "run sleep 1000");
      var invoke = agent.await("invoke_tool_v2");
      var canceling = site.ask(new Cancel(site.organization, session.id(), site.user, null));
      assertThat(agent.await("dispatch_cancel")).isNotNull();

      assertThat(canceling.isComplete()).isFalse();
      assertThat(site.events(session)).noneMatch(SessionSite::ends);
      agent.sendText(
          new JsonObject()
              .put("type", "dispatch_canceled")
              .put("requestId", invoke.getString("requestId"))
              .put("epoch", invoke.getInteger("epoch"))
              .encode());
      assertThat(canceling.await()).isInstanceOf(Canceling.class);
      assertThat(site.events(session)).filteredOn(SessionSite::ends).hasSize(1);
    }
  }

  @Test
  void tellsTheAgentToStopWhenATurnIsCanceledAndGoesOnWithTheNext() {
    try (var agent = byon()) {
      agent.onInvoke(FakeAgent::acknowledge);
      var session = site.session("shell.run");
      site.say(session, "run sleep 1000");
      assertThat(agent.await("invoke_tool_v2")).isNotNull();
      site.say(session, "still there?");
      var canceling =
          (Canceling)
              site.ask(new Cancel(site.organization, session.id(), site.user, null)).await();

      assertThat(canceling.requestId()).isEqualTo(session.id() + ":turn:1");
      assertThat(agent.await("dispatch_cancel").getString("requestId"))
          .isEqualTo(session.id() + ":turn-1-tool-0:1");
      var events = site.awaitEnds(session, 2);
      assertThat(SessionSite.answer(events)).isEqualTo("[scripted] You said: still there?");
      var none =
          (Canceling)
              site.ask(new Cancel(site.organization, session.id(), site.user, null)).await();
      assertThat(none.requestId()).isNull();
    }
  }

  @Test
  void goesOnWithATurnWhoseOwnerDied() {
    try (var agent = byon()) {
      agent.onInvoke(FakeAgent::acknowledge);
      var session = site.session("shell.run");
      site.say(session, "run one\nrun two");
      var invoke = agent.await("invoke_tool_v2");
      site.say(session, "and then");
      gateway.restart("session-turns");
      agent.onInvoke(FakeAgent::echo);
      agent.sendText(agent.result(invoke).encode());
      var events = site.awaitEnds(session, 2);

      assertThat(events)
          .extracting(SessionEvent::eventType)
          .containsExactly(
              "session_created",
              "user_message",
              "tool_call",
              "user_message",
              "tool_result",
              "tool_call",
              "tool_result",
              "agent_final",
              "agent_final");
    }
  }

  @Test
  void usesTheToolsOfAMessageThatCameWhileAnotherWasAnswered() {
    try (var agent = byon()) {
      agent.onInvoke(FakeAgent::acknowledge);
      var session = site.session("shell.run");
      site.say(session, "run first");
      var first = agent.await("invoke_tool_v2");
      site.say(session, "run second");
      agent.onInvoke(FakeAgent::echo);
      agent.sendText(agent.result(first).encode());
      var events = site.awaitEnds(session, 2);

      assertThat(agent.await("invoke_tool_v2").getString("requestId"))
          .isEqualTo(session.id() + ":turn-3-tool-0:1");
      assertThat(SessionSite.answer(events)).contains("second").doesNotContain("first");
    }
  }

  @Test
  void asksTheHostForToolsOfItsOwnAndUsesThemByName() {
    try (var agent = byon()) {
      var session = site.session("skill.*", "mcp.web.search");
      site.say(session, "call skill.convert {\"to\":\"pdf\"}\ncall mcp.web.delete {}");
      var events = site.awaitEnds(session, 1);
      var question = task(agent.await("invoke_tool_v2"));
      var use = task(agent.await("invoke_tool_v2"));

      assertThat(question.getString("type")).isEqualTo("tools");
      assertThat(question.getJsonArray("allow")).containsExactly("skill.*", "mcp.web.search");
      assertThat(use.getString("type")).isEqualTo("tool");
      assertThat(use.getString("toolId")).isEqualTo("skill.convert");
      assertThat(use.getJsonObject("input").getString("to")).isEqualTo("pdf");
      assertThat(use.getJsonArray("allow")).containsExactly("skill.*", "mcp.web.search");
      assertThat(SessionSite.answer(events)).contains("TOOL_NOT_ALLOWED:mcp.web.delete");
    }
  }

  private static JsonObject task(JsonObject invoke) {
    return invoke
        .getJsonObject("payload")
        .getJsonObject("node")
        .getJsonObject("config")
        .getJsonObject("task");
  }
}
