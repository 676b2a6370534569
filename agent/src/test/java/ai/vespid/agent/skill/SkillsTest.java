package ai.vespid.agent.skill;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.agent.TestGateway;
import ai.vespid.agent.engine.NodeEngines;
import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.agent.sandbox.HostSandbox;
import ai.vespid.agent.sandbox.Sandboxes;
import ai.vespid.agent.task.TaskRunner;
import ai.vespid.agent.tool.Tools;
import ai.vespid.agent.workspace.WorkspaceCache;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.executor.ExecutorFrame.ToolResult;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Skills as a dispatch uses them. */
class SkillsTest {
  @TempDir Path directory;

  private Path folder;
  private TaskRunner runner;

  @BeforeEach
  void assemble() throws IOException {
    folder = Files.createDirectories(directory.resolve("skills"));
    runner = runner(List.of("*"));
  }

  private TaskRunner runner(List<String> allow) throws IOException {
    var sandboxes =
        Sandboxes.only(
            new HostSandbox(
                "boot", 300, 65_536, Map.of("MINE", "yes", "PATH", System.getenv("PATH"))::get));
    var cache = new WorkspaceCache(directory.resolve("ws"), WorkspaceCache.Limits.defaults());
    var tools = new Tools(List.of(new Skills(folder, sandboxes)), allow);
    return new TaskRunner(sandboxes, Map.of(), cache, NodeEngines.none(), tools);
  }

  private Path skill(String id, String more, String script) throws IOException {
    var own = Files.createDirectories(folder.resolve(id));
    var manifest =
        "{'id':'%s','version':'1','description':'Does it.','entrypoint':'bin/run','runtime':'shell',"
            + "'inputSchema':{'type':'object','required':['n'],'properties':{'n':{'type':'integer'}}},"
            + "'outputMode':'json'%s}";
    Files.writeString(own.resolve("skill.json"), manifest.formatted(id, more).replace('\'', '"'));
    Files.createDirectories(own.resolve("bin"));
    Files.writeString(own.resolve("bin/run"), script);
    return own;
  }

  private ToolResult run(String task) {
    var payload =
        "{\"nodeId\":\"tool\",\"node\":{\"config\":{\"task\":%s}}}"
            .formatted(task.replace('\'', '"'));
    return runner.run(
        TestGateway.invoke("run-1:node-2:3", 1, Kind.AGENT_EXECUTE, RawJson.of(payload))
            .of(TestGateway.ORGANIZATION),
        new Cancellation(),
        _ -> {});
  }

  private ToolResult use(String id, String input) {
    return run("{'type':'tool','toolId':'%s','input':%s,'allow':['skill.*']}".formatted(id, input));
  }

  @Test
  void aSkillGetsItsInputAndItsOutputIsTheResult() throws Exception {
    skill(
        "double-it",
        "",
        """
        read -r input
        [ "$input" = "$(cat "$VESPID_SKILL_INPUT_PATH")" ] || exit 1
        printf '{"in":%s,"id":"%s","run":"%s","node":"%s","org":"%s","mine":"%s"}' \
          "$input" "$VESPID_SKILL_ID" "$VESPID_RUN_ID" "$VESPID_NODE_ID" "$VESPID_ORG_ID" "$MINE"
        """);

    var result = use("skill.double-it", "{'n':2}");

    assertThat(result.error()).isNull();
    var output = Json.read(result.output().bytes(), JsonNode.class);
    assertThat(output.path("in").path("n").asInt()).isEqualTo(2);
    assertThat(output.path("id").asText()).isEqualTo("double-it");
    assertThat(output.path("run").asText()).isEqualTo("run-1");
    assertThat(output.path("node").asText()).isEqualTo("node-2");
    assertThat(output.path("org").asText()).isEqualTo(TestGateway.ORGANIZATION);
    assertThat(output.path("mine").asText()).isEmpty();
    // Nothing of it is left among the run's files, so there was nothing to store.
    assertThat(result.workspace()).isNull();
  }

  @Test
  void aVariableOfTheAgentIsPassedOnlyWhereTheSkillNamesIt() throws Exception {
    skill("s", ",'sandbox':{'envPassthroughAllowlist':['MINE']}", "printf '\"%s\"' \"$MINE\"");

    assertThat(use("skill.s", "{'n':1}").output().text()).isEqualTo("\"yes\"");
  }

  @Test
  void anInputThatDoesNotFitStartsNothing() throws Exception {
    skill("s", "", "touch " + directory.resolve("ran") + "; echo 1");

    assertThat(use("skill.s", "{'n':'x'}").error())
        .startsWith("INVALID_SKILL_INPUT:/n ")
        .contains("integer");
    assertThat(use("skill.s", "{}").error()).startsWith("INVALID_SKILL_INPUT:");
    assertThat(directory.resolve("ran")).doesNotExist();
  }

