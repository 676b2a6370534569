package ai.vespid.agent.task;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.agent.TestGateway;
import ai.vespid.agent.connector.ActionCall;
import ai.vespid.agent.connector.Connector;
import ai.vespid.agent.engine.NodeEngines;
import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.agent.sandbox.HostSandbox;
import ai.vespid.agent.sandbox.Sandboxes;
import ai.vespid.agent.tool.Tools;
import ai.vespid.agent.workspace.WorkspaceCache;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.ResultStatus;
import ai.vespid.protocol.executor.ExecutorFrame.ToolResult;
import ai.vespid.protocol.executor.GatewayFrame.InvokeTool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TaskRunnerTest {
  @TempDir Path directory;

  private TaskRunner runner;

  /** Answers with what it was given. */
  private static final class Echo implements Connector {
    @Override
    public String id() {
      return "echo";
    }

    @Override
    public Set<String> actions() {
      return Set.of("say");
    }

    @Override
    public RawJson run(ActionCall call) {
      return call.input();
    }
  }

  @BeforeEach
  void assemble() throws IOException {
    var sandbox = new HostSandbox("boot", 300, 4_096, System::getenv);
    var cache = new WorkspaceCache(directory, WorkspaceCache.Limits.defaults());
    runner =
        new TaskRunner(
            Sandboxes.only(sandbox),
            Map.of("echo", new Echo()),
            cache,
            NodeEngines.none(),
            Tools.none());
  }

  private static InvokeTool invoke(Kind kind, String payload) {
    return TestGateway.invoke("r", 1, kind, RawJson.of(payload)).of(TestGateway.ORGANIZATION);
  }

  private ToolResult run(Kind kind, String payload) {
    return runner.run(invoke(kind, payload), new Cancellation(), _ -> {});
  }

  private ToolResult execute(String config) {
    return run(
        Kind.AGENT_EXECUTE,
        "{\"nodeId\":\"n1\",\"node\":{\"id\":\"n1\",\"type\":\"agent.execute\",\"config\":%s}}"
            .formatted(config));
  }

  @Test
  void withoutATaskItIsOnlyAccepted() {
    var result = run(Kind.AGENT_EXECUTE, "{\"nodeId\":\"n1\",\"runId\":\"x\"}");

    assertThat(result.status()).isEqualTo(ResultStatus.SUCCEEDED);
    assertThat(result.output().text())
        .contains("\"accepted\":true", "\"taskId\":\"n1-remote-task\"");
    assertThat(result.workspace()).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "[]",
        "{\"nodeId\":\"\"}",
        "{\"nodeId\":7}",
        "{\"nodeId\":\"n\",\"node\":{\"config\":{\"task\":{\"type\":\"python\",\"script\":\"x\"}}}}",
        "{\"nodeId\":\"n\",\"node\":{\"config\":{\"task\":{\"type\":\"shell\"}}}}",
        "{\"nodeId\":\"n\",\"node\":{\"config\":{\"task\":"
            + "{\"type\":\"shell\",\"script\":\"x\",\"shell\":\"zsh\"}}}}",
        "{\"nodeId\":\"n\",\"node\":{\"config\":{\"task\":"
            + "{\"type\":\"shell\",\"script\":\"x\",\"env\":{\"A\":null}}}}}"
      })
  void aPayloadThatIsNoneHasItsCode(String payload) {
    assertThat(run(Kind.AGENT_EXECUTE, payload).error()).isEqualTo("INVALID_EXECUTE_PAYLOAD");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'task':{'type':'shell','script':'true'}} |",
        "{'task':{'type':'shell','script':'exit 9'}} | HOST_EXIT_CODE:9",
        "{'task':{'type':'shell','script':'true'},'sandbox':{'backend':'docker'}}"
            + " | SANDBOX_BACKEND_UNAVAILABLE:docker",
        "{'task':{'type':'shell','script':'true'},'sandbox':{'network':'none'}}"
            + " | HOST_NETWORK_MODE_UNSUPPORTED",
        "{'task':{'type':'shell','script':'true'},'sandbox':{'network':'enabled'}} |",
        "{'task':{'type':'shell','script':'true','allow':['shell.run']}} |",
        "{'task':{'type':'shell','script':'true','allow':['skill.*']}}"
            + " | TOOL_NOT_ALLOWED:shell.run",
        "{'task':{'type':'shell','script':'true','allow':[]}} | TOOL_NOT_ALLOWED:shell.run"
      },
      quoteCharacter = '~')
  void theTaskAndItsSandboxDecideTheEnd(String config, String error) {
    assertThat(execute(config.replace('\'', '"')).error()).isEqualTo(error);
  }

  @Test
  void anActionIsHeldAgainstTheToolsOfWhoeverWantsIt() {
    var action = "{\"connectorId\":\"echo\",\"actionId\":\"say\",\"allow\":[%s]}";

    assertThat(run(Kind.CONNECTOR_ACTION, action.formatted("\"shell.run\"")).error())
        .isEqualTo("TOOL_NOT_ALLOWED:connector.echo.say");
    assertThat(run(Kind.CONNECTOR_ACTION, action.formatted("\"connector.echo.say\"")).error())
        .isNull();
    assertThat(run(Kind.CONNECTOR_ACTION, action.formatted("\"connector.action\"")).error())
        .isNull();
  }

  @Test
  void aShellTaskGetsNoSecret() {
    var payload = RawJson.of("{\"nodeId\":\"n\"}");
    var invoke = TestGateway.invoke("r", 1, Kind.AGENT_EXECUTE, payload).withSecret("s");

    assertThat(runner.run(invoke, new Cancellation(), _ -> {}).error())
        .isEqualTo("SECRET_NOT_ALLOWED_FOR_SHELL");
  }

  @Test
  void aTimeoutHasItsCodeAndKeepsTheOutput() {
    var invoke = TestGateway.shell("r", 1, "echo before; sleep 300", 1_000);

    var result = runner.run(invoke, new Cancellation(), _ -> {});

    assertThat(result.error()).isEqualTo("NODE_EXECUTION_TIMEOUT");
    assertThat(result.output().text())
        .contains("\"stdout\":\"before\\n\"", "\"timedOut\":true", "\"exitCode\":null");
  }

  @Test
  void outputWithoutEndCostsNoMoreThanItsBound() {
    var result = runner.run(TestGateway.shell("r", 1, "yes", 1_500), new Cancellation(), _ -> {});

    assertThat(result.error()).isEqualTo("NODE_EXECUTION_TIMEOUT");
    assertThat(result.output().text()).contains("\"stdoutTruncated\":true");
    assertThat(result.output().size()).isLessThan(10_000);
  }

  @Test
  void theFilesOfATaskAreGoneAfterwards() throws IOException {
    // Read only directories, too: build tools leave such.
    execute(
        "{\"task\":{\"type\":\"shell\",\"script\":\"mkdir a; touch a/b; chmod 500 a; false\"}}");

    try (var files = Files.walk(directory.resolve("checkouts"))) {
      assertThat(files.map(Path::getFileName).map(Path::toString))
          .noneMatch(name -> name.startsWith("task-"));
    }
  }

  @Test
  void aConnectorIsFoundByItsNameAndAction() {
    assertThat(run(Kind.CONNECTOR_ACTION, action("echo", "say")).output().text())
        .isEqualTo("{\"x\": 1}");
    assertThat(run(Kind.CONNECTOR_ACTION, action("echo", "shout")).error())
        .isEqualTo("ACTION_NOT_SUPPORTED:echo:shout");
    assertThat(run(Kind.CONNECTOR_ACTION, action("none", "say")).error())
        .isEqualTo("ACTION_NOT_SUPPORTED:none:say");
    assertThat(run(Kind.CONNECTOR_ACTION, "{\"connectorId\":1}").error())
        .isEqualTo("INVALID_ACTION_PAYLOAD");
  }

  private static String action(String connector, String action) {
    return "{\"connectorId\":\"%s\",\"actionId\":\"%s\",\"input\":{\"x\": 1}}"
        .formatted(connector, action);
  }
}
