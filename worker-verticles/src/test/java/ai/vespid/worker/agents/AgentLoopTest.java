package ai.vespid.worker.agents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An agent with an engine that says what the test wants. */
final class AgentLoopTest {
  private final Vertx vertx = Vertx.vertx();
  private final List<Inference> asked = new ArrayList<>();
  private final Queue<List<Chunk>> answers = new ConcurrentLinkedQueue<>();
  private final List<String> told = new ArrayList<>();
  private final List<ai.vespid.protocol.workflow.Node> used = new ArrayList<>();
  private DispatchResult toolAnswers = DispatchResult.succeeded(RawJson.of("{\"stdout\":\"42\"}"));
  private Map<String, List<RawJson>> kept = new HashMap<>();
  private boolean wanted = true;
  private boolean leaves;

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
    public Future<Void> kept(
        String thinker, int seq, RawJson thought, String kind, RawJson payload) {
      if (kind != null) told(kind, payload);
      var steps = kept.computeIfAbsent(thinker, _ -> new ArrayList<>());
      assertThat(seq).isEqualTo(steps.size());
      steps.add(thought);
      return Future.succeededFuture();
    }

    @Override
    public boolean wanted() {
      return wanted;
    }

    @Override
    public boolean leaves() {
      return leaves;
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
    var before = new HashMap<String, List<RawJson>>();
    kept.forEach((thinker, steps) -> before.put(thinker, List.copyOf(steps)));
    var input = RawJson.of("{\"n\":6}");
    var task =
        new AgentTask("think", agent(more), input, null, timeoutMs, tools, new Steps(), before);
    return Future.<DispatchResult>future(
            done -> vertx.runOnContext(_ -> loop.run(task).onComplete(done)))
        .await();
  }

  private DispatchResult run(String more) {
    kept.clear();
    return run(more, 20_000);
  }

