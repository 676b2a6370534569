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
import java.util.stream.Stream;

/**
 * What engines may ask of the host: {@code shell.run}, {@code connector.action}, {@code
 * connector.<connector>.<action>}, {@code skill.<id>} and {@code mcp.<server>.<tool>}. The last two
 * are the host's own, so only it can say what they are; a list may have {@code skill.*}. Files a
 * tool leaves belong to the session: its workspace comes along when the host changes.
 */
final class Tools {
  static final String SHELL = "shell.run";
  static final String CONNECTOR = "connector.action";
  private static final long QUESTION_MS = 10_000;
  private static final Pattern NAMED = Pattern.compile("connector\\.([a-z0-9_-]+)\\.(.+)");
  private static final Pattern HOSTED = Pattern.compile("(skill|mcp)\\..+");

  private record Words(String text, RawJson schema) {
    static Words of(String text, String properties) {
      return new Words(
          text, RawJson.of("{\"type\":\"object\",\"properties\":{" + properties + "}}"));
    }
  }

  private static final Map<String, Words> MEMORY =
      Map.of(
          SessionMemory.SEARCH,
          Words.of(
              "Searches what the session remembers, by words or by meaning.",
              "\"query\":{\"type\":\"string\"},\"limit\":{\"type\":\"integer\"},"
                  + "\"mode\":{\"enum\":[\"text\",\"semantic\"]}"),
          SessionMemory.GET,
          Words.of(
              "Reads lines of a document that the session remembers.",
              "\"path\":{\"type\":\"string\"},\"lineStart\":{\"type\":\"integer\"},"
                  + "\"lines\":{\"type\":\"integer\"}"),
          SessionMemory.WRITE,
          Words.of(
              "Remembers a text: behind a document, MEMORY.md or memory/<name>.md, or instead.",
              "\"path\":{\"type\":\"string\"},\"text\":{\"type\":\"string\"},"
                  + "\"replace\":{\"type\":\"boolean\"}"),
          SessionMemory.SYNC,
          Words.of("Takes over what people edited in the session's folder.", ""));

  static final String NOBODY = "00000000-0000-0000-0000-000000000000";

  /** A tool that cannot be used; the engine is told the code. */
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1L;

    Refused(ErrorCode code, String detail) {
      super(code.with(detail), null, false, false);
    }
  }

  private record Work(Kind kind, String connectorId, RawJson payload, WorkspaceUse files) {}

  /** What a host says of its tools. */
  private record Described(List<Hosted> tools) {}

  private record Hosted(String id, String description, RawJson inputSchema) {}

  private record Shell(String script, String shell) {}

  private record Action(String connectorId, String actionId, RawJson input) {}

  /** What hosts are told about where services are. */
  record Env(String githubApiBaseUrl) {}

  private record ActionPayload(String connectorId, String actionId, RawJson input, Env env) {}

  private final Env env;

  Tools(String githubApiBaseUrl) {
    this.env = new Env(githubApiBaseUrl);
  }

  Env env() {
    return env;
  }

  /** Whether a session's list has this tool. */
  static boolean allowed(List<String> allow, String toolId) {
    if (allow.contains(toolId)) return true;
    if (memory(toolId).filter(own -> memories(allow).contains(own)).isPresent()) return true;
    if (!HOSTED.matcher(toolId).matches()) {
      return allow.contains(CONNECTOR) && NAMED.matcher(toolId).matches();
    }
    return hosted(allow)
        .anyMatch(entry ->
            entry.endsWith("*") && toolId.startsWith(entry.substring(0, entry.length() - 1)));
  }

  private static List<String> memories(List<String> allow) {
    return allow.stream().map(Tools::memory).flatMap(Optional::stream).toList();
  }

  /** Our name of a tool that is about what sessions remember; empty when it is another one. */
  static Optional<String> memory(String toolId) {
    var name = toolId.replaceFirst("^memory_", "memory.");
    return Optional.of(name).filter(MEMORY::containsKey);
  }

  private static Stream<String> hosted(List<String> allow) {
    return allow.stream().filter(entry -> HOSTED.matcher(entry).matches());
  }

  /** Whether the host has to be asked what some of a list are. */
  static boolean asksHost(List<String> allow) {
    return hosted(allow).findAny().isPresent();
  }

  /** The dispatch by which it is asked. */
  Dispatch question(
      String requestId, String organizationId, Turn turn, List<String> allow, Route host) {
    var task = Map.of("type", "tools", "allow", hosted(allow).toList());
    var work = execute(task, WorkspaceUse.NONE);
    return dispatch(requestId, organizationId, turn, work, host, QUESTION_MS);
  }

  /** Its tools as its answer has them; empty when it has none, or does not know the question. */
  static List<Tool> answered(RawJson output) {
    try {
      var tools = Json.read(output.bytes(), Described.class).tools();
      if (tools == null) return List.of();
      return tools.stream()
          .filter(tool -> tool.id() != null && tool.inputSchema() != null)
          .map(tool -> new Tool(tool.id(), tool.description(), tool.inputSchema()))
          .toList();
    } catch (InvalidMessage e) {
      return List.of();
    }
  }

  /**
   * What an engine is told about the tools of a list.
   *
   * @param hosted those of the host
   */
  static List<Tool> described(List<String> allow, List<Tool> hosted) {
    return Stream.concat(
            allow.stream().filter(entry -> !HOSTED.matcher(entry).matches()).map(Tools::described),
            hosted.stream().filter(tool -> allowed(allow, tool.id())))
        .toList();
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
   * @param allow the session's list, which the host holds its own tools against as well
   * @param leftMs of the turn's time
   */
  Dispatch dispatch(
      String requestId,
      String organizationId,
      Turn turn,
      ToolCall call,
      List<String> allow,
      Route host,
      long leftMs)
      throws Refused {
    return dispatch(requestId, organizationId, turn, work(call, allow), host, leftMs);
  }

  private static Dispatch dispatch(
      String requestId, String organizationId, Turn turn, Work work, Route host, long leftMs) {
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
        work.files());
  }

  private Work work(ToolCall call, List<String> allow) throws Refused {
    if (HOSTED.matcher(call.toolId()).matches()) return hosted(call, allow);
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
    return new Work(
        Kind.CONNECTOR_ACTION, action.connectorId(), RawJson.from(payload), WorkspaceUse.NONE);
  }

  private static Work shell(Shell shell) throws Refused {
    if (shell.script() == null || shell.script().isBlank()) {
      throw new Refused(ErrorCode.INVALID_TOOL_INPUT, "script: is required");
    }
    var task =
        shell.shell() == null
            ? Map.of("type", "shell", "script", shell.script())
            : Map.of("type", "shell", "script", shell.script(), "shell", shell.shell());
    return execute(task, WorkspaceUse.RUN);
  }

  private static Work hosted(ToolCall call, List<String> allow) {
    var task =
        Map.of(
            "type", "tool",
            "toolId", call.toolId(),
            "input", call.input(),
            "allow", hosted(allow).toList());
    boolean skill = call.toolId().startsWith("skill.");
    return execute(task, skill ? WorkspaceUse.RUN : WorkspaceUse.NONE);
  }

  private static Work execute(Map<String, ?> task, WorkspaceUse files) {
    var node = Map.of("id", "tool", "type", "agent.execute", "config", Map.of("task", task));
    var payload = RawJson.from(Map.of("nodeId", "tool", "node", node));
    return new Work(Kind.AGENT_EXECUTE, null, payload, files);
  }
}
