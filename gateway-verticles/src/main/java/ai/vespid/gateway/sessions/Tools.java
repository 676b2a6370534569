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
import ai.vespid.protocol.engine.Chunk.ToolCall;
import ai.vespid.protocol.engine.Inference.Tool;
import ai.vespid.protocol.engine.KnownTools;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What engines may ask of the host, as dispatches. Files a tool leaves belong to the session: its
 * workspace comes along when the host changes.
 */
final class Tools {
  private static final long QUESTION_MS = 10_000;

  /** A tool that cannot be used; the engine is told the code. */
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1L;

    Refused(ErrorCode code, String detail) {
      super(code.with(detail), null, false, false);
    }
  }

  private record Work(Kind kind, String connectorId, RawJson payload, WorkspaceUse files) {}

  private record Shell(String script, String shell) {}

  private record Action(String connectorId, String actionId, RawJson input) {}

  /** What hosts are told about where services are. */
  record Env(String githubApiBaseUrl) {}

  private record ActionPayload(
      String connectorId, String actionId, RawJson input, Env env, List<String> allow) {}

  private final Env env;

  Tools(String githubApiBaseUrl) {
    this.env = new Env(githubApiBaseUrl);
  }

  Env env() {
    return env;
  }

  /** Whether the host has to be asked what some of a list are. */
  static boolean asksHost(List<String> allow) {
    return !KnownTools.hosted(allow).isEmpty();
  }

  /** The dispatch by which it is asked. */
  Dispatch question(
      String requestId, String organizationId, Turn turn, List<String> allow, Route host) {
    var work = execute(KnownTools.question(allow), WorkspaceUse.NONE);
    return dispatch(requestId, organizationId, turn, work, host, QUESTION_MS);
  }

  /**
   * What an engine is told about the tools of a list.
   *
   * @param hosted those of the host
   */
  static List<Tool> described(List<String> allow, List<Tool> hosted) {
    return Stream.concat(
            allow.stream().filter(entry -> !KnownTools.hosted(entry)).map(KnownTools::described),
            hosted.stream().filter(tool -> KnownTools.allowed(allow, tool.id())))
        .toList();
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
        turn.speaker(),
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
    if (KnownTools.hosted(call.toolId())) return hosted(call, allow);
    try {
      if (call.toolId().equals(KnownTools.SHELL))
        return shell(Json.read(call.input().bytes(), Shell.class), allow);
      if (call.toolId().equals(KnownTools.CONNECTOR)) {
        return action(Json.read(call.input().bytes(), Action.class), allow);
      }
    } catch (InvalidMessage e) {
      throw new Refused(ErrorCode.INVALID_TOOL_INPUT, e.getMessage());
    }
    var named = KnownTools.named(call.toolId());
    if (named.isEmpty()) throw new Refused(ErrorCode.TOOL_NOT_SUPPORTED, call.toolId());
    return action(
        new Action(named.get().connectorId(), named.get().actionId(), call.input()), allow);
  }

  private Work action(Action action, List<String> allow) throws Refused {
    if (action.connectorId() == null || action.actionId() == null) {
      throw new Refused(ErrorCode.INVALID_TOOL_INPUT, "connectorId and actionId are required");
    }
    var payload =
        new ActionPayload(action.connectorId(), action.actionId(), action.input(), env, allow);
    return new Work(
        Kind.CONNECTOR_ACTION, action.connectorId(), RawJson.from(payload), WorkspaceUse.NONE);
  }

  private static Work shell(Shell shell, List<String> allow) throws Refused {
    if (shell.script() == null || shell.script().isBlank()) {
      throw new Refused(ErrorCode.INVALID_TOOL_INPUT, "script: is required");
    }
    var task =
        shell.shell() == null
            ? Map.of("type", "shell", "script", shell.script(), "allow", allow)
            : Map.of(
                "type", "shell", "script", shell.script(), "shell", shell.shell(), "allow", allow);
    return execute(task, WorkspaceUse.RUN);
  }

  private static Work hosted(ToolCall call, List<String> allow) {
    boolean files = KnownTools.worksInFiles(call.toolId());
    return execute(KnownTools.task(call, allow), files ? WorkspaceUse.RUN : WorkspaceUse.NONE);
  }

  private static Work execute(Map<String, ?> task, WorkspaceUse files) {
    var node = Map.of("id", "tool", "type", "agent.execute", "config", Map.of("task", task));
    var payload = RawJson.from(Map.of("nodeId", "tool", "node", node));
    return new Work(Kind.AGENT_EXECUTE, null, payload, files);
  }
}
