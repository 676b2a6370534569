package ai.vespid.gateway.sessions;

import ai.vespid.protocol.EffectClass;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.Limits;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.Selector;
import ai.vespid.protocol.WorkspaceUse;
import ai.vespid.protocol.bus.Dispatch;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.engine.Inference.Assistant;
import ai.vespid.protocol.engine.Inference.Said;
import ai.vespid.protocol.engine.Inference.ToolResult;
import ai.vespid.protocol.engine.Inference.User;
import ai.vespid.protocol.engine.KnownTools;
import ai.vespid.protocol.engine.NodeEngine;
import ai.vespid.protocol.http.SessionBody;
import ai.vespid.protocol.session.SessionLimits;
import ai.vespid.sql.AgentSession;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The {@code agent.run} of one turn (contract 3.2). Engines of hosts are told one text, so the
 * conversation stands in it, message by message (contract 7.6).
 */
final class EngineTask {
  private static final int PROMPT_CHARS_MAX = SessionBody.Prompt.CHARS_MAX;
  private static final int ROOM_MIN = 256;
  private static final int TURNS_MAX = 64;
  private static final int TOOL_CALLS_MAX = 200;
  private static final int OUTPUT_CHARS_MAX = 1_000_000;
  private static final int RUNTIME_CHARS_MAX = 2_000_000;
  private static final String HEAD =
      "The conversation so far, oldest first. Answer the last message of the user.";
  private static final String AGAIN =
      "[system] The machine you worked on was lost. What stands behind the user's last message you"
          + " have done already. Go on from there.";

  // The kind's name is what the original's lists have.
  private static final List<String> SHELLS = List.of(KnownTools.SHELL, "agent.execute");

  private record Payload(
      String nodeId,
      Node node,
      String runId,
      String workflowId,
      int attemptCount,
      Tools.Env env,
      SecretRefs secretRefs,
      Runtime resolvedRuntime) {}

  private record Node(String id, String type, Config config) {}

  private record Config(Engine engine, Prompt prompt, Allow tools, SessionLimits limits) {}

  private record Engine(String id, String model, SessionBody.Auth auth) {}

  private record Prompt(String system, String instructions) {}

  private record Allow(List<String> allow) {}

  private record SecretRefs(String engineSecretId) {}

  private record Runtime(String baseUrl) {}

  private final AgentSession row;
  private final Turn turn;
  private final NodeEngine engine;
  private final Optional<Keys.Key> key;
  private final List<String> allow;
  private final Tools tools;

  /**
   * @param key whose account pays; empty for the login of the host
   * @param allow the session's tools, as far as its organization permits them
   */
  EngineTask(
      AgentSession row,
      Turn turn,
      NodeEngine engine,
      Optional<Keys.Key> key,
      List<String> allow,
      Tools tools) {
    this.row = row;
    this.turn = turn;
    this.engine = engine;
    this.key = key;
    this.allow = allow;
    this.tools = tools;
  }

  /** Whether an engine that has these tools runs commands and changes files. */
  static boolean mayWork(List<String> allow) {
    return SHELLS.stream().anyMatch(allow::contains);
  }

  static List<String> withoutShell(List<String> allow) {
    return allow.stream().filter(tool -> !SHELLS.contains(tool)).toList();
  }

  /**
   * What it is told, the oldest left out until it fits.
   *
   * @throws TurnFailure when not even the last message does
   */
  String prompt(History history) {
    int room = Math.min(row.limits().maxRuntimeChars(), PROMPT_CHARS_MAX);
    for (; room >= ROOM_MIN; room /= 2) {
      var prompt = row.promptInstructions() + "\n\n" + text(history.told(turn, room));
      if (prompt.length() <= PROMPT_CHARS_MAX) return prompt;
    }
    throw new TurnFailure(
        ErrorCode.INVALID_AGENT_RUN_PAYLOAD,
        "instructions and message are longer than %d characters".formatted(PROMPT_CHARS_MAX));
  }

  /** A conversation as one text; one that begins is its message. */
  static String text(List<Said> told) {
    if (told.size() == 1 && told.getFirst() instanceof User(var message)) return message;
    var parts = new ArrayList<String>();
    parts.add(HEAD);
    for (var said : told) add(parts, said);
    if (!(told.getLast() instanceof User)) parts.add(AGAIN);
    return String.join("\n\n", parts);
  }

  private static void add(List<String> parts, Said said) {
    switch (said) {
      case ai.vespid.protocol.engine.Inference.System(var text) -> parts.add("[system] " + text);
      case User(var text) -> parts.add("[user] " + text);
      case Assistant(var text, var calls) -> {
        if (!text.isBlank()) parts.add("[assistant] " + text);
        for (var call : calls) {
          var input = call.input() == null ? "" : call.input().text();
          parts.add("[assistant used " + call.toolId() + "] " + input);
        }
      }
      case ToolResult(_, var toolId, var failed, var text) ->
          parts.add("[" + toolId + (failed ? " failed] " : " answered] ") + text);
    }
  }

  /** To this host and nowhere else. */
  Dispatch dispatch(String requestId, Wanted wanted, Route host, String prompt, long leftMs) {
    int timeoutMs = Math.clamp(leftMs, Limits.TIMEOUT_MS_MIN, Limits.TIMEOUT_MS_MAX);
    return new Dispatch(
        requestId,
        row.organizationId(),
        turn.speaker(),
        Kind.AGENT_RUN,
        RawJson.from(payload(prompt, timeoutMs)),
        wanted.named(),
        key.map(Keys.Key::value).orElse(null),
        new Selector(host.pool(), List.of(), null, null, host.executorId()),
        timeoutMs,
        timeoutMs,
        EffectClass.AT_MOST_ONCE,
        null,
        needsFiles() ? WorkspaceUse.RUN : WorkspaceUse.NONE);
  }

  private boolean needsFiles() {
    return mayWork(allow) || allow.stream().anyMatch(tool -> tool.startsWith("skill."));
  }

  private Payload payload(String prompt, int timeoutMs) {
    var node = "turn-" + turn.seq();
    var auth = row.secretId() == null ? null : new SessionBody.Auth(row.secretId());
    var config =
        new Config(
            new Engine(engine.withLogin(), row.model(), auth),
            new Prompt(row.promptSystem(), prompt),
            new Allow(allow),
            limits(timeoutMs));
    return new Payload(
        node,
        new Node(node, "agent.run", config),
        turn.sessionId(),
        turn.sessionId(),
        1,
        tools.env(),
        row.secretId() == null ? null : new SecretRefs(row.secretId()),
        key.map(Keys.Key::baseUrl).map(Runtime::new).orElse(null));
  }

  // Those of a run are narrower than a session's.
  private SessionLimits limits(int timeoutMs) {
    var limits = row.limits();
    return new SessionLimits(
        Math.min(limits.maxTurns(), TURNS_MAX),
        Math.min(limits.maxToolCalls(), TOOL_CALLS_MAX),
        timeoutMs,
        Math.min(limits.maxOutputChars(), OUTPUT_CHARS_MAX),
        Math.min(limits.maxRuntimeChars(), RUNTIME_CHARS_MAX));
  }
}
