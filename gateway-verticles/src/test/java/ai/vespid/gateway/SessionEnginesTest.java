package ai.vespid.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.bus.SessionTurns.Cancel;
import ai.vespid.protocol.bus.SessionTurns.Canceling;
import ai.vespid.protocol.session.SessionEvent;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Turns that an engine of the session's host carries out by itself. */
@Timeout(90)
final class SessionEnginesTest extends WithHostEngines {
  private static String told(JsonObject invoke) {
    return config(invoke).getJsonObject("prompt").getString("instructions");
  }

  private static JsonObject delta(String text) {
    return new JsonObject().put("turn", 1).put("deltaIndex", 0).put("delta", text);
  }

  private static JsonObject content(String text) {
    return new JsonObject().put("turn", 1).put("content", text);
  }

  private static JsonObject call() {
    var input = new JsonObject().put("command", "ls");
    return new JsonObject()
        .put("turn", 1)
        .put("callIndex", 1)
        .put("toolId", "Bash")
        .put("input", input);
  }

  private static JsonObject called() {
    return call().put("status", "succeeded").put("output", "a.txt");
  }

  private static List<String> types(List<SessionEvent> events) {
    return events.stream().map(SessionEvent::eventType).toList();
  }

  @Test
  void showsWhatTheEngineSaysAndDoesWhileItWorks() {
    try (var agent = claude();
        var viewer = new FakeViewer(gateway, site.organization, site.login().token())) {
      var session = site.hosted(CLAUDE, null, "shell.run");
      viewer.join(session);
      viewer.await("session_ack");
      viewer.say(session, "what is here?");
      var invoke = agent.await("invoke_tool_v2");
      agent.progress(invoke, 1, "agent.assistant_delta", delta("I look. "));
      assertThat(viewer.await("agent_delta").getString("content")).isEqualTo("I look. ");
      agent.progress(invoke, 2, "agent.assistant_message", content("I look. "));
      agent.progress(invoke, 3, "agent.tool_call", call());
      agent.progress(invoke, 4, "agent.tool_result", called());
      agent.progress(invoke, 5, "agent.assistant_delta", delta("One"));
      agent.progress(invoke, 6, "agent.assistant_delta", delta(" file."));
      agent.progress(invoke, 7, "agent.final", new JsonObject());
      answer(agent, invoke, "One file.", new JsonArray().add(called()));
      var last = viewer.await("agent_final");

      assertThat(invoke.getString("kind")).isEqualTo("agent.run");
      assertThat(invoke.getString("requestId")).startsWith(session.id() + ":turn-1-engine-1:");
      assertThat(config(invoke).getJsonObject("tools").getJsonArray("allow"))
          .containsExactly("shell.run");
      assertThat(told(invoke)).isEqualTo("be brief\n\nwhat is here?");
      assertThat(last.getString("content")).isEqualTo("One file.");
      assertThat(viewer.seen("agent_delta").stream().map(f -> f.getString("content")).toList())
          .containsExactly("I look. ", "One", " file.");
      var events = site.events(session);
      assertThat(types(events))
          .containsExactly(
              "session_created",
              "user_message",
              "agent_message",
              "tool_call",
              "tool_result",
              "agent_final");
      var output = SessionSite.json(events.getLast()).getJsonObject("output");
      assertThat(output.getInteger("toolCalls")).isEqualTo(1);
      assertThat(output.getJsonObject("usage").getInteger("outputTokens")).isEqualTo(5);
      var step = SessionSite.json(events.get(3)).getJsonObject("stream");
      assertThat(step.getString("toolId")).isEqualTo("Bash");
      assertThat(step.getJsonObject("input").getString("command")).isEqualTo("ls");
    }
  }

  @Test
  void storesWhatWasLostOnTheWayFromTheResult() {
    try (var agent = claude()) {
      var session = site.hosted(CLAUDE, null, "shell.run");
      site.say(session, "what is here?");
      var invoke = agent.await("invoke_tool_v2");
      agent.progress(invoke, 3, "agent.tool_call", call());
      answer(agent, invoke, "One file.", new JsonArray().add(called()));
      var events = site.awaitEnds(session, 1);

      assertThat(types(events))
          .containsSubsequence("user_message", "tool_call", "tool_result", "agent_final")
          .hasSize(5);
    }
  }