  @Test
  void howASkillFailsIsTold() throws Exception {
    skill("exits", "", "echo why >&2; exit 4");
    skill("slow", ",'sandbox':{'timeoutMs':1000}", "sleep 300");
    skill("chatty", "", "echo no json");
    skill("caged", ",'sandbox':{'network':'none'}", "echo 1");
    skill("boxed", ",'sandbox':{'backend':'docker'}", "echo 1");
    Files.delete(skill("empty", "", "").resolve("bin/run"));
    var linked = skill("linked", "", "echo 1");
    Files.createSymbolicLink(linked.resolve("etc"), Path.of("/etc"));

    assertThat(use("skill.exits", "{'n':1}").error()).isEqualTo("HOST_EXIT_CODE:4");
    assertThat(use("skill.exits", "{'n':1}").output().text()).contains("why");
    assertThat(use("skill.slow", "{'n':1}").error()).isEqualTo("NODE_EXECUTION_TIMEOUT");
    assertThat(use("skill.chatty", "{'n':1}").error()).isEqualTo("SKILL_OUTPUT_INVALID_JSON");
    assertThat(use("skill.caged", "{'n':1}").error()).isEqualTo("HOST_NETWORK_MODE_UNSUPPORTED");
    assertThat(use("skill.boxed", "{'n':1}").error())
        .isEqualTo("SANDBOX_BACKEND_UNAVAILABLE:docker");
    assertThat(use("skill.empty", "{'n':1}").error()).isEqualTo("SKILL_ENTRYPOINT_INVALID");
    assertThat(use("skill.linked", "{'n':1}").error()).isEqualTo("SKILL_SYMLINK_NOT_ALLOWED");
    assertThat(use("skill.none", "{'n':1}").error()).isEqualTo("SKILL_NOT_FOUND:none");
    assertThat(use("skill.../skills/exits", "{'n':1}").error()).startsWith("SKILL_NOT_FOUND");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'id':'other'",
        "'entrypoint':'../escape'",
        "'entrypoint':'/bin/sh'",
        "'entrypoint':'a/../../b'",
        "'entrypoint':'x; rm -rf ~'",
        "'runtime':'python'",
        "'outputMode':'xml'",
        "'sandbox':{'timeoutMs':1}",
        "'inputSchema':'text'",
        "'inputSchema':{'type':7}"
      })
  void aSkillThatIsInvalidIsNone(String wrong) throws Exception {
    var own = skill("s", "", "echo 1");
    var manifest = Files.readString(own.resolve("skill.json"));
    // Of two fields with one name the later one counts.
    Files.writeString(
        own.resolve("skill.json"),
        manifest.substring(0, manifest.length() - 1) + "," + wrong.replace('\'', '"') + "}");

    assertThat(use("skill.s", "{'n':1}").error()).isEqualTo("SKILL_NOT_FOUND:s");
    assertThat(run("{'type':'tools','allow':['*']}").output().text()).isEqualTo("{\"tools\":[]}");
  }

  @Test
  void bothTheSenderAndTheOwnerHaveToAllowATool() throws Exception {
    skill("one", "", "echo 1");
    skill("two", "", "echo 1");
    var task = "{'type':'tool','toolId':'skill.one','input':{'n':1},'allow':[%s]}";

    assertThat(run(task.formatted("")).error()).isEqualTo("TOOL_NOT_ALLOWED:skill.one");
    assertThat(run(task.formatted("'skill.two'")).error()).isEqualTo("TOOL_NOT_ALLOWED:skill.one");
    assertThat(run(task.formatted("'skill.one'")).error()).isNull();
    runner = runner(List.of("skill.two"));
    assertThat(run(task.formatted("'skill.one'")).error()).isEqualTo("TOOL_NOT_ALLOWED:skill.one");
    assertThat(run("{'type':'tools','allow':['*']}").output().text())
        .contains("skill.two")
        .doesNotContain("skill.one");
    assertThat(use("nobody.knows", "{}").error()).isEqualTo("TOOL_NOT_SUPPORTED:nobody.knows");
  }

  @Test
  void whatAnEngineIsToldOfASkillHasItsManual() throws Exception {
    var own = skill("one", "", "echo 1");
    Files.writeString(own.resolve("SKILL.md"), "# How to\n");

    var tools = run("{'type':'tools','allow':['skill.one']}").output();

    var told = Json.read(tools.bytes(), JsonNode.class).path("tools").path(0);
    assertThat(told.path("id").asText()).isEqualTo("skill.one");
    assertThat(told.path("description").asText()).isEqualTo("Does it.\n\n# How to");
    assertThat(told.path("inputSchema").path("required").path(0).asText()).isEqualTo("n");
  }
}
