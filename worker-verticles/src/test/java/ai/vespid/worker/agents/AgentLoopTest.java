package ai.vespid.worker.agents;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.engine.Inference;
import ai.vespid.protocol.workflow.NodeConfig.AgentExecute;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What an agent does, and where it stops. */
final class AgentLoopTest {
  private final AgentRig rig = new AgentRig();

  @AfterEach
  void close() {
    rig.close();
  }

  @Test
  void usesAToolAndAnswersWithWhatItSaw() {
    rig.wants("shell.run", "{\"script\":\"echo 42\"}");
    rig.says("It is 42.");
    var output = rig.output(rig.run("{}"));

    assertThat(output.getString("content")).isEqualTo("It is 42.");
    assertThat(output.getJsonObject("_meta"))
        .isEqualTo(
            new JsonObject(
                """
                {"engineId":"llm.openai","model":"m","turns":2,"toolCalls":1,
                 "usage":{"inputTokens":20,"outputTokens":4}}
                """));
    var task = ((AgentExecute) rig.used.getFirst().config());
    assertThat(task.task().script()).isEqualTo("echo 42");
    assertThat(rig.used.getFirst().id()).startsWith("think:tool:0:");
    assertThat(rig.asked.getFirst().said().toString()).contains("Work.", "{\"n\":6}");
    assertThat(rig.asked.getLast().said().getLast())
        .isEqualTo(new Inference.ToolResult("c-0", "shell.run", false, "{\"stdout\":\"42\"}"));
    assertThat(rig.told)
        .extracting(step -> step.substring(0, step.indexOf(' ')))
        .containsExactly(
            "agent.start",
            "agent.turn_started",
            "agent.tool_call",
            "agent.tool_result",
            "agent.turn_started",
            "agent.assistant_message",
            "agent.final");
  }

  @Test
  void usesNoToolThatIsNotOnItsList() {
    rig.wants("connector.github.issue.create", "{}");
    rig.wants("shell.run", "{\"scripd\":1}");
    rig.says("Then not.");
    rig.output(rig.run("{}"));

    assertThat(rig.used).isEmpty();
    assertThat(rig.told.toString())
        .contains("TOOL_NOT_ALLOWED:connector.github.issue.create", "INVALID_TOOL_INPUT");
  }

  @Test
  void runsNoScriptOutsideOfAnExecutor() {
    rig.wants("shell.run", "{\"script\":\"id\"}");
    rig.says("Then not.");
    rig.output(rig.run("{\"tools\": {\"allow\": [\"shell.run\"], \"execution\": \"cloud\"}}"));

    assertThat(rig.used).isEmpty();
    assertThat(rig.told.toString()).contains("SHELL_TOOL_REQUIRES_EXECUTOR_EXECUTION");
  }

  @Test
  void stopsAtItsLimits() {
    for (int i = 0; i < 3; i++) rig.wants("shell.run", "{\"script\":\"" + i + "\"}");
    assertThat(rig.run("{\"limits\": {\"maxTurns\": 2}}").error()).isEqualTo("AGENT_MAX_TURNS");
    rig.answers.clear();
    for (int i = 0; i < 3; i++) rig.wants("shell.run", "{\"script\":\"" + i + "\"}");
    assertThat(rig.run("{\"limits\": {\"maxToolCalls\": 1}}").error())
        .isEqualTo("AGENT_MAX_TOOL_CALLS");
    rig.answers.clear();
    rig.kept.clear();
    assertThat(rig.run("{}", 400).error()).isEqualTo("LLM_TIMEOUT");
  }

  @Test
  void thinksNoMoreWhenNobodyWantsTheAnswer() {
    rig.wanted = false;
    assertThat(rig.run("{}").error()).isEqualTo("RUN_CANCELED");
    assertThat(rig.asked).isEmpty();
  }

  @Test
  void leavesOutTheOldestOfWhatDoesNotFitButNeverItsInstructions() {
    rig.toolAnswers = DispatchResult.succeeded(RawJson.from("x".repeat(900)));
    for (int i = 0; i < 4; i++) rig.wants("shell.run", "{\"script\":\"" + i + "\"}");
    rig.says("done");
    rig.output(rig.run("{\"limits\": {\"maxRuntimeChars\": 2048}}"));

    var last = rig.asked.getLast();
    assertThat(last.said().getFirst().toString()).contains("Work.");
    assertThat(last.said().stream().mapToInt(Inference.Said::chars).sum()).isLessThan(2_048);
    assertThat(last.said().get(1)).isInstanceOf(Inference.Assistant.class);
  }

  private static final String JSON =
      """
      {"output": {"mode": "json", "jsonSchema": {"type": "object", "required": ["answer"],
       "properties": {"answer": {"type": "integer"}}}}}
      """;

  @Test
  void answersWithJsonThatFitsTheSchema() {
    rig.says("Here it is:\n```json\n{\"answer\": 42}\n```\nGood luck!");
    var output = rig.output(rig.run(JSON));

    assertThat(output.getInteger("answer")).isEqualTo(42);
    assertThat(output.getJsonObject("_meta").getInteger("turns")).isEqualTo(1);
    assertThat(rig.asked.getFirst().said().getFirst().toString()).contains("\"integer\"");
  }

