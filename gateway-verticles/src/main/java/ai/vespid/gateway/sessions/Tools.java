package ai.vespid.gateway.sessions;

import ai.vespid.protocol.EffectClass;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.Limits;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.Selector;
import ai.vespid.protocol.WorkspaceUse;
import ai.vespid.protocol.bus.Dispatch;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.bus.SessionMemory;
import ai.vespid.protocol.engine.Chunk.ToolCall;
import ai.vespid.protocol.engine.Inference.Tool;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What engines may ask of the host: {@code shell.run}, {@code connector.action} and {@code
 * connector.<connector>.<action>}. Files a tool leaves belong to the session: its workspace comes
 * along when the host changes.
 */
final class Tools {
  static final String SHELL = "shell.run";
  static final String CONNECTOR = "connector.action";
  private static final Pattern NAMED = Pattern.compile("connector\\.([a-z0-9_-]+)\\.(.+)");

  private record Described(String text, RawJson schema) {
    static Described of(String text, String properties) {
      return new Described(
          text, RawJson.of("{\"type\":\"object\",\"properties\":{" + properties + "}}"));
    }
  }

  private static final Map<String, Described> MEMORY =
      Map.of(
          SessionMemory.SEARCH,
          Described.of(
              "Searches what the session remembers, by words or by meaning.",
              "\"query\":{\"type\":\"string\"},\"limit\":{\"type\":\"integer\"},"
                  + "\"mode\":{\"enum\":[\"text\",\"semantic\"]}"),
          SessionMemory.GET,
          Described.of(
              "Reads lines of a document that the session remembers.",
              "\"path\":{\"type\":\"string\"},\"lineStart\":{\"type\":\"integer\"},"
                  + "\"lines\":{\"type\":\"integer\"}"),
          SessionMemory.WRITE,
          Described.of(
              "Remembers a text: behind a document, MEMORY.md or memory/<name>.md, or instead.",
              "\"path\":{\"type\":\"string\"},\"text\":{\"type\":\"string\"},"
                  + "\"replace\":{\"type\":\"boolean\"}"),
          SessionMemory.SYNC,
          Described.of("Takes over what people edited in the session's folder.", ""));

  private static final String NOBODY = "00000000-0000-0000-0000-000000000000";

  /** A tool that cannot be used; the engine is told the code. */
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1L;

    Refused(ErrorCode code, String detail) {
      super(code.with(detail), null, false, false);
    }
  }

  private record Work(Kind kind, String connectorId, RawJson payload) {}

  private record Shell(String script, String shell) {}

  private record Action(String connectorId, String actionId, RawJson input) {}

  private record Env(String githubApiBaseUrl) {}

  private record ActionPayload(String connectorId, String actionId, RawJson input, Env env) {}

  private final Env env;

  Tools(String githubApiBaseUrl) {
    this.env = new Env(githubApiBaseUrl);
  }

  /** Whether a session's list has this tool. */
  static boolean allowed(List<String> allow, String toolId) {
    return allow.contains(toolId)
        || allow.contains(CONNECTOR) && NAMED.matcher(toolId).matches()
        || memory(toolId).filter(own -> memories(allow).contains(own)).isPresent();
  }

  private static List<String> memories(List<String> allow) {
    return allow.stream().map(Tools::memory).flatMap(Optional::stream).toList();
  }

  /** Our name of a tool that is about what sessions remember; empty when it is another one. */
  static Optional<String> memory(String toolId) {
    var name = toolId.replaceFirst("^memory_", "memory.");
    return Optional.of(name).filter(MEMORY::containsKey);
  }

  /** What an engine is told about the tools of a list. */
  static List<Tool> described(List<String> allow) {
    return allow.stream().map(Tools::described).toList();
  }

  private static Tool described(String toolId) {
    var memory = memory(toolId).map(MEMORY::get);
    if (memory.isPresent()) return new Tool(toolId, memory.get().text(), memory.get().schema());
    if (toolId.equals(SHELL)) {
      return new Tool(
          toolId,
          "Runs a shell script on the session's host, in its workspace.",
          RawJson.of(
              """
              {"type":"object","required":["script"],"properties":{"script":{"type":"string"},\
              "shell":{"enum":["sh","bash"]}}}\
              """));
    }
    if (toolId.equals(CONNECTOR)) {
      return new Tool(
          toolId,
          "Carries out an action of a connector on the session's host.",
          RawJson.of(
              """
              {"type":"object","required":["connectorId","actionId"],"properties":\
              {"connectorId":{"type":"string"},"actionId":{"type":"string"},"input":{}}}\
              """));
    }
    return new Tool(toolId, "The tool " + toolId + ".", RawJson.of("{\"type\":\"object\"}"));
  }

  /**
   * The dispatch of a call, to this host and nowhere else.
   *
   * @param requestId the same whenever the same call is made again
   * @param leftMs of the turn's time
   */
  Dispatch dispatch(
      String requestId, String organizationId, Turn turn, ToolCall call, Route host, long leftMs)
      throws Refused {
    var work = work(call);
    int timeoutMs = Math.clamp(leftMs, Limits.TIMEOUT_MS_MIN, Limits.TIMEOUT_MS_MAX);
    return new Dispatch(
        requestId,
        organizationId,
        turn.userId() == null ? NOBODY : turn.userId(),
        work.kind(),
        work.payload(),
        work.connectorId(),
        null,
        new Selector(host.pool(), List.of(), null, null, host.executorId()),
        timeoutMs,
        timeoutMs,
        EffectClass.AT_MOST_ONCE,
        null,
        work.kind() == Kind.AGENT_EXECUTE ? WorkspaceUse.RUN : WorkspaceUse.NONE);
  }

  private Work work(ToolCall call) throws Refused {
    try {
      if (call.toolId().equals(SHELL)) return shell(Json.read(call.input().bytes(), Shell.class));
      if (call.toolId().equals(CONNECTOR)) {
        return action(Json.read(call.input().bytes(), Action.class));
      }
    } catch (InvalidMessage e) {
      throw new Refused(ErrorCode.INVALID_TOOL_INPUT, e.getMessage());
    }
    var named = NAMED.matcher(call.toolId());
    if (!named.matches()) throw new Refused(ErrorCode.TOOL_NOT_SUPPORTED, call.toolId());
    return action(new Action(named.group(1), named.group(2), call.input()));
  }

  private Work action(Action action) throws Refused {
    if (action.connectorId() == null || action.actionId() == null) {
      throw new Refused(ErrorCode.INVALID_TOOL_INPUT, "connectorId and actionId are required");
    }
    var payload = new ActionPayload(action.connectorId(), action.actionId(), action.input(), env);
    return new Work(Kind.CONNECTOR_ACTION, action.connectorId(), RawJson.from(payload));
  }

  private static Work shell(Shell shell) throws Refused {
    if (shell.script() == null || shell.script().isBlank()) {
      throw new Refused(ErrorCode.INVALID_TOOL_INPUT, "script: is required");
    }
    var task =
        shell.shell() == null
            ? Map.of("type", "shell", "script", shell.script())
            : Map.of("type", "shell", "script", shell.script(), "shell", shell.shell());
    var node = Map.of("id", "tool", "type", "agent.execute", "config", Map.of("task", task));
    var payload = RawJson.from(Map.of("nodeId", "tool", "node", node));
    return new Work(Kind.AGENT_EXECUTE, null, payload);
  }
}
