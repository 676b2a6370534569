package ai.vespid.worker.agents;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.WorkspaceUse;
import ai.vespid.protocol.connector.Actions;
import ai.vespid.protocol.engine.Chunk.ToolCall;
import ai.vespid.protocol.engine.Inference.Tool;
import ai.vespid.protocol.engine.KnownTools;
import ai.vespid.protocol.workflow.AgentRun;
import ai.vespid.protocol.workflow.Execution;
import ai.vespid.protocol.workflow.Node;
import ai.vespid.protocol.workflow.NodeConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Tools of an agent as nodes: {@code shell.run}, {@code skill.<id>} and {@code mcp.<server>.<tool>}
 * are an {@code agent.execute}, {@code connector.action} and {@code connector.<connector>.<action>}
 * are a {@code connector.action}. So policies, secrets and dispatches are the same as for any node.
 */
final class ToolNodes {
  /** What a wish for a tool comes to. */
  sealed interface Wish {}

  record Usable(Node node) implements Wish {}

  record Refused(String error) implements Wish {}

  private record Shell(String script, String shell) {}

  private record Action(String connectorId, String actionId, RawJson input) {}

  private ToolNodes() {}

  /**
   * What an engine is told about the tools it may use.
   *
   * @param hosted what a host says of those that are its own
   */
  static List<Tool> described(AgentRun agent, Team team, List<Tool> hosted) {
    var tools = new ArrayList<Tool>();
    if (team != null) tools.addAll(team.described());
    if (team != null && team.delegatesOnly()) return tools;
    var allow = agent.tools().allow();
    allow.stream()
        .filter(toolId -> team == null || !team.has(toolId))
        .filter(toolId -> !KnownTools.hosted(toolId))
        .map(KnownTools::described)
        .forEach(tools::add);
    hosted.stream().filter(tool -> KnownTools.allowed(allow, tool.id())).forEach(tools::add);
    return tools;
  }

  /** The node that asks a host what some of the agent's tools are; empty when none are its own. */
  static Optional<Node> question(String agentId, AgentRun agent) {
    var allow = agent.tools().allow();
    if (KnownTools.hosted(allow).isEmpty() || !onHost(agent)) return Optional.empty();
    return Optional.of(task(agentId + ":tools", agent, KnownTools.question(allow), false));
  }

  /** Our name of a memory tool that the agent may use; empty when it is another one. */
  static Optional<String> memory(AgentRun agent, Team team, ToolCall call) {
    boolean leads = team != null && team.delegatesOnly();
    return KnownTools.memory(call.toolId())
        .filter(_ -> !leads && KnownTools.allowed(agent.tools().allow(), call.toolId()));
  }

  // What came of another call must not be taken for what comes of this one.
  static String callId(String agentId, ToolCall call, int index) {
    return agentId + ":tool:" + index + ':' + Integer.toHexString(call.input().hashCode());
  }

  /** The node of a call; the same call under the same number has the same id. */
  static Wish of(String agentId, AgentRun agent, Team team, ToolCall call, int index) {
    var allow = agent.tools().allow();
    var toolId = call.toolId();
    // Told nothing of them, it may name them all the same.
    if (team != null && team.delegatesOnly()) {
      return new Refused(ErrorCode.TOOL_NOT_ALLOWED.with(toolId));
    }
    if (!KnownTools.allowed(allow, toolId)) {
      return new Refused(ErrorCode.TOOL_NOT_ALLOWED.with(toolId));
    }
    if (Team.TOOLS.contains(toolId)) return new Refused(ErrorCode.TEAM_NOT_CONFIGURED.name());
    var id = callId(agentId, call, index);
    try {
      if (toolId.equals(KnownTools.SHELL)) return shell(id, agent, call);
      if (KnownTools.hosted(toolId)) return hosted(id, agent, call);
      if (toolId.equals(KnownTools.CONNECTOR)) {
        return action(id, agent, Json.read(call.input().bytes(), Action.class));
      }
      return KnownTools.named(toolId)
          .map(named ->
              action(id, agent, new Action(named.connectorId(), named.actionId(), call.input())))
          .orElseGet(() -> new Refused(ErrorCode.TOOL_NOT_SUPPORTED.with(toolId)));
    } catch (InvalidMessage e) {
      return new Refused(ErrorCode.INVALID_TOOL_INPUT.with(e.getMessage()));
    }
  }

  private static boolean onHost(AgentRun agent) {
    return agent.tools().execution() == Execution.Mode.EXECUTOR;
  }

  private static Wish hosted(String id, AgentRun agent, ToolCall call) {
    // Nobody has them but hosts.
    if (!onHost(agent)) return new Refused(ErrorCode.TOOL_NOT_SUPPORTED.with(call.toolId()));
    var task = KnownTools.task(call, agent.tools().allow());
    return new Usable(task(id, agent, task, KnownTools.worksInFiles(call.toolId())));
  }

  private static Node task(String id, AgentRun agent, Map<String, Object> task, boolean files) {
    var execution =
        new Execution(
            Execution.Mode.EXECUTOR,
            agent.execution().selector(),
            files ? WorkspaceUse.RUN : WorkspaceUse.NONE);
    var config = new NodeConfig.AgentExecute(execution, null, null);
    var written = Map.of("id", id, "type", config.type(), "config", Map.of("task", task));
    return new Node(id, config, RawJson.from(written));
  }

  private static Wish shell(String id, AgentRun agent, ToolCall call) {
    if (!onHost(agent)) {
      return new Refused(ErrorCode.SHELL_TOOL_REQUIRES_EXECUTOR_EXECUTION.name());
    }
    var shell = Json.read(call.input().bytes(), Shell.class);
    var task = new LinkedHashMap<String, Object>();
    task.put("type", "shell");
    task.put("script", shell.script());
    if (shell.shell() != null) task.put("shell", shell.shell());
    task.put("allow", agent.tools().allow());
    return node(id, "agent.execute", Map.of("task", task, "execution", execution(agent)));
  }

  private static Wish action(String id, AgentRun agent, Action action) {
    var name = action.connectorId() + ':' + action.actionId();
    if (action.connectorId() == null
        || Actions.find(action.connectorId(), action.actionId()).isEmpty()) {
      return new Refused(ErrorCode.ACTION_NOT_SUPPORTED.with(name));
    }
    var defaults = agent.tools().authDefaults();
    var auth = defaults == null ? null : defaults.connectors().get(action.connectorId());
    if (auth == null) return new Refused(ErrorCode.SECRET_REQUIRED.name());
    var config = new LinkedHashMap<String, Object>();
    config.put("connectorId", action.connectorId());
    config.put("actionId", action.actionId());
    config.put("auth", auth);
    config.put("execution", execution(agent));
    if (action.input() != null) config.put("input", action.input());
    return node(id, KnownTools.CONNECTOR, config);
  }

  private static Map<String, Object> execution(AgentRun agent) {
    return Map.of("mode", agent.tools().execution(), "selector", agent.execution().selector());
  }

  private static Wish node(String id, String type, Map<String, Object> config) {
    var read = NodeConfig.TYPES.get(type).read(RawJson.from(config));
    var written = RawJson.from(Map.of("id", id, "type", type, "config", config));
    return new Usable(new Node(id, read, written));
  }
}