  @Test
  void tellsTheNextHostWhatWasSaidBefore() {
    try (var first = claude();
        var managed =
            agent(gateway.managedExecutor(), CLAUDE)
                .onInvoke(FakeAgent::acknowledge)
                .connect(gateway)) {
      site.awaitRoute(managed, true);
      var session = site.hosted("claude.agent-sdk.v1", null);
      site.say(session, "my name is Ada");
      answer(first, first.await("invoke_tool_v2"), "Hello Ada.");
      site.awaitEnds(session, 1);
      first.cut();
      site.say(session, "who am I?");
      var invoke = managed.await("invoke_tool_v2");
      answer(managed, invoke, "Ada.");
      var events = site.awaitEnds(session, 2);

      assertThat(told(invoke))
          .containsSubsequence("[user] my name is Ada", "[assistant] Hello Ada.")
          .endsWith("[user] who am I?");
      assertThat(config(invoke).getJsonObject("engine").getString("id")).isEqualTo(CLAUDE);
      assertThat(events.stream().map(e -> e.payload().text()).collect(Collectors.joining()))
          .contains("session_executor_failover");
    }
  }

  @Test
  void goesOnOnAnotherHostWhenTheFirstIsLostInTheMiddle() {
    try (var first = claude();
        var managed =
            agent(gateway.managedExecutor(), CLAUDE)
                .onInvoke(FakeAgent::acknowledge)
                .connect(gateway)) {
      site.awaitRoute(managed, true);
      var session = site.hosted(CLAUDE, null, "shell.run");
      site.say(session, "clean up");
      var lost = first.await("invoke_tool_v2");
      first.progress(lost, 1, "agent.tool_call", call());
      first.progress(lost, 2, "agent.tool_result", called());
      site.await(session, events -> types(events).contains("tool_result"));
      first.cut();
      var invoke = managed.await("invoke_tool_v2", 30);
      managed.progress(invoke, 1, "agent.tool_call", call());
      answer(managed, invoke, "Done.", new JsonArray().add(called()));
      var events = site.awaitEnds(session, 1);

      assertThat(told(invoke))
          .contains("[user] clean up", "[assistant used Bash]", "a.txt", "lost");
      assertThat(types(events).stream().filter("tool_call"::equals)).hasSize(2);
      assertThat(SessionSite.answer(events)).isEqualTo("Done.");
    }
  }

  @Test
  void stopsTheEngineWhenTheTurnIsCanceledAndGoesOnWithTheNext() {
    try (var agent = claude()) {
      var session = site.hosted(CLAUDE, null, "shell.run");
      site.say(session, "think for ever");
      var invoke = agent.await("invoke_tool_v2");
      var canceling = site.ask(new Cancel(site.organization, session.id(), site.user, null));
      var cancel = agent.await("dispatch_cancel");
      assertThat(cancel.getString("requestId")).isEqualTo(invoke.getString("requestId"));
      assertThat(canceling.isComplete()).isFalse();
      agent.sendText(
          new JsonObject()
              .put("type", "dispatch_canceled")
              .put("requestId", invoke.getString("requestId"))
              .put("epoch", invoke.getInteger("epoch"))
              .encode());
      assertThat(((Canceling) canceling.await()).requestId()).isEqualTo(session.id() + ":turn:1");
      site.say(session, "and now?");
      answer(agent, agent.await("invoke_tool_v2"), "Now.");

      assertThat(SessionSite.answer(site.awaitEnds(session, 2))).isEqualTo("Now.");
    }
  }

  @Test
  void joinsTheEngineThatWorksAlreadyWhenTheOwnerOfTheSessionDies() {
    try (var agent = claude()) {
      var session = site.hosted(CLAUDE, null, "shell.run");
      site.say(session, "what is here?");
      var invoke = agent.await("invoke_tool_v2");
      agent.progress(invoke, 1, "agent.tool_call", call());
      site.await(session, events -> types(events).contains("tool_call"));
      gateway.restart("session-turns");
      agent.progress(invoke, 2, "agent.tool_result", called());
      answer(agent, invoke, "One file.", new JsonArray().add(called()));
      var events = site.awaitEnds(session, 1);

      assertThat(types(events))
          .containsExactly(
              "session_created", "user_message", "tool_call", "tool_result", "agent_final");
      assertThat(agent.received).noneMatch(f -> f.getString("type").equals("invoke_tool_v2"));
    }
  }

  @Test
  void endsWithTheCodeThatTheEngineFailedWith() {
    try (var agent = claude()) {
      var session = site.hosted(CLAUDE, null);
      site.say(session, "hello");
      var invoke = agent.await("invoke_tool_v2");
      var result = agent.result(invoke).put("status", "failed");
      result.remove("output");
      agent.sendText(result.put("error", "EXECUTOR_CLI_FAILED:Credit is too low").encode());
      var end = SessionSite.json(site.awaitEnds(session, 1).getLast());

      assertThat(end.getString("code")).isEqualTo("EXECUTOR_CLI_FAILED");
      assertThat(end.getString("message")).isEqualTo("Credit is too low");
    }
  }
}
