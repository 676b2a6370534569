package ai.vespid.worker.agents;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.kit.engine.Engine;
import ai.vespid.kit.engine.Engines;
import ai.vespid.kit.http.Ports;
import ai.vespid.kit.node.Membership;
import ai.vespid.kit.node.Node;
import ai.vespid.kit.node.Occupancy;
import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.engine.Chunk;
import ai.vespid.protocol.engine.Inference;
import ai.vespid.protocol.workflow.AgentRun;
import ai.vespid.protocol.workflow.NodeConfig;
import ai.vespid.protocol.workflow.NodeConfig.AgentExecute;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An agent with an engine that says what the test wants. */
final class AgentLoopTest {
  private final Vertx vertx = Vertx.vertx();
  private final List<Inference> asked = new ArrayList<>();
  private final Queue<List<Chunk>> answers = new ConcurrentLinkedQueue<>();
  private final List<String> told = new ArrayList<>();
  private final List<ai.vespid.protocol.workflow.Node> used = new ArrayList<>();
  private DispatchResult toolAnswers = DispatchResult.succeeded(RawJson.of("{\"stdout\":\"42\"}"));
  private boolean wanted = true;

  @AfterEach
  void close() {
    vertx.close().await();
  }

  /** Says one answer after the other; silent when there is none left. */
  private final class Lines implements Engine {
    @Override
    public Call infer(Inference question, Consumer<Chunk> to) {
      asked.add(question);
      var next = answers.poll();
      if (next != null) vertx.setTimer(1, _ -> next.forEach(to));
      return Future::succeededFuture;
    }
  }

  private final class Steps implements AgentTask.Progress {
    @Override
    public void told(String kind, RawJson payload) {
      told.add(kind + " " + payload.text());
    }

    @Override
    public boolean wanted() {
      return wanted;
    }
  }

  private static AgentRun agent(String more) {
    var json =
        new JsonObject(
                """
                {"engine": {"id": "llm.openai", "model": "m"}, "prompt": {"instructions": "Work."},
                 "tools": {"allow": ["shell.run"], "execution": "executor"}}
                """)
            .mergeIn(new JsonObject(more));
    return (AgentRun) NodeConfig.TYPES.get("agent.run").read(RawJson.of(json.encode()));
  }

  private DispatchResult run(String more, int timeoutMs) {
    var node =
        new Node(
            "n",
            "n",
            Membership.single("n", 1),
            new Occupancy(),
            new Ports(),
            new SimpleMeterRegistry(),
            InstantSource.system(),
            Map.of());
    var engines = new Engines(Map.of("llm.", new Lines()));
    var loop = new AgentLoop(Surroundings.of(vertx, node), engines);
    AgentTask.Tools tools =
        (tool, _) -> {
          used.add(tool);
          return Future.succeededFuture(toolAnswers);
        };
    var task =
        new AgentTask(
            "think", agent(more), RawJson.of("{\"n\":6}"), null, timeoutMs, tools, new Steps());
    return Future.<DispatchResult>future(
            done -> vertx.runOnContext(_ -> loop.run(task).onComplete(done)))
        .await();
  }

  private DispatchResult run(String more) {
    return run(more, 20_000);
  }

  private void says(String text) {
    answers.add(List.of(new Chunk.Delta(text), new Chunk.Usage(10, 2), finish()));
  }

  private void wants(String toolId, String input) {
    var call = new Chunk.ToolCall("c-" + answers.size(), toolId, RawJson.of(input));
    answers.add(List.of(call, new Chunk.Usage(10, 2), finish()));
  }

  private static Chunk finish() {
    return new Chunk.Finish(Chunk.Reason.STOP);
  }

  private static JsonObject output(DispatchResult result) {
    assertThat(result.error()).isNull();
    return new JsonObject(result.output().text());
  }

  @Test
  void usesAToolAndAnswersWithWhatItSaw() {
    wants("shell.run", "{\"script\":\"echo 42\"}");
    says("It is 42.");
    var output = output(run("{}"));

    assertThat(output.getString("content")).isEqualTo("It is 42.");
    assertThat(output.getJsonObject("_meta"))
        .isEqualTo(
            new JsonObject(
                """
                {"engineId":"llm.openai","model":"m","turns":2,"toolCalls":1,
                 "usage":{"inputTokens":20,"outputTokens":4}}
                """));
    var task = ((AgentExecute) used.getFirst().config());
    assertThat(task.task().script()).isEqualTo("echo 42");
    assertThat(used.getFirst().id()).startsWith("think:tool:0:");
    assertThat(asked.getFirst().said().toString()).contains("Work.", "{\"n\":6}");
    assertThat(asked.getLast().said().getLast())
        .isEqualTo(new Inference.ToolResult("c-0", "shell.run", false, "{\"stdout\":\"42\"}"));
    assertThat(told)
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
    wants("connector.github.issue.create", "{}");
    wants("shell.run", "{\"scripd\":1}");
    says("Then not.");
    output(run("{}"));

    assertThat(used).isEmpty();
    assertThat(told.toString())
        .contains("TOOL_NOT_ALLOWED:connector.github.issue.create", "INVALID_TOOL_INPUT");
  }

