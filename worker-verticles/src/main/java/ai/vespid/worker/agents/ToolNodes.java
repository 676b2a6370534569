package ai.vespid.worker.agents;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.connector.Actions;
import ai.vespid.protocol.engine.Chunk.ToolCall;
import ai.vespid.protocol.engine.Inference.Tool;
import ai.vespid.protocol.workflow.AgentRun;
import ai.vespid.protocol.workflow.Execution;
import ai.vespid.protocol.workflow.Node;
import ai.vespid.protocol.workflow.NodeConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Tools of an agent as nodes: {@code shell.run} is an {@code agent.execute}, {@code
 * connector.action} and {@code connector.<connector>.<action>} are a {@code connector.action}. So
 * policies, secrets and dispatches are the same as for any node.
 */
final class ToolNodes {
  static final String SHELL = "shell.run";
  static final String CONNECTOR = "connector.action";
  private static final Pattern NAMED = Pattern.compile("connector\\.([a-z0-9_-]+)\\.(.+)");

  /** What a wish for a tool comes to. */
  sealed interface Wish {}

  record Usable(Node node) implements Wish {}

  record Refused(String error) implements Wish {}

  private record Shell(String script, String shell) {}

  private record Action(String connectorId, String actionId, RawJson input) {}

  private ToolNodes() {}

  /** What an engine is told about the tools it may use. */
  static List<Tool> described(AgentRun agent, Team team) {
    var tools = new ArrayList<Tool>();
    if (team != null) tools.addAll(team.described());
    if (team != null && team.delegatesOnly()) return tools;
    agent.tools().allow().stream()
        .filter(toolId -> team == null || !team.has(toolId))
        .map(ToolNodes::described)
        .forEach(tools::add);
    return tools;
  }

  private static Tool described(String toolId) {
    if (toolId.equals(SHELL)) {
      return new Tool(
          toolId,
          "Runs a shell script on an executor, in the files of the run.",
          RawJson.of(
              """
              {"type":"object","required":["script"],"properties":{"script":{"type":"string"},\
              "shell":{"enum":["sh","bash"]}}}\
              """));
    }
    if (toolId.equals(CONNECTOR)) {
      return new Tool(
          toolId,
          "Carries out an action of a connector.",
          RawJson.of(
              """
              {"type":"object","required":["connectorId","actionId"],"properties":\
              {"connectorId":{"type":"string"},"actionId":{"type":"string"},\
              "input":{"type":"object"}}}\
              """));
    }
    return new Tool(toolId, "The tool " + toolId + ".", RawJson.of("{\"type\":\"object\"}"));
  }

  /** The node of a call; the same call under the same number has the same id. */
  static Wish of(String agentId, AgentRun agent, ToolCall call, int index) {
    var allow = agent.tools().allow();
    var toolId = call.toolId();
    var named = NAMED.matcher(toolId);
    boolean connector = toolId.equals(CONNECTOR) || named.matches();
    if (!allow.contains(toolId) && !(connector && allow.contains(CONNECTOR))) {
      return new Refused(ErrorCode.TOOL_NOT_ALLOWED.with(toolId));
    }
    // What came of another call must not be taken for what comes of this one.
    var id = agentId + ":tool:" + index + ':' + Integer.toHexString(call.input().hashCode());
    try {
      if (toolId.equals(SHELL)) return shell(id, agent, call);
      if (!connector) return new Refused(ErrorCode.TOOL_NOT_SUPPORTED.with(toolId));
      var action =
          toolId.equals(CONNECTOR)
              ? Json.read(call.input().bytes(), Action.class)
              : new Action(named.group(1), named.group(2), call.input());
      return action(id, agent, action);
    } catch (InvalidMessage e) {
      return new Refused(ErrorCode.INVALID_TOOL_INPUT.with(e.getMessage()));
    }
  }

  private static Wish shell(String id, AgentRun agent, ToolCall call) {
    if (agent.tools().execution() != Execution.Mode.EXECUTOR) {
      return new Refused(ErrorCode.SHELL_TOOL_REQUIRES_EXECUTOR_EXECUTION.name());
    }
    var shell = Json.read(call.input().bytes(), Shell.class);
    var task = new LinkedHashMap<String, Object>();
    task.put("type", "shell");
    task.put("script", shell.script());
    if (shell.shell() != null) task.put("shell", shell.shell());
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
    return node(id, CONNECTOR, config);
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
