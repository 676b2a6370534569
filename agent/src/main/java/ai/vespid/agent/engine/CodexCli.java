package ai.vespid.agent.engine;

import ai.vespid.agent.tool.ToolServer;
import ai.vespid.protocol.engine.NodeEngine;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Codex: {@code codex exec --json -}. It says whole messages, no pieces of them; the line {@code
 * turn.completed} ends the run, and its last message is the answer.
 */
final class CodexCli implements EngineCli {
  private static final Set<String> TOOLS =
      Set.of("command_execution", "file_change", "mcp_tool_call", "web_search");

  private static final String TOKEN = "VESPID_TOOLS_TOKEN";
  private static final int TOOL_SECONDS_MAX = 600;

  private static final List<String> WITHOUT_TOOLS =
      List.of(
          "features.shell_tool=false",
          "features.multi_agent=false",
          "features.apps=false",
          "web_search=\"disabled\"");

  @Override
  public String name() {
    return "codex";
  }

  @Override
  public NodeEngine engine() {
    return NodeEngine.CODEX;
  }

  @Override
  public List<String> verification() {
    return List.of("login", "status");
  }

  @Override
  public Set<String> environment() {
    return Set.of("CODEX_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL", "CODEX_HOME");
  }

  @Override
  public Set<String> keys() {
    return Set.of("CODEX_API_KEY");
  }

  @Override
  public Launch launch(EngineCall call, Path scratch) {
    var arguments = new ArrayList<>(List.of("exec", "--json", "--skip-git-repo-check"));
    arguments.addAll(List.of("--sandbox", call.mayWork() ? "workspace-write" : "read-only"));
    if (!call.mayWork()) {
      WITHOUT_TOOLS.forEach(setting -> arguments.addAll(List.of("-c", setting)));
    }
    if (call.model() != null) arguments.addAll(List.of("--model", call.model()));
    var variables = new HashMap<String, String>();
    if (call.key() != null) use(call.key(), scratch, arguments, variables);
    if (!call.tools().none()) offer(call.tools(), arguments, variables);
    arguments.add("-");
    return new Launch(arguments, variables);
  }

  private static void offer(
      OfferedTools tools, List<String> arguments, Map<String, String> variables) {
    variables.put(TOKEN, tools.token());
    var server = "mcp_servers." + ToolServer.NAME;
    var settings =
        List.of(
            server + ".url=\"" + tools.url() + "\"",
            server + ".bearer_token_env_var=\"" + TOKEN + "\"",
            server + ".tool_timeout_sec=" + TOOL_SECONDS_MAX,
            // Nobody is there to be asked; what may be used was decided before.
            server + ".default_tools_approval_mode=\"approve\"");
    settings.forEach(setting -> arguments.addAll(List.of("-c", setting)));
  }

  private static void use(
      EngineCall.Key key, Path scratch, List<String> arguments, Map<String, String> variables) {
    variables.put("CODEX_HOME", scratch.toString());
    variables.put("CODEX_API_KEY", key.value());
    variables.put("OPENAI_API_KEY", key.value());
    if (key.baseUrl() == null) return;
    // A provider of its own: the variable for the address is not read by every version.
    var settings =
        List.of(
            "model_provider=\"vespid\"",
            "model_providers.vespid.name=\"vespid\"",
            "model_providers.vespid.base_url=\"" + key.baseUrl().replace("\"", "") + "\"",
            "model_providers.vespid.env_key=\"OPENAI_API_KEY\"",
            "model_providers.vespid.wire_api=\"responses\"");
    settings.forEach(setting -> arguments.addAll(List.of("-c", setting)));
  }

  @Override
  public void read(JsonNode line, Transcript transcript) {
    switch (line.path("type").asText()) {
      case "turn.started" -> transcript.turn(null);
      case "item.started" -> started(line.path("item"), transcript);
      case "item.completed" -> completed(line.path("item"), transcript);
      case "turn.completed" -> {
        var usage = line.path("usage");
        transcript.usage(usage.path("input_tokens").asLong(), usage.path("output_tokens").asLong());
        transcript.finished(null);
      }
      case "turn.failed" -> transcript.failed(line.path("error").path("message").asText());
      // It tries again by itself; what it gives up with comes as a failed turn.
      case "error" -> transcript.warned(line.path("message").asText());
      default -> {}
    }
  }

  private static void started(JsonNode item, Transcript transcript) {
    var type = item.path("type").asText();
    if (TOOLS.contains(type)) {
      transcript.toolCall(item.path("id").asText(), tool(item), input(item));
    }
  }

  private static void completed(JsonNode item, Transcript transcript) {
    var type = item.path("type").asText();
    if (type.equals("agent_message")) {
      transcript.answer(item.path("text").asText());
    } else if (TOOLS.contains(type)) {
      var id = item.path("id").asText();
      // Some are told only when they are over.
      transcript.toolCall(id, tool(item), input(item));
      transcript.toolResult(id, output(item), item.path("status").asText().equals("failed"));
    }
  }

  // As others name a tool of a server.
  private static String tool(JsonNode item) {
    var type = item.path("type").asText();
    return type.equals("mcp_tool_call")
        ? "mcp__" + item.path("server").asText() + "__" + item.path("tool").asText()
        : type;
  }

  private static JsonNode input(JsonNode item) {
    return switch (item.path("type").asText()) {
      case "command_execution" -> item.get("command");
      case "file_change" -> item.get("changes");
      case "mcp_tool_call" -> item.get("arguments");
      default -> item.get("query");
    };
  }

  private static JsonNode output(JsonNode item) {
    return item.has("aggregated_output") ? item.get("aggregated_output") : item.get("result");
  }
}
