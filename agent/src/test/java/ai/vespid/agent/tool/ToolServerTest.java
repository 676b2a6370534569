package ai.vespid.agent.tool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.protocol.RawJson;
import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import java.net.http.HttpRequest;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The official client of MCP uses our tools. */
@Timeout(60)
class ToolServerTest {
  private static final RawJson SCHEMA =
      RawJson.of("{\"type\":\"object\",\"properties\":{\"to\":{\"type\":\"string\"}}}");

  private final List<String> used = new CopyOnWriteArrayList<>();
  private ToolServer server;

  @BeforeEach
  void open() throws Exception {
    var tools =
        List.of(
            new Tool("skill.convert", "Converts it.", SCHEMA),
            new Tool("mcp.files.read", "Reads one.", SCHEMA),
            new Tool("mcp.files_read", "Another one.", SCHEMA));
    server = ToolServer.open(tools, this::use);
  }

  @AfterEach
  void close() {
    server.close();
  }

  private RawJson use(String toolId, RawJson input) throws ToolFailed {
    used.add(toolId + " " + input.text());
    if (toolId.equals("mcp.files.read")) {
      throw new ToolFailed("MCP_TOOL_FAILED:no such file", RawJson.from("looked everywhere"));
    }
    return RawJson.of("{\"pages\":3}");
  }

  private McpSyncClient client(String token) {
    var url = server.url();
    var transport =
        HttpClientStreamableHttpTransport.builder(url.substring(0, url.lastIndexOf('/')))
            .endpoint("/mcp")
            .requestBuilder(HttpRequest.newBuilder().setHeader("Authorization", "Bearer " + token))
            .build();
    return McpClient.sync(transport).build();
  }

  private static CallToolRequest request(String tool, Map<String, Object> input) {
    return CallToolRequest.builder(tool).arguments(input).build();
  }

  @Test
  void listsItsToolsUnderNamesThatEnginesTakeAndCarriesThemOut() {
    try (var client = client(server.token())) {
      client.initialize();
      var listed = client.listTools().tools();
      var result = client.callTool(request("skill_convert", Map.of("to", "pdf")));

      assertThat(listed)
          .extracting(tool -> tool.name())
          .containsExactly("skill_convert", "mcp_files_read", "mcp_files_read_2");
      assertThat(server.ids()).containsEntry("mcp_files_read_2", "mcp.files_read");
      assertThat(result.isError()).isFalse();
      assertThat(((TextContent) result.content().getFirst()).text()).isEqualTo("{\"pages\":3}");
      assertThat(used).containsExactly("skill.convert {\"to\":\"pdf\"}");
    }
  }

  @Test
  void tellsTheEngineWhyAToolFailed() {
    try (var client = client(server.token())) {
      client.initialize();
      var result = client.callTool(request("mcp_files_read", Map.of()));

      assertThat(result.isError()).isTrue();
      assertThat(((TextContent) result.content().getFirst()).text())
          .contains("MCP_TOOL_FAILED:no such file", "looked everywhere");
    }
  }

  @Test
  void isThereForNobodyElse() {
    try (var client = client("another")) {
      assertThatThrownBy(client::initialize).isInstanceOf(RuntimeException.class);
    }
    assertThat(used).isEmpty();
  }
}
