package ai.vespid.agent.mcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ai.vespid.agent.Eventually;
import ai.vespid.agent.TestGateway;
import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.agent.tool.Tool;
import ai.vespid.agent.tool.ToolCall;
import ai.vespid.agent.tool.ToolFailed;
import ai.vespid.agent.trust.Outward;
import ai.vespid.protocol.RawJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class McpToolsTest {
  @TempDir Path directory;

  private final Map<String, String> variables = new HashMap<>();
  private McpTools tools;

  @AfterEach
  void close() {
    if (tools != null) tools.close();
    assertThat(Eventually.processWith("VESPID_TASK=boot-" + directory)).isFalse();
  }

  private void start(String config) throws IOException {
    variables.putIfAbsent("PATH", System.getenv("PATH"));
    variables.put("AGENT_SECRET", "of the agent");
    tools =
        McpTools.start(
            Files.writeString(directory.resolve("mcp.json"), config),
            new McpHost(
                "boot-" + directory,
                "1",
                Duration.ofSeconds(20),
                variables::get,
                Outward.STRAIGHT));
  }

  private String program(String name, String more) {
    return "\"%s\":{\"command\":\"%s\",\"args\":[\"-XX:TieredStopAtLevel=1\",\"-cp\",\"%s\",\"%s\",\"%s\"]%s}"
        .formatted(
            name,
            Path.of(System.getProperty("java.home"), "bin", "java"),
            System.getProperty("java.class.path"),
            McpStand.class.getName(),
            directory.resolve("environment"),
            more);
  }

  private List<String> ids() {
    return tools.tools().stream().map(Tool::id).toList();
  }

  private ToolCall call(String id, String input, int timeoutMs, Cancellation cancellation) {
    var invoke = TestGateway.shell("r", 1, "", timeoutMs);
    return new ToolCall(id, RawJson.of(input), invoke, null, null, cancellation);
  }

  private String use(String id, String input) throws Exception {
    return tools.use(call(id, input, 20_000, new Cancellation())).text();
  }

  private String error(ToolCall call) {
    return catchThrowableOfType(ToolFailed.class, () -> tools.use(call)).error();
  }

  private String error(String id) {
    return error(call(id, "{}", 20_000, new Cancellation()));
  }

  @Test
  void aProgramsToolsAreUsedAndItsEnvironmentIsNotTheAgents() throws Exception {
    variables.put("THEIR_KEY", "sk-1");
    start("{\"mcpServers\":{" + program("one", ",\"env\":{\"KEY\":\"a-${THEIR_KEY}\"}") + "}}");
    Eventually.is("it is there", () -> !ids().isEmpty());

    assertThat(ids())
        .containsExactly("mcp.one.echo", "mcp.one.fail", "mcp.one.hang", "mcp.one.die");
    assertThat(tools.tools().getFirst().description()).isEqualTo("It does echo");
    assertThat(tools.tools().getFirst().inputSchema().text()).contains("\"properties\"");
    assertThat(use("mcp.one.echo", "{\"text\":\"hi\"}")).isEqualTo("\"You said: hi\"");
    assertThat(error("mcp.one.fail")).isEqualTo("MCP_TOOL_FAILED:It cannot be done");
    assertThat(error("mcp.one.none")).isEqualTo("TOOL_NOT_SUPPORTED:mcp.one.none");
    assertThat(error("mcp.two.echo")).isEqualTo("TOOL_NOT_SUPPORTED:mcp.two.echo");
    assertThat(error(call("mcp.one.echo", "[]", 20_000, new Cancellation())))
        .isEqualTo("INVALID_TOOL_INPUT:must be an object");
    assertThat(Files.readString(directory.resolve("environment")))
        .contains("KEY=a-sk-1")
        .doesNotContain("of the agent");
  }

  @Test
  void whatDoesNotAnswerEndsWithItsTimeOrItsCancellation() throws Exception {
    start("{\"mcpServers\":{" + program("one", "") + "}}");
    Eventually.is("it is there", () -> !ids().isEmpty());
    var cancellation = new Cancellation();
    var cancelled = new CompletableFuture<String>();
    Thread.ofVirtual()
        .start(() -> cancelled.complete(error(call("mcp.one.hang", "{}", 20_000, cancellation))));

    assertThat(error(call("mcp.one.hang", "{}", 1_000, new Cancellation())))
        .isEqualTo("NODE_EXECUTION_TIMEOUT");
    cancellation.cancel();

    assertThat(cancelled.get(5, TimeUnit.SECONDS)).isEqualTo("DISPATCH_CANCELED");
    assertThat(use("mcp.one.echo", "{\"text\":\"still\"}")).contains("still");
  }

  @Test
  void aProgramThatDiesIsWithdrawnAndStartedAgain() throws Exception {
    start("{\"mcpServers\":{" + program("one", "") + "}}");
    Eventually.is("it is there", () -> !ids().isEmpty());

    assertThat(error("mcp.one.die")).isEqualTo("MCP_SERVER_UNAVAILABLE:one");

    assertThat(error("mcp.one.echo")).isEqualTo("MCP_SERVER_UNAVAILABLE:one");
    assertThat(ids()).isEmpty();
    Eventually.is("it is there again", () -> !ids().isEmpty());
    assertThat(use("mcp.one.echo", "{\"text\":\"again\"}")).contains("again");
  }

  @Test
  void anAddressIsCalledWithItsHeaders() throws Exception {
    variables.put("THEIR_KEY", "sk-2");
    try (var http = new McpStand.Http()) {
      start(
          "{\"mcpServers\":{\"web\":{\"type\":\"http\",\"url\":\"%s\",\"headers\":%s}}}"
              .formatted(http.url(), "{\"Authorization\":\"Bearer ${THEIR_KEY}\"}"));
      Eventually.is("it is there", () -> !ids().isEmpty());

      assertThat(use("mcp.web.echo", "{\"text\":\"hi\"}")).isEqualTo("\"You said: hi\"");
      assertThat(http.asked()).containsOnly("Bearer sk-2");
    }
  }

  @Test
  void aServerThatIsWrongIsLeftOutAndTheOthersGoOn() throws Exception {
    var file =
        Files.writeString(
            directory.resolve("mcp.json"),
            """
            {"mcpServers": {
              "good": {"command": "x", "args": ["${HOME}"]},
              "off": {"command": "x", "disabled": true},
              "vespid": {"command": "x"},
              "a.b": {"command": "x"},
              "both": {"command": "x", "url": "http://h"},
              "neither": {},
              "old": {"type": "sse", "url": "http://h"},
              "unset": {"command": "x", "env": {"A": "${NOBODY_SETS_THIS}"}}
            }}
            """);

    var config = McpConfig.read(file, Map.of("HOME", "/h")::get);

    assertThat(config.servers())
        .containsExactly(new McpEntry.Stdio("good", "x", List.of("/h"), Map.of()));
    assertThat(config.problems())
        .hasSize(6)
        .contains("MCP_ENV_NOT_SET:NOBODY_SETS_THIS")
        .anyMatch(problem -> problem.startsWith("MCP_SERVER_INVALID:vespid"));
    assertThat(McpConfig.read(directory.resolve("none"), variables::get).problems().getFirst())
        .startsWith("MCP_CONFIG_READ_FAILED");
    Files.writeString(file, "{");
    assertThat(McpConfig.read(file, variables::get).problems().getFirst())
        .startsWith("MCP_CONFIG_INVALID_JSON");
  }
}