  /** Another worker goes on with what of each thinker is kept. */
  private DispatchResult resume(String more, int... steps) {
    int at = 0;
    for (var thinker : kept.keySet().stream().sorted().toList()) {
      var all = kept.get(thinker);
      kept.put(thinker, new ArrayList<>(all.subList(0, Math.min(steps[at++], all.size()))));
    }
    asked.clear();
    used.clear();
    told.clear();
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
    kept.clear();
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

  @Test
  void hearsNoMoreThanAnAnswerMayHave() {
    says("x".repeat(300) + "y".repeat(300));
    var output = output(run("{\"limits\": {\"maxOutputChars\": 300}}"));

    assertThat(output.getString("content")).isEqualTo("x".repeat(300));
  }

  // Begun, Answered, Called, Observed, Answered, Called, Observed, Answered.
  private static final int ALL = 8;

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8})
  void goesOnAtTheLastStepThatIsKeptAndAnswersTheSame(int steps) {
    wants("shell.run", "{\"script\":\"echo 1\"}");
    wants("shell.run", "{\"script\":\"echo 2\"}");
    says("done");
    var whole = run("{}");
    assertThat(kept.get("think")).hasSize(ALL);
    var ids = used.stream().map(ai.vespid.protocol.workflow.Node::id).toList();
    if (steps < 2) wants("shell.run", "{\"script\":\"echo 1\"}");
    if (steps < 5) wants("shell.run", "{\"script\":\"echo 2\"}");
    if (steps < ALL) says("done");

    var resumed = resume("{}", steps);

    assertThat(resumed).isEqualTo(whole);
    assertThat(answers).isEmpty();
    assertThat(asked).hasSize(steps < 2 ? 3 : steps < 5 ? 2 : steps < ALL ? 1 : 0);
    assertThat(used)
        .extracting(ai.vespid.protocol.workflow.Node::id)
        .isEqualTo(steps < 4 ? ids : steps < 7 ? ids.subList(1, 2) : List.of());
    if (steps > 0) assertThat(told.getFirst()).startsWith("agent.resumed ");
  }

  @Test
  void hasNobodyToDelegateToWithoutATeam() {
    wants("team.delegate", "{\"teammateId\":\"reader\",\"input\":\"x\"}");
    says("Then not.");
    output(run("{\"tools\": {\"allow\": [\"team.delegate\"]}}"));

    assertThat(told.toString()).contains("TEAM_NOT_CONFIGURED");
  }

  @Test
  void aTeammateGoesOnWhereItStoppedToo() {
    wants("team.delegate", "{\"teammateId\":\"reader\",\"input\":\"the file\"}");
    wants("shell.run", "{\"script\":\"cat file\"}");
    says("It says 42.");
    says("The reader found 42.");
    var whole = run(TEAM);
    says("It says 42.");
    says("The reader found 42.");

    // The lead has delegated; the teammate has its tool's answer.
    var resumed = resume(TEAM, 3, 4);

    assertThat(resumed).isEqualTo(whole);
    assertThat(asked).hasSize(2);
    assertThat(used).isEmpty();
  }

  @Test
  void repeatsNoCallOfAServiceOfWhichNobodyKnowsWhatCameOfIt() {
    var cloud =
        """
        {"tools": {"allow": ["connector.action"], "execution": "cloud", "authDefaults":
          {"connectors": {"github": {"secretId": "11111111-1111-4111-8111-111111111111"}}}}}
        """;
    wants("connector.github.issue.create", "{\"repo\":\"a/b\",\"title\":\"t\"}");
    says("done");
    run(cloud);
    assertThat(used).hasSize(1);
    says("I shall look first.");

    output(resume(cloud, 3));

    assertThat(used).isEmpty();
    assertThat(asked.getFirst().said().getLast().toString())
        .contains("TOOL_OUTCOME_UNKNOWN:connector.github.issue.create");
  }

  @Test
  void stopsAtItsNextStepWhenAnotherWorkerShallGoOn() {
    leaves = true;
    says("never asked");

    assertThatThrownBy(() -> run("{}")).isInstanceOf(AgentTask.Left.class);
    assertThat(asked).isEmpty();
  }

  @Test
  void givesItsTimeNoNewBeginning() {
    says("late");
    assertThat(run("{}").error()).isNull();
    kept.put(
        "think", new ArrayList<>(List.of(RawJson.of("{\"step\":\"begun\",\"deadlineMs\":1}"))));

    assertThat(run("{}", 20_000).error()).isEqualTo("LLM_TIMEOUT");
  }

  @Test
  void asksAHostWhatItsOwnToolsAreAndUsesThem() {
    toolAnswers =
        DispatchResult.succeeded(
            RawJson.of(
                """
                {"tools":[{"id":"skill.pdf","description":"Makes a PDF.","inputSchema":{}},
                  {"id":"mcp.x.y","description":"y","inputSchema":{}}]}
                """));
    wants("skill.pdf", "{\"file\":\"a\"}");
    wants("mcp.x.y", "{}");
    says("done");
    output(run("{\"tools\": {\"allow\": [\"skill.*\"], \"execution\": \"executor\"}}"));

    assertThat(asked.getFirst().tools())
        .extracting(Inference.Tool::id)
        .containsExactly("skill.pdf");
    assertThat(used).hasSize(2);
    assertThat(used.getFirst().written().text()).contains("\"type\":\"tools\"", "skill.*");
    assertThat(used.getLast().written().text()).contains("\"toolId\":\"skill.pdf\"");
    assertThat(used.getLast().config().remote()).isTrue();
    assertThat(told.toString()).contains("TOOL_NOT_ALLOWED:mcp.x.y");
  }

  @Test
  void aLeadThatOnlyDelegatesUsesNoToolItself() {
    wants("shell.run", "{\"script\":\"id\"}");
    says("Then not.");
    output(
        run(
            TEAM.strip().replaceFirst("}$", "")
                + ", \"tools\": {\"allow\": [\"shell.run\"], \"execution\": \"executor\"}}"));

    assertThat(used).isEmpty();
    assertThat(told.toString()).contains("TOOL_NOT_ALLOWED:shell.run");
  }
}
