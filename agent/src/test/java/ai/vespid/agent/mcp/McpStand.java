package ai.vespid.agent.mcp;

import ai.vespid.protocol.Json;
import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A tiny MCP server: as a program on its standard streams, or at an address. Its tools repeat what
 * they are told, fail, never answer, or end the program.
 */
public final class McpStand {
  private McpStand() {}

  /**
   * Speaks on the standard streams.
   *
   * @param arguments the file in which it leaves its environment
   */
  public static void main(String[] arguments) throws IOException {
    Files.writeString(Path.of(arguments[0]), System.getenv().toString());
    var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (var line = in.readLine(); line != null; line = in.readLine()) {
      var answer = answer(Json.read(line.getBytes(StandardCharsets.UTF_8), JsonNode.class));
      if (answer == null) continue;
      System.out.write(Json.write(answer));
      System.out.write('\n');
      System.out.flush();
    }
  }

  private static Map<String, Object> answer(JsonNode message) {
    if (!message.has("id") || !message.has("method")) return null;
    var result = result(message.get("method").asText(), message.path("params"));
    if (result == null) return null;
    var answer = new LinkedHashMap<String, Object>();
    answer.put("jsonrpc", "2.0");
    answer.put("id", message.get("id"));
    answer.put("result", result);
    return answer;
  }

  private static Object result(String method, JsonNode params) {
    return switch (method) {
      case "initialize" ->
          Map.of(
              "protocolVersion",
              params.path("protocolVersion").asText(),
              "capabilities",
              Map.of("tools", Map.of()),
              "serverInfo",
              Map.of("name", "stand", "version", "1"));
      case "tools/list" ->
          Map.of("tools", List.of(tool("echo"), tool("fail"), tool("hang"), tool("die")));
      case "tools/call" -> called(params);
      default -> Map.of();
    };
  }

  private static Object tool(String name) {
    return Map.of(
        "name",
        name,
        "description",
        "It does " + name,
        "inputSchema",
        Map.of("type", "object", "properties", Map.of("text", Map.of("type", "string"))));
  }

  private static Object called(JsonNode params) {
    var text = params.path("arguments").path("text").asText();
    return switch (params.path("name").asText()) {
      case "echo" -> content("You said: " + text, false);
      case "fail" -> content("It cannot be done", true);
      case "die" -> {
        Runtime.getRuntime().halt(3);
        yield null;
      }
      default -> null;
    };
  }

  private static Object content(String text, boolean failed) {
    return Map.of("content", List.of(Map.of("type", "text", "text", text)), "isError", failed);
  }

  /** The same at an address, for who brings the right header. */
  static final class Http implements AutoCloseable {
    private final HttpServer server;
    private final List<String> asked = new CopyOnWriteArrayList<>();

    Http() throws IOException {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
      server.setExecutor(task -> Thread.ofVirtual().start(task));
      server.createContext(
          "/deep/mcp",
          exchange -> {
            asked.add(exchange.getRequestHeaders().getFirst("authorization"));
            if (!exchange.getRequestMethod().equals("POST")) {
              exchange.sendResponseHeaders(405, -1);
              return;
            }
            var body = exchange.getRequestBody().readAllBytes();
            var answer = McpStand.answer(Json.read(body, JsonNode.class));
            if (answer == null) {
              exchange.sendResponseHeaders(202, -1);
              return;
            }
            exchange.getResponseHeaders().add("content-type", "application/json");
            var bytes = Json.write(answer);
            exchange.sendResponseHeaders(200, bytes.length);
            try (var out = exchange.getResponseBody()) {
              out.write(bytes);
            }
          });
      server.start();
    }

    List<String> asked() {
      return asked;
    }

    String url() {
      return "http://127.0.0.1:" + server.getAddress().getPort() + "/deep/mcp";
    }

    @Override
    public void close() {
      server.stop(0);
    }
  }
}
