package ai.vespid.agent.tool;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The tools of one run as an MCP server of this machine, for an engine that is a process of its
 * own: it speaks the streamable HTTP transport of MCP on the loopback address, to who knows its
 * token, until the run is over. Tools are used one after the other: skills share the run's files.
 */
public final class ToolServer implements AutoCloseable {
  /** How engines know it. */
  public static final String NAME = "vespid";

  private static final String VERSION = "2025-06-18";
  private static final int TOKEN_BYTES = 24;
  private static final int REQUEST_BYTES_MAX = 4 << 20;
  // With what engines put in front of it, a name has 64 characters.
  private static final int NAME_CHARS_MAX = 48;
  private static final int METHOD_NOT_FOUND = -32601;
  private static final int INVALID_PARAMS = -32602;

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final String token;
  private final Map<String, Tool> tools;
  private final Use use;
  private final ReentrantLock one = new ReentrantLock();

  /** Carries out what an engine wants. */
  @FunctionalInterface
  public interface Use {
    RawJson use(String toolId, RawJson input) throws ToolFailed, IOException, InterruptedException;
  }

  private record Answer(String jsonrpc, JsonNode id, Object result, Problem error) {}

  private record Problem(int code, String message) {}

  private ToolServer(HttpServer server, String token, Map<String, Tool> tools, Use use) {
    this.server = server;
    this.token = token;
    this.tools = tools;
    this.use = use;
  }

  /** Begins to serve these tools. */
  public static ToolServer open(List<Tool> tools, Use use) throws IOException {
    var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    var secret = new byte[TOKEN_BYTES];
    new SecureRandom().nextBytes(secret);
    var token = Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
    var serving = new ToolServer(HttpServer.create(address, 0), token, named(tools), use);
    serving.server.setExecutor(serving.threads);
    serving.server.createContext("/mcp", serving::serve);
    serving.server.start();
    return serving;
  }

  // Names of MCP have no dots; two ids that differ in those alone are told apart by a number.
  private static Map<String, Tool> named(List<Tool> tools) {
    var named = new LinkedHashMap<String, Tool>();
    for (var tool : tools) {
      var plain = tool.id().replaceAll("[^A-Za-z0-9_-]", "_");
      var name = plain.substring(0, Math.min(NAME_CHARS_MAX, plain.length()));
      for (int i = 2; named.containsKey(name); i++) {
        name = plain.substring(0, Math.min(NAME_CHARS_MAX - 3, plain.length())) + '_' + i;
      }
      named.put(name, tool);
    }
    return named;
  }

  /** Where it is. */
  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/mcp";
  }

  /** Who knows it may use the tools; it goes along as a bearer token. */
  public String token() {
    return token;
  }

  /** The ids of its tools by the names that engines use. */
  public Map<String, String> ids() {
    var ids = new LinkedHashMap<String, String>();
    tools.forEach((name, tool) -> ids.put(name, tool.id()));
    return ids;
  }

  private void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      if (!known(exchange.getRequestHeaders().getFirst("Authorization"))) {
        exchange.sendResponseHeaders(401, -1);
        return;
      }
      // It has no stream of its own to open.
      if (!exchange.getRequestMethod().equals("POST")) {
        exchange.sendResponseHeaders(405, -1);
        return;
      }
      answer(exchange, exchange.getRequestBody().readNBytes(REQUEST_BYTES_MAX));
    }
  }

  private boolean known(String authorization) {
    if (authorization == null) return false;
    return MessageDigest.isEqual(
        ("Bearer " + token).getBytes(StandardCharsets.UTF_8),
        authorization.getBytes(StandardCharsets.UTF_8));
  }

  private void answer(HttpExchange exchange, byte[] body) throws IOException {
    JsonNode request;
    try {
      request = Json.read(body, JsonNode.class);
    } catch (InvalidMessage e) {
      exchange.sendResponseHeaders(400, -1);
      return;
    }
    // What has no id wants no answer.
    if (!request.hasNonNull("id")) {
      exchange.sendResponseHeaders(202, -1);
      return;
    }
    var answer = Json.write(answer(request));
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(200, answer.length);
    exchange.getResponseBody().write(answer);
  }

  private Answer answer(JsonNode request) {
    var params = request.path("params");
    return switch (request.path("method").asText()) {
      case "initialize" -> result(request, initialized(params));
      case "ping" -> result(request, Map.of());
      case "tools/list" -> result(request, Map.of("tools", listed()));
      case "tools/call" -> call(request, params);
      default -> problem(request, METHOD_NOT_FOUND, "no such method");
    };
  }

  private static Answer result(JsonNode request, Object result) {
    return new Answer("2.0", request.get("id"), result, null);
  }

  private static Answer problem(JsonNode request, int code, String message) {
    return new Answer("2.0", request.get("id"), null, new Problem(code, message));
  }

  // Of what it uses all versions are the same.
  private static Map<String, Object> initialized(JsonNode params) {
    return Map.of(
        "protocolVersion", params.path("protocolVersion").asText(VERSION),
        "capabilities", Map.of("tools", Map.of()),
        "serverInfo", Map.of("name", NAME, "version", "1"));
  }

  private List<Map<String, Object>> listed() {
    return tools.entrySet().stream()
        .map(entry ->
            Map.<String, Object>of(
                "name", entry.getKey(),
                "description", entry.getValue().description(),
                "inputSchema", entry.getValue().inputSchema()))
        .toList();
  }

  private Answer call(JsonNode request, JsonNode params) {
    var tool = tools.get(params.path("name").asText());
    if (tool == null) return problem(request, INVALID_PARAMS, "no such tool");
    var input =
        params.hasNonNull("arguments") ? RawJson.from(params.get("arguments")) : RawJson.of("{}");
    try {
      return result(request, said(used(tool, input), false));
    } catch (ToolFailed e) {
      return result(request, said(failure(e), true));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return result(request, said(ErrorCode.DISPATCH_CANCELED.name(), true));
    } catch (IOException | RuntimeException e) {
      return result(request, said(ErrorCode.NODE_EXECUTION_FAILED.name(), true));
    }
  }

  private String used(Tool tool, RawJson input)
      throws ToolFailed, IOException, InterruptedException {
    one.lockInterruptibly();
    try {
      var output = use.use(tool.id(), input);
      var json = Json.read(output.bytes(), JsonNode.class);
      return json.isTextual() ? json.asText() : output.text();
    } finally {
      one.unlock();
    }
  }

  private static String failure(ToolFailed failed) {
    return failed.output() == null
        ? failed.error()
        : failed.error() + "\n" + failed.output().text();
  }

  private static Map<String, Object> said(String text, boolean failed) {
    return Map.of("content", List.of(Map.of("type", "text", "text", text)), "isError", failed);
  }

  /** Serves no more; who still uses a tool is interrupted. */
  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
