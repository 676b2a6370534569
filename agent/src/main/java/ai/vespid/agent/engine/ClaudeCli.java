package ai.vespid.agent.engine;

import ai.vespid.agent.tool.ToolServer;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.engine.NodeEngine;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Claude Code: {@code claude -p --output-format stream-json}. A turn of ours is a message of its
 * model; the line {@code result} ends the run.
 */
final class ClaudeCli implements EngineCli {
  private static final String TOOLS = "Bash,Edit,Write,Read,Glob,Grep";

  @Override
  public String name() {
    return "claude";
  }

  @Override
  public NodeEngine engine() {
    return NodeEngine.CLAUDE;
  }

  @Override
  public List<String> verification() {
    return List.of("auth", "status");
  }

  @Override
  public Set<String> environment() {
    return Set.of(
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_AUTH_TOKEN",
        "ANTHROPIC_BASE_URL",
        "CLAUDE_CODE_OAUTH_TOKEN",
        "CLAUDE_CONFIG_DIR");
  }

  @Override
  public Set<String> keys() {
    return Set.of("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN");
  }

  @Override
  public Launch launch(EngineCall call, Path scratch) throws IOException {
    var arguments = new ArrayList<>(List.of("-p", "--output-format", "stream-json", "--verbose"));
    arguments.add("--include-partial-messages");
    // Neither hooks nor servers that the run's files bring along.
    arguments.addAll(List.of("--setting-sources", "user", "--strict-mcp-config"));
    arguments.addAll(List.of("--tools", call.mayWork() ? TOOLS : ""));
    var allowed = new ArrayList<String>();
    if (call.mayWork()) allowed.add(TOOLS);
    if (!call.tools().none()) {
      allowed.add("mcp__" + ToolServer.NAME);
      arguments.addAll(List.of("--mcp-config", config(call.tools(), scratch).toString()));
    }
    if (!allowed.isEmpty()) arguments.addAll(List.of("--allowedTools", String.join(",", allowed)));
    if (call.model() != null) arguments.addAll(List.of("--model", call.model()));
    return new Launch(arguments, variables(call, scratch));
  }

  // A file: arguments are for everybody on the machine to read, and it has the token.
  private static Path config(OfferedTools tools, Path scratch) throws IOException {
    var server =
        Map.of(
            "type", "http",
            "url", tools.url(),
            "headers", Map.of("Authorization", "Bearer " + tools.token()));
    var config = Map.of("mcpServers", Map.of(ToolServer.NAME, server));
    return Files.write(scratch.resolve("mcp.json"), RawJson.from(config).bytes());
  }

  private static Map<String, String> variables(EngineCall call, Path scratch) {
    var variables = new HashMap<String, String>();
    variables.put("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1");
    variables.put("DISABLE_AUTOUPDATER", "1");
    if (call.key() == null) return variables;
    variables.put("CLAUDE_CONFIG_DIR", scratch.toString());
    variables.put("ANTHROPIC_API_KEY", call.key().value());
    if (call.key().baseUrl() != null) variables.put("ANTHROPIC_BASE_URL", call.key().baseUrl());
    return variables;
  }

  @Override
  public void read(JsonNode line, Transcript transcript) {
    switch (line.path("type").asText()) {
      case "system" -> transcript.model(line.path("model").asText(null));
      case "stream_event" -> event(line, transcript);
      case "assistant" -> message(line.path("message"), transcript);
      case "user" -> line.path("message").path("content").forEach(c -> result(c, transcript));
      case "result" -> ended(line, transcript);
      default -> {}
    }
  }

  // What agents that it starts itself say is their result, not text of ours.
  private static void event(JsonNode line, Transcript transcript) {
    if (!line.path("parent_tool_use_id").isMissingNode()
        && !line.path("parent_tool_use_id").isNull()) {
      return;
    }
    var event = line.path("event");
    switch (event.path("type").asText()) {
      case "message_start" -> transcript.turn(event.path("message").path("id").asText(null));
      case "content_block_delta" -> {
        var text = event.path("delta").path("text");
        if (text.isTextual()) transcript.delta(text.asText());
      }
      default -> {}
    }
  }

  private static void message(JsonNode message, Transcript transcript) {
    transcript.turn(message.path("id").asText(null));
    for (var content : message.path("content")) {
      switch (content.path("type").asText()) {
        case "text" -> transcript.message(content.path("text").asText());
        case "tool_use" ->
            transcript.toolCall(
                content.path("id").asText(), content.path("name").asText(), content.get("input"));
        default -> {}
      }
    }
  }

  private static void result(JsonNode content, Transcript transcript) {
    if (!content.path("type").asText().equals("tool_result")) return;
    transcript.toolResult(
        content.path("tool_use_id").asText(),
        content.get("content"),
        content.path("is_error").asBoolean());
  }

  private static void ended(JsonNode line, Transcript transcript) {
    var usage = line.path("usage");
    transcript.usage(usage.path("input_tokens").asLong(), usage.path("output_tokens").asLong());
    var subtype = line.path("subtype").asText();
    if (line.path("is_error").asBoolean() || !subtype.equals("success")) {
      transcript.failed(line.path("result").asText(subtype));
    } else {
      transcript.finished(line.path("result").asText());
    }
  }
}