  @Test
  void runsNoScriptOutsideOfAnExecutor() {
    wants("shell.run", "{\"script\":\"id\"}");
    says("Then not.");
    output(run("{\"tools\": {\"allow\": [\"shell.run\"], \"execution\": \"cloud\"}}"));

    assertThat(used).isEmpty();
    assertThat(told.toString()).contains("SHELL_TOOL_REQUIRES_EXECUTOR_EXECUTION");
  }

  @Test
  void stopsAtItsLimits() {
    for (int i = 0; i < 3; i++) wants("shell.run", "{\"script\":\"" + i + "\"}");
    assertThat(run("{\"limits\": {\"maxTurns\": 2}}").error()).isEqualTo("AGENT_MAX_TURNS");
    answers.clear();
    for (int i = 0; i < 3; i++) wants("shell.run", "{\"script\":\"" + i + "\"}");
    assertThat(run("{\"limits\": {\"maxToolCalls\": 1}}").error())
        .isEqualTo("AGENT_MAX_TOOL_CALLS");
    answers.clear();
    assertThat(run("{}", 400).error()).isEqualTo("LLM_TIMEOUT");
  }

  @Test
  void thinksNoMoreWhenNobodyWantsTheAnswer() {
    wanted = false;
    assertThat(run("{}").error()).isEqualTo("RUN_CANCELED");
    assertThat(asked).isEmpty();
  }

  @Test
  void leavesOutTheOldestOfWhatDoesNotFitButNeverItsInstructions() {
    toolAnswers = DispatchResult.succeeded(RawJson.from("x".repeat(900)));
    for (int i = 0; i < 4; i++) wants("shell.run", "{\"script\":\"" + i + "\"}");
    says("done");
    output(run("{\"limits\": {\"maxRuntimeChars\": 2048}}"));

    var last = asked.getLast();
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
    says("Here it is:\n```json\n{\"answer\": 42}\n```\nGood luck!");
    var output = output(run(JSON));

    assertThat(output.getInteger("answer")).isEqualTo(42);
    assertThat(output.getJsonObject("_meta").getInteger("turns")).isEqualTo(1);
    assertThat(asked.getFirst().said().getFirst().toString()).contains("\"integer\"");
  }

  @Test
  void givesAnAnswerBackThatDoesNotFitAndFailsOneThatNeverDoes() {
    says("{\"answer\": \"many\"}");
    says("{\"answer\": 42}");
    assertThat(output(run(JSON)).getInteger("answer")).isEqualTo(42);
    for (int i = 0; i < 3; i++) says("I would rather not.");

    assertThat(run(JSON).error()).isEqualTo("INVALID_AGENT_JSON_OUTPUT");
    says("{}");
    assertThat(
            run("{\"output\": {\"mode\": \"json\", \"jsonSchema\": {\"$ref\": \"#/nowhere\"}}}")
                .error())
        .isEqualTo("INVALID_JSON_SCHEMA");
  }

  private static final String TEAM =
      """
      {"team": {"mode": "supervisor", "leadMode": "delegate_only", "teammates": [
        {"id": "reader", "description": "reads", "prompt": {"instructions": "Read {{input}}."},
         "tools": {"allow": ["shell.run", "connector.action"]}},
        {"id": "writer", "prompt": {"instructions": "Write."}}]}}
      """;

  @Test
  void letsATeammateWorkWithTheToolsThatBothMayUse() {
    wants("team.delegate", "{\"teammateId\":\"reader\",\"input\":\"the file\"}");
    wants("shell.run", "{\"script\":\"cat file\"}");
    says("It says 42.");
    says("The reader found 42.");
    var output = output(run(TEAM));

    assertThat(output.getString("content")).isEqualTo("The reader found 42.");
    assertThat(asked.get(0).tools())
        .extracting(Inference.Tool::id)
        .containsExactly("team.delegate", "team.map");
    assertThat(asked.get(1).said().getFirst().toString()).contains("Read \"the file\".");
    assertThat(asked.get(1).tools()).extracting(Inference.Tool::id).containsExactly("shell.run");
    assertThat(used.getFirst().id()).startsWith("think:team:reader-0:tool:0:");
    assertThat(told.toString()).contains("\"teammate\":\"reader-0\"");
  }

  @Test
  void letsManyTeammatesWorkAtOnceAndTellsWhatCameOfEach() {
    wants(
        "team.map",
        """
        {"tasks":[{"teammateId":"reader","input":"a"},{"teammateId":"writer","input":"b"},\
        {"teammateId":"nobody","input":"c"}]}\
        """);
    says("one");
    says("two");
    says("all done");
    output(run(TEAM));
    var result = ((Inference.ToolResult) asked.getLast().said().getLast()).text();

    assertThat(result).contains("one", "two", "TEAMMATE_NOT_FOUND:nobody");
  }
}
