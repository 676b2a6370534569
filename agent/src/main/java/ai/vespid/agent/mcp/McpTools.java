package ai.vespid.agent.mcp;

import ai.vespid.agent.sandbox.ScriptProcess;
import ai.vespid.agent.tool.Tool;
import ai.vespid.agent.tool.ToolCall;
import ai.vespid.agent.tool.ToolFailed;
import ai.vespid.agent.tool.ToolSource;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import io.modelcontextprotocol.spec.McpError;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The tools of all MCP servers, as {@code mcp.<server>.<tool>}. */
public final class McpTools implements ToolSource {
  private static final Logger LOG = LoggerFactory.getLogger(McpTools.class);
  private static final String PREFIX = "mcp.";
  private static final int COMPLAINT_CHARS_MAX = 500;

  private final List<McpServer> servers;

  private McpTools(List<McpServer> servers) {
    this.servers = servers;
  }

  /** Begins to connect to the servers of a file; does not wait for them. */
  public static McpTools start(Path file, McpHost host) {
    var config = McpConfig.read(file, host.environment());
    for (var problem : config.problems()) {
      LOG.atError().addKeyValue("cause", problem).log("an MCP server is left out");
    }
    var servers =
        config.servers().stream()
            .map(entry -> new McpServer(entry.name(), () -> new McpConnection(entry, host)))
            .toList();
    servers.forEach(McpServer::start);
    return new McpTools(servers);
  }

  /**
   * What is wrong with a file of servers, a code each with what it is about behind a colon. Nothing
   * is started.
   *
   * @param environment looks a variable of the agent up; null when there is none
   */
  public static List<String> problems(Path file, UnaryOperator<String> environment) {
    var config = McpConfig.read(file, environment);
    var problems = new ArrayList<>(config.problems());
    for (var entry : config.servers()) {
      if (entry instanceof McpEntry.Stdio stdio && !there(stdio, environment)) {
        problems.add("MCP_PROGRAM_NOT_FOUND: %s: %s".formatted(stdio.name(), stdio.command()));
      }
    }
    return problems;
  }

  private static boolean there(McpEntry.Stdio stdio, UnaryOperator<String> environment) {
    if (stdio.command().contains("/")) return Files.isExecutable(Path.of(stdio.command()));
    var path = stdio.environment().getOrDefault("PATH", environment.apply("PATH"));
    return path != null && ScriptProcess.find(stdio.command(), path) != null;
  }

  @Override
  public String prefix() {
    return PREFIX;
  }

  @Override
  public boolean needsFiles() {
    return false;
  }

  @Override
  public List<Tool> tools() {
    return servers.stream()
        .flatMap(server -> server.tools().stream().map(tool -> described(server, tool)))
        .toList();
  }

  private static Tool described(McpServer server, McpSchema.Tool tool) {
    var about = tool.description() == null ? tool.title() : tool.description();
    return new Tool(
        PREFIX + server.name() + '.' + tool.name(),
        about == null ? tool.name() : about,
        RawJson.from(tool.inputSchema() == null ? Map.of("type", "object") : tool.inputSchema()));
  }

  @Override
  public RawJson use(ToolCall call) throws ToolFailed {
    var parts = call.toolId().substring(PREFIX.length()).split("\\.", 2);
    var server =
        servers.stream()
            .filter(each -> parts.length == 2 && each.name().equals(parts[0]))
            .findFirst()
            .orElseThrow(() -> unsupported(call));
    var connection =
        server
            .connection()
            .orElseThrow(
                () -> new ToolFailed(ErrorCode.MCP_SERVER_UNAVAILABLE.with(server.name()), null));
    if (connection.tools().stream().noneMatch(tool -> tool.name().equals(parts[1]))) {
      throw unsupported(call);
    }
    call.cancellation().onCancel(Thread.currentThread()::interrupt);
    try {
      var max = Duration.ofMillis(call.invoke().toolPolicy().timeoutMs());
      return output(connection.call(parts[1], input(call), max));
    } catch (McpError e) {
      throw new ToolFailed(ErrorCode.MCP_TOOL_FAILED.with(cut(e.getMessage())), null);
    } catch (RuntimeException e) {
      throw failed(e, server, connection);
    }
  }

  private static ToolFailed unsupported(ToolCall call) {
    return new ToolFailed(ErrorCode.TOOL_NOT_SUPPORTED.with(call.toolId()), null);
  }

  // The SDK tells a time that is up, a server that died and an interrupt all as the same exception.
  private static ToolFailed failed(RuntimeException e, McpServer server, McpConnection connection) {
    if (Thread.interrupted()) return new ToolFailed(ErrorCode.DISPATCH_CANCELED);
    if (!connection.open()) {
      return new ToolFailed(ErrorCode.MCP_SERVER_UNAVAILABLE.with(server.name()), null);
    }
    if (e instanceof IllegalStateException) return new ToolFailed(ErrorCode.NODE_EXECUTION_TIMEOUT);
    return new ToolFailed(ErrorCode.MCP_TOOL_FAILED.with(e.getClass().getSimpleName()), null);
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> input(ToolCall call) throws ToolFailed {
    try {
      return Json.read(call.input().bytes(), Map.class);
    } catch (InvalidMessage e) {
      throw new ToolFailed(ErrorCode.INVALID_TOOL_INPUT.with("must be an object"), null);
    }
  }

  // What is nothing but text is a text; what has a structure is that.
  private static RawJson output(CallToolResult result) throws ToolFailed {
    var text =
        result.content().stream()
            .map(content -> content instanceof TextContent(_, var said, _) ? said : "")
            .collect(Collectors.joining("\n"));
    if (Boolean.TRUE.equals(result.isError())) {
      throw new ToolFailed(ErrorCode.MCP_TOOL_FAILED.with(cut(text)), RawJson.from(text));
    }
    if (result.structuredContent() != null) return RawJson.from(result.structuredContent());
    boolean onlyText = result.content().stream().allMatch(TextContent.class::isInstance);
    return RawJson.from(onlyText ? text : result.content());
  }

  private static String cut(String text) {
    return text == null ? "" : text.substring(0, Math.min(COMPLAINT_CHARS_MAX, text.length()));
  }

  @Override
  public void close() {
    servers.parallelStream().forEach(McpServer::close);
  }
}
