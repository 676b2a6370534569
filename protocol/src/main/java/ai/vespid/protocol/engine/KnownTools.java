package ai.vespid.protocol.engine;

import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.engine.Inference.Tool;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The tools there are, and who may use which: {@code shell.run}, {@code connector.action}, {@code
 * connector.<connector>.<action>}, {@code memory.*}, {@code skill.<id>} and {@code
 * mcp.<server>.<tool>}. The last two are the host's own, so only it can say what they are; a list
 * may have {@code skill.*}.
 */
public final class KnownTools {
  public static final String SHELL = "shell.run";
  public static final String CONNECTOR = "connector.action";
  public static final String CONNECTOR_PREFIX = "connector.";
  public static final String MEMORY_SEARCH = "memory.search";
  public static final String MEMORY_GET = "memory.get";
  public static final String MEMORY_WRITE = "memory.write";
  public static final String MEMORY_SYNC = "memory.sync";

  private static final Pattern NAMED = Pattern.compile("connector\\.([a-z0-9_-]+)\\.(.+)");
  private static final Pattern HOSTED = Pattern.compile("(skill|mcp)\\..+");

  private static final Map<String, Tool> DESCRIBED =
      Map.of(
          SHELL,
          tool(
              SHELL,
              "Runs a shell script on a host, in the files of this conversation or run.",
              "{\"type\":\"object\",\"required\":[\"script\"],\"properties\":{"
                  + "\"script\":{\"type\":\"string\"},\"shell\":{\"enum\":[\"sh\",\"bash\"]}}}"),
          CONNECTOR,
          tool(
              CONNECTOR,
              "Carries out an action of a connector.",
              "{\"type\":\"object\",\"required\":[\"connectorId\",\"actionId\"],\"properties\":{"
                  + "\"connectorId\":{\"type\":\"string\"},\"actionId\":{\"type\":\"string\"},"
                  + "\"input\":{\"type\":\"object\"}}}"),
          MEMORY_SEARCH,
          tool(
              MEMORY_SEARCH,
              "Searches what is remembered, by words or by meaning.",
              "{\"type\":\"object\",\"required\":[\"query\"],\"properties\":{"
                  + "\"query\":{\"type\":\"string\"},\"limit\":{\"type\":\"integer\"},"
                  + "\"mode\":{\"enum\":[\"text\",\"semantic\"]}}}"),
          MEMORY_GET,
          tool(
              MEMORY_GET,
              "Reads lines of a document that is remembered.",
              "{\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\"},"
                  + "\"lineStart\":{\"type\":\"integer\"},\"lines\":{\"type\":\"integer\"}}}"),
          MEMORY_WRITE,
          tool(
              MEMORY_WRITE,
              "Remembers a text: behind a document, MEMORY.md or memory/<name>.md, or instead.",
              "{\"type\":\"object\",\"required\":[\"text\"],\"properties\":{"
                  + "\"path\":{\"type\":\"string\"},\"text\":{\"type\":\"string\"},"
                  + "\"replace\":{\"type\":\"boolean\"}}}"),
          MEMORY_SYNC,
          tool(
              MEMORY_SYNC,
              "Takes over what people edited in the folder of what is remembered.",
              "{\"type\":\"object\",\"properties\":{}}"));

  /** What a host says of its tools. */
  private record Described(List<Tool> tools) {}

  /** An action of a connector that a tool is named after. */
  public record Named(String connectorId, String actionId) {}

  private KnownTools() {}

  private static Tool tool(String id, String text, String schema) {
    return new Tool(id, text, RawJson.of(schema));
  }

  /** What an engine is told about a tool that is not the host's own. */
  public static Tool described(String toolId) {
    var known = DESCRIBED.get(memory(toolId).orElse(toolId));
    return known == null
        ? tool(toolId, "The tool " + toolId + ".", "{\"type\":\"object\"}")
        : new Tool(toolId, known.description(), known.inputSchema());
  }

  /** Our name of a tool that is about what is remembered; empty when it is another one. */
  public static Optional<String> memory(String toolId) {
    var name = toolId.replaceFirst("^memory_", "memory.");
    return Optional.of(name).filter(n -> n.startsWith("memory.") && DESCRIBED.containsKey(n));
  }

  /** The action that a tool {@code connector.<connector>.<action>} is. */
  public static Optional<Named> named(String toolId) {
    var named = NAMED.matcher(toolId);
    return named.matches()
        ? Optional.of(new Named(named.group(1), named.group(2)))
        : Optional.empty();
  }

  /** Whether it is the host's own: a skill, or a tool of one of its MCP servers. */
  public static boolean hosted(String toolId) {
    return HOSTED.matcher(toolId).matches();
  }

  /** Those of a list that are the host's own. */
  public static List<String> hosted(List<String> allow) {
    return allow.stream().filter(KnownTools::hosted).toList();
  }

  /** The task by which a host is asked what those of a list are that are its own. */
  public static Map<String, Object> question(List<String> allow) {
    return Map.of("type", "tools", "allow", hosted(allow));
  }

  /** Its tools as its answer has them; empty when it has none, or does not know the question. */
  public static List<Tool> answered(RawJson output) {
    try {
      var tools = Json.read(output.bytes(), Described.class).tools();
      if (tools == null) return List.of();
      return tools.stream()
          .filter(tool -> tool.id() != null && tool.inputSchema() != null)
          .toList();
    } catch (InvalidMessage e) {
      return List.of();
    }
  }

  /** The task of a tool that is the host's own, which holds it against the same list. */
  public static Map<String, Object> task(Chunk.ToolCall call, List<String> allow) {
    return Map.of(
        "type", "tool",
        "toolId", call.toolId(),
        "input", call.input(),
        "allow", hosted(allow));
  }

  /** Whether a tool that is the host's own works in files; those of MCP servers have their own. */
  public static boolean worksInFiles(String toolId) {
    return toolId.startsWith("skill.");
  }

  /** Whether a list has this tool. */
  public static boolean allowed(List<String> allow, String toolId) {
    if (allow.contains(toolId)) return true;
    var own = memory(toolId);
    if (own.isPresent()) return allow.stream().anyMatch(entry -> memory(entry).equals(own));
    if (!hosted(toolId)) return allow.contains(CONNECTOR) && named(toolId).isPresent();
    return hosted(allow).stream()
        .anyMatch(entry ->
            entry.endsWith("*") && toolId.startsWith(entry.substring(0, entry.length() - 1)));
  }
}
