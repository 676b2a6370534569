package ai.vespid.agent.engine;

import ai.vespid.agent.tool.ToolServer;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.engine.NodeEngine;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * opencode: {@code opencode run --format json}. Models are named with their provider; one without
 * is Anthropic's, or OpenAI's when its name says so. The end of the process ends the run, and the
 * text of its last step is the answer.
 */
final class OpencodeCli implements EngineCli {
  private static final List<String> ALLOWED =
      List.of("bash", "edit", "read", "glob", "grep", "list");

  private static final String OURS = ToolServer.NAME + "_*";

  @Override
  public String name() {
    return "opencode";
  }

  @Override
  public NodeEngine engine() {
    return NodeEngine.OPENCODE;
  }

  @Override
  public List<String> verification() {
    return List.of();
  }

  @Override
  public Set<String> environment() {
    return Set.of(
        "ANTHROPIC_API_KEY",
        "OPENAI_API_KEY",
        "OPENCODE_API_KEY",
        "OPENCODE_CONFIG",
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
        "XDG_STATE_HOME",
        "XDG_CACHE_HOME");
  }

  @Override
  public Set<String> keys() {
    return Set.of();
  }

  @Override
  public Launch launch(EngineCall call, Path scratch) {
    var arguments = new ArrayList<>(List.of("run", "--format", "json"));
    // A title of its own would be one more request.
    arguments.addAll(List.of("--title", "vespid"));
    var model = call.model() == null ? null : qualified(call.model());
    if (model != null) arguments.addAll(List.of("--model", model));
    var variables = new HashMap<String, String>();
    variables.put("OPENCODE_CONFIG_CONTENT", RawJson.from(config(call, model)).text());
    variables.put("OPENCODE_DISABLE_AUTOUPDATE", "1");
    variables.put("OPENCODE_DISABLE_LSP_DOWNLOAD", "1");
    // It brings a list, and where that of today cannot be reached it would wait for ever.
    variables.put("OPENCODE_DISABLE_MODELS_FETCH", "1");
    // A project can bring plugins, which are programs.
    variables.put("OPENCODE_DISABLE_PROJECT_CONFIG", "1");
    if (call.key() != null) {
      for (var home : List.of("CONFIG", "DATA", "STATE", "CACHE")) {
        variables.put("XDG_" + home + "_HOME", scratch.resolve(home).toString());
      }
    }
    return new Launch(arguments, variables);
  }

  private static String qualified(String model) {
    if (model.contains("/")) return model;
    return (model.matches("(gpt|o\\d|codex).*") ? "openai/" : "anthropic/") + model;
  }

  private static String provider(String model) {
    return model == null ? "anthropic" : model.substring(0, model.indexOf('/'));
  }

  private static Map<String, Object> config(EngineCall call, String model) {
    var config = new HashMap<String, Object>();
    config.put("autoupdate", false);
    config.put("share", "disabled");
    config.put("permission", permissions(call));
    if (!call.mayWork()) config.put("tools", tools(call.tools()));
    if (!call.tools().none()) config.put("mcp", Map.of(ToolServer.NAME, server(call.tools())));
    if (call.key() != null) {
      config.put("provider", Map.of(provider(model), Map.of("options", at(call.key()))));
    }
    return config;
  }

  // Nobody is there to be asked, so what is not allowed is denied. The last that fits counts.
  private static Map<String, String> permissions(EngineCall call) {
    var permissions = new LinkedHashMap<String, String>();
    permissions.put("*", "deny");
    if (call.mayWork()) ALLOWED.forEach(tool -> permissions.put(tool, "allow"));
    if (!call.tools().none()) permissions.put(OURS, "allow");
    return permissions;
  }

  private static Map<String, Boolean> tools(OfferedTools offered) {
    var tools = new LinkedHashMap<String, Boolean>();
    tools.put("*", false);
    if (!offered.none()) tools.put(OURS, true);
    return tools;
  }

  private static Map<String, Object> server(OfferedTools tools) {
    return Map.of(
        "type",
        "remote",
        "url",
        tools.url(),
        "enabled",
        true,
        "oauth",
        false,
        "headers",
        Map.of("Authorization", "Bearer " + tools.token()));
  }

  private static Map<String, String> at(EngineCall.Key key) {
    var options = new HashMap<String, String>();
    options.put("apiKey", key.value());
    if (key.baseUrl() != null) options.put("baseURL", key.baseUrl());
    return options;
  }

  @Override
  public void read(JsonNode line, Transcript transcript) {
    var part = line.path("part");
    switch (line.path("type").asText()) {
      case "step_start" -> transcript.turn(part.path("messageID").asText(null));
      case "text" -> transcript.message(part.path("text").asText());
      case "tool_use" -> tool(part, transcript);
      case "step_finish" -> {
        var tokens = part.path("tokens");
        transcript.usage(tokens.path("input").asLong(), tokens.path("output").asLong());
        if (part.path("reason").asText().equals("stop")) transcript.finished(null);
      }
      case "error" -> failed(line.path("error"), transcript);
      default -> {}
    }
  }

  private static void tool(JsonNode part, Transcript transcript) {
    var id = part.path("callID").asText();
    var state = part.path("state");
    boolean failed = state.path("status").asText().equals("error");
    transcript.toolCall(id, part.path("tool").asText(), state.get("input"));
    transcript.toolResult(id, failed ? state.get("error") : state.get("output"), failed);
  }

  private static void failed(JsonNode error, Transcript transcript) {
    var message = error.path("data").path("message").asText(null);
    transcript.failed(message == null ? error.path("name").asText() : message);
  }
}
