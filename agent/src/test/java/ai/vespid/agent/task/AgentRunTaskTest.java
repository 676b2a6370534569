package ai.vespid.agent.task;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.agent.TestGateway;
import ai.vespid.agent.engine.EngineSettings;
import ai.vespid.agent.engine.NodeEngines;
import ai.vespid.agent.engine.StandIn;
import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.agent.sandbox.HostSandbox;
import ai.vespid.agent.sandbox.Sandboxes;
import ai.vespid.agent.settings.Settings;
import ai.vespid.agent.tool.Tools;
import ai.vespid.agent.workspace.WorkspaceCache;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.ResultStatus;
import ai.vespid.protocol.executor.ExecutorFrame.ToolResult;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AgentRunTaskTest {
  @TempDir Path directory;

  private final List<RawJson> told = new ArrayList<>();
  private Path bin;
  private NodeEngines engines;
  private TaskRunner runner;

  @BeforeEach
  void assemble() throws Exception {
    bin = directory.resolve("bin");
    StandIn.install(bin);
    var variables = Map.of("PATH", bin + ":" + System.getenv("PATH"), "HOME", "" + directory);
    engines =
        new NodeEngines(
            EngineSettings.of(Settings.empty()),
            "boot",
            directory.resolve("scratch"),
            variables::get);
    engines.probe();
    runner = runner(Sandboxes.only(new HostSandbox("boot", 300, 4_096, System::getenv)));
  }

  private TaskRunner runner(Sandboxes sandboxes) throws Exception {
    var cache = new WorkspaceCache(directory.resolve("ws"), WorkspaceCache.Limits.defaults());
    return new TaskRunner(sandboxes, Map.of(), cache, engines, Tools.none());
  }

  private static String payload(String config, String more) {
    return "{\"nodeId\":\"n\",\"node\":{\"id\":\"n\",\"type\":\"agent.run\",\"config\":%s}%s}"
        .formatted(config, more)
        .replace('\'', '"');
  }

  private static String config(String more) {
    return "{'engine':{'id':'gateway.claude.v2'},'prompt':{'instructions':'Say hello'}%s}"
        .formatted(more);
  }

  private ToolResult run(String payload, String secret) {
    var draft = TestGateway.invoke("r", 1, Kind.AGENT_RUN, RawJson.of(payload));
    return runner.run(draft.withSecret(secret), new Cancellation(), told::add);
  }

  private ToolResult run(String payload) {
    return run(payload, null);
  }

  private String prompt() throws Exception {
    return Files.readString(bin.resolve("prompt"));
  }

  @Test
  void theResultHasTheShapeOfTheContract() {
    var result = run(payload(config(""), ""));

    assertThat(result.error()).isNull();
    assertThat(result.status()).isEqualTo(ResultStatus.SUCCEEDED);
    var output = Json.read(result.output().bytes(), JsonNode.class);
    assertThat(output.path("text").asText()).isEqualTo("You said: Say hello \n");
    assertThat(output.path("toolResults").isArray()).isTrue();
    assertThat(output.path("raw").path("stdout").asText()).contains("\"type\":\"result\"");
    assertThat(output.path("raw").path("stderr").asText()).isEmpty();
    assertThat(output.path("_meta").path("engine").asText()).isEqualTo("gateway.claude.v2");
    assertThat(output.path("_meta").path("model").asText()).isEqualTo("claude-x");
    assertThat(output.path("_meta").path("turns").asInt()).isOne();
    assertThat(told.getFirst().text()).contains("agent.start");
    assertThat(told.getLast().text()).contains("agent.final");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{'nodeId':'n'}",
        "{'nodeId':'n','node':{}}",
        "{'nodeId':'n','node':{'config':{'engine':{'id':'gateway.claude.v2'}}}}",
        "{'nodeId':'n','node':{'config':{'prompt':{'instructions':'x'}}}}",
        "{'nodeId':'n','node':{'config':{'engine':{'id':'gateway.claude.v2','model':'-x'},"
            + "'prompt':{'instructions':'x'}}}}",
        "{'nodeId':'n','node':{'config':{'engine':{'id':'gateway.claude.v2'},"
            + "'prompt':{'instructions':'x'},'limits':{'maxTurns':0}}}}"
      })
  void aPayloadThatIsNoneHasItsCodeAndStartsNothing(String payload) {
    assertThat(run(payload.replace('\'', '"')).error()).isEqualTo("INVALID_AGENT_RUN_PAYLOAD");
    assertThat(bin.resolve("runs")).doesNotExist();
  }

  @Test
  void theInputStandsInABlockOfItsOwn() throws Exception {
    run(payload(config(""), ",'runInput':{'a':1}"));

    assertThat(prompt()).isEqualTo("Say hello\n\nInput:\n{\"a\":1}");
  }

  @Test
  void aTemplateSaysWhereInputAndStepsStand() throws Exception {
    var prompt =
        "{'system':'Be kind.','instructions':'Go.','inputTemplate':'In {{input}} of {{steps}}{{'}";
    var config = "{'engine':{'id':'gateway.claude.v2'},'prompt':%s}".formatted(prompt);

    run(payload(config, ",'runInput':'{{steps}}','steps':[1,{'b':2}]"));

    assertThat(prompt()).isEqualTo("Be kind.\n\nGo.\n\nIn \"{{steps}}\" of [1,{\"b\":2}]{{");
  }

  @Test
  void theFirstGenerationsPayloadIsUnderstood() throws Exception {
    var config =
        "{'engine':{'id':'codex.sdk.v1'},'llm':{'provider':'openai','model':'gpt-5'},"
            + "'prompt':{'instructions':'x'}}";

    assertThat(run(payload(config, "")).error()).isNull();
    assertThat(Files.readAllLines(bin.resolve("arguments"))).contains("gpt-5");
  }

  @Test
  void withoutTheShellAmongItsToolsItSeesNoFileAndMayDoNothing() throws Exception {
    run(payload(config(""), ""));

    assertThat(Files.readString(bin.resolve("directory"))).contains("scratch");
    assertThat(Files.readAllLines(bin.resolve("arguments"))).doesNotContain("--allowedTools");
    assertThat(run(payload(config("").replace("Say hello", "TOOL"), "")).error())
        .isEqualTo("TOOL_NOT_ALLOWED:Bash");
  }

  @Test
  void withTheShellItWorksInTheRunsFilesAndWhatItChangedIsStored() throws Exception {
    var config = config(",'tools':{'allow':['shell.run']}").replace("Say hello", "WRITE");

    var result = run(payload(config, ""));

    assertThat(Files.readString(bin.resolve("directory"))).contains("ws");
    // Nobody listens at the address of the test's invoke: it tried to store the files.
    assertThat(result.error()).startsWith("WORKSPACE_UPLOAD_FAILED");
  }

  @Test
  void anAgentThatKeepsScriptsInContainersLetsNoEngineWorkOutside() throws Exception {
    runner = runner(new Sandboxes(List.of(), "docker", Set.of()));
    var config = config(",'tools':{'allow':['shell.run']}");

    assertThat(run(payload(config, "")).error()).isEqualTo("TOOL_NOT_ALLOWED:shell.run");
    assertThat(run(payload(config(""), "")).error()).isNull();
  }

  @Test
  void whoMeantAKeyNeverGetsTheLoginOfThisMachine() throws Exception {
    var empty = ",'resolvedSecrets':{'engine':'','connectors':{}}";
    var named = ",'secretRefs':{'engineSecretId':'22222222-2222-4222-8222-222222222222'}";

    assertThat(run(payload(config(""), empty)).error()).isEqualTo("SECRET_REQUIRED");
    assertThat(run(payload(config(""), named)).error()).isEqualTo("SECRET_REQUIRED");
    assertThat(bin.resolve("runs")).doesNotExist();
    assertThat(run(payload(config(""), named), "sk-theirs").error()).isNull();
    assertThat(Files.readString(bin.resolve("environment"))).contains("sk-theirs");
  }

  @Test
  void anAddressWithoutAKeyIsNotUsedWithTheLoginOfThisMachine() throws Exception {
    run(payload(config(""), ",'resolvedRuntime':{'baseUrl':'http://thief.example'}"));

    assertThat(Files.readString(bin.resolve("environment"))).doesNotContain("thief");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{'a':1} |",
        "```json\\n{'a':1}\\n``` |",
        "no json | INVALID_AGENT_JSON_OUTPUT:body: malformed JSON at line 1, column 1",
        "{'b':1} | INVALID_AGENT_JSON_OUTPUT: required property 'a' not found"
      })
  void anAnswerThatShallBeJsonIsThatAndFitsItsSchema(String said, String error) throws Exception {
    var answer = said.replace('\'', '"').replace("\"", "\\\"");
    var line = "{\"type\":\"result\",\"subtype\":\"success\",\"result\":\"" + answer + "\"}";
    Files.writeString(
        bin.resolve("claude"),
        "#!/bin/sh\ncat > '" + bin + "/prompt'\ncat << 'X'\n" + line + "\nX\n");
    var schema = ",'output':{'mode':'json','jsonSchema':{'type':'object','required':['a']}}";

    var result = run(payload(config(schema), ""));

    assertThat(result.error()).isEqualTo(error);
    if (error == null) assertThat(result.output().text()).contains("\"json\":{\"a\":1}");
    assertThat(prompt()).contains("one JSON value", "{\"type\":\"object\",\"required\":[\"a\"]}");
  }

  @Test
  void aSchemaThatIsNoneIsToldBeforeAnythingIsAsked() {
    var output = ",'output':{'mode':'json','jsonSchema':{'type':7}}";

    assertThat(run(payload(config(output), "")).error()).isEqualTo("INVALID_JSON_SCHEMA");
    assertThat(bin.resolve("runs")).doesNotExist();
  }
}