  @Test
  void givesAnAnswerBackThatDoesNotFitAndFailsOneThatNeverDoes() {
    rig.says("{\"answer\": \"many\"}");
    rig.says("{\"answer\": 42}");
    assertThat(rig.output(rig.run(JSON)).getInteger("answer")).isEqualTo(42);
    for (int i = 0; i < 3; i++) rig.says("I would rather not.");

    assertThat(rig.run(JSON).error()).isEqualTo("INVALID_AGENT_JSON_OUTPUT");
    rig.says("{}");
    assertThat(
            rig.run("{\"output\": {\"mode\": \"json\", \"jsonSchema\": {\"$ref\": \"#/nowhere\"}}}")
                .error())
        .isEqualTo("INVALID_JSON_SCHEMA");
  }

  @Test
  void letsATeammateWorkWithTheToolsThatBothMayUse() {
    rig.wants("team.delegate", "{\"teammateId\":\"reader\",\"input\":\"the file\"}");
    rig.wants("shell.run", "{\"script\":\"cat file\"}");
    rig.says("It says 42.");
    rig.says("The reader found 42.");
    var output = rig.output(rig.run(AgentRig.TEAM));

    assertThat(output.getString("content")).isEqualTo("The reader found 42.");
    assertThat(rig.asked.get(0).tools())
        .extracting(Inference.Tool::id)
        .containsExactly("team.delegate", "team.map");
    assertThat(rig.asked.get(1).said().getFirst().toString()).contains("Read \"the file\".");
    assertThat(rig.asked.get(1).tools())
        .extracting(Inference.Tool::id)
        .containsExactly("shell.run");
    assertThat(rig.used.getFirst().id()).startsWith("think:team:reader-0:tool:0:");
    assertThat(rig.told.toString()).contains("\"teammate\":\"reader-0\"");
  }

  @Test
  void letsManyTeammatesWorkAtOnceAndTellsWhatCameOfEach() {
    rig.wants(
        "team.map",
        """
        {"tasks":[{"teammateId":"reader","input":"a"},{"teammateId":"writer","input":"b"},\
        {"teammateId":"nobody","input":"c"}]}\
        """);
    rig.says("one");
    rig.says("two");
    rig.says("all done");
    rig.output(rig.run(AgentRig.TEAM));
    var result = ((Inference.ToolResult) rig.asked.getLast().said().getLast()).text();

    assertThat(result).contains("one", "two", "TEAMMATE_NOT_FOUND:nobody");
  }

  @Test
  void hearsNoMoreThanAnAnswerMayHave() {
    rig.says("x".repeat(300) + "y".repeat(300));
    var output = rig.output(rig.run("{\"limits\": {\"maxOutputChars\": 300}}"));

    assertThat(output.getString("content")).isEqualTo("x".repeat(300));
  }

  @Test
  void asksAHostWhatItsOwnToolsAreAndUsesThem() {
    rig.toolAnswers =
        DispatchResult.succeeded(
            RawJson.of(
                """
                {"tools":[{"id":"skill.pdf","description":"Makes a PDF.","inputSchema":{}},
                  {"id":"mcp.x.y","description":"y","inputSchema":{}}]}
                """));
    rig.wants("skill.pdf", "{\"file\":\"a\"}");
    rig.wants("mcp.x.y", "{}");
    rig.says("done");
    rig.output(rig.run("{\"tools\": {\"allow\": [\"skill.*\"], \"execution\": \"executor\"}}"));

    assertThat(rig.asked.getFirst().tools())
        .extracting(Inference.Tool::id)
        .containsExactly("skill.pdf");
    assertThat(rig.used).hasSize(2);
    assertThat(rig.used.getFirst().written().text()).contains("\"type\":\"tools\"", "skill.*");
    assertThat(rig.used.getLast().written().text()).contains("\"toolId\":\"skill.pdf\"");
    assertThat(rig.used.getLast().config().remote()).isTrue();
    assertThat(rig.told.toString()).contains("TOOL_NOT_ALLOWED:mcp.x.y");
  }

  @Test
  void aLeadThatOnlyDelegatesUsesNoToolItself() {
    rig.wants("shell.run", "{\"script\":\"id\"}");
    rig.says("Then not.");
    rig.output(
        rig.run(
            AgentRig.TEAM.strip().replaceFirst("}$", "")
                + ", \"tools\": {\"allow\": [\"shell.run\"], \"execution\": \"executor\"}}"));

    assertThat(rig.used).isEmpty();
    assertThat(rig.told.toString()).contains("TOOL_NOT_ALLOWED:shell.run");
  }

  @Test
  void hasNobodyToDelegateToWithoutATeam() {
    rig.wants("team.delegate", "{\"teammateId\":\"reader\",\"input\":\"x\"}");
    rig.says("Then not.");
    rig.output(rig.run("{\"tools\": {\"allow\": [\"team.delegate\"]}}"));

    assertThat(rig.told.toString()).contains("TEAM_NOT_CONFIGURED");
  }
}
