package ai.vespid.worker;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.kit.http.FreePort;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.engine.Chunk;
import ai.vespid.protocol.engine.Inference;
import ai.vespid.protocol.engine.Inference.Assistant;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Agents whose workers are killed while they think: another worker goes on. The model is a stand-in
 * behind the interface of an engine runner, and counts what it is asked; all else is real.
 */
@Timeout(180)
final class AgentTakeoverTest {
  private static final int STEPS = 8;
  private static final long ANSWER_MS = 40;
  // Its heir waits for it; shorter, a busy machine would lose it without any kill.
  private static final int LEASE_MS = 3_000;

  private TestWorld world;
  private TestAgent agent;
  private int port;
  private volatile boolean silent;

  /** How many answers of its own each question told the model of. */
  private final Queue<Integer> questions = new ConcurrentLinkedQueue<>();

  @BeforeEach
  void start() {
    world = new TestWorld().gateway();
    agent = new TestAgent(world);
    port = FreePort.next();
    world.vertx.createHttpServer().requestHandler(this::asked).listen(port, "127.0.0.1").await();
  }

  @AfterEach
  void stop() {
    world.close();
  }

  // Wants one tool after the other, then answers.
  private void asked(HttpServerRequest request) {
    request
        .body()
        .onSuccess(body -> {
          var said = Json.read(body.getBytes(), Inference.class).said();
          int answers = (int) said.stream().filter(Assistant.class::isInstance).count();
          questions.add(answers);
          if (silent) return;
          var first =
              answers == STEPS
                  ? new Chunk.Delta("I have used " + STEPS + " tools.")
                  : new Chunk.ToolCall(
                      "c-" + answers,
                      "shell.run",
                      RawJson.from(java.util.Map.of("script", "step " + answers)));
          var response = request.response().setChunked(true);
          world.vertx.setTimer(
              ANSWER_MS,
              _ -> {
                response.write(line(first));
                response.write(line(new Chunk.Usage(10, 1)));
                response.end(line(new Chunk.Finish(Chunk.Reason.STOP)));
              });
        });
  }

  private static Buffer line(Chunk chunk) {
    return Buffer.buffer(Json.write(chunk)).appendString("\n");
  }

  private Vertx worker(int leaseMs) {
    return world.worker(
        new JsonObject()
            .put("engineRunnerBaseUrl", "http://127.0.0.1:" + port)
            .put("engineRunnerToken", "token")
            .put("leaseMs", leaseMs)
            .put("leaveMs", 20_000)
            .put("sweepMs", 50));
  }

  private String run() {
    var config =
        new JsonObject()
            .put("engine", new JsonObject().put("id", "llm.openai").put("model", "m"))
            .put("prompt", new JsonObject().put("instructions", "Use your tools."))
            .put(
                "tools",
                new JsonObject()
                    .put("allow", new JsonArray().add("shell.run"))
                    .put("execution", "executor"))
            .put("limits", new JsonObject().put("maxTurns", STEPS + 1));
    var node = new JsonObject().put("id", "think").put("type", "agent.run").put("config", config);
    var dsl =
        new JsonObject()
            .put("version", "v2")
            .put("trigger", new JsonObject().put("type", "trigger.manual"))
            .put("nodes", new JsonArray().add(node));
    return world.run(world.workflow(RawJson.of(dsl.encode())));
  }

  private int kept(String run, String step) {
    var rows =
        world.sql(
            "SELECT count(*)::int FROM workflow_agent_thoughts"
                + " WHERE run_id = $1 AND thought->>'step' LIKE $2",
            TestWorld.id(run),
            step);
    return rows.iterator().next().getInteger(0);
  }

  private String output(String run) {
    world.until(run + " ends", () -> List.of("succeeded", "failed").contains(world.status(run)));
    assertThat(world.status(run))
        .as("%s: %s", world.told(run), world.error(run))
        .isEqualTo("succeeded");
    return world
        .sql("SELECT output::text FROM workflow_runs WHERE id = $1", TestWorld.id(run))
        .iterator()
        .next()
        .getString(0);
  }

  private List<String> scripts() {
    return agent.invokes.stream()
        .map(invoke -> invoke.getJsonObject("payload").getJsonObject("node"))
        .map(node -> node.getJsonObject("config").getJsonObject("task").getString("script"))
        .toList();
  }

  private static List<String> everyStep() {
    var steps = new ArrayList<String>();
    for (int i = 0; i < STEPS; i++) steps.add("step " + i);
    return steps;
  }

  @Test
  void asksForNoAnswerTwiceThatIsKeptAndRunsNoToolTwice() {
    var answered = new ArrayList<Integer>();
    var run = run();
    var worker = worker(LEASE_MS);
    // Begun, then an answer, a call and what came of it for each step.
    for (int steps = 1; steps <= 3 * STEPS; steps += 3 + steps % 2) {
      int enough = steps;
      world.until(
          "step " + enough + " is kept",
          () -> kept(run, "%") >= enough || world.status(run).equals("succeeded"));
      world.kill(worker);
      answered.add(kept(run, "answered"));
      worker = worker(LEASE_MS);
    }
    var output = output(run);

    assertThat(output).contains("I have used " + STEPS + " tools.", "\"toolCalls\":" + STEPS);
    assertThat(scripts()).containsExactlyElementsOf(everyStep());
    assertThat(List.copyOf(questions)).isSorted();
    for (int i = 0; i <= STEPS; i++) {
      // Once, and again only when its worker died before it was kept.
      assertThat(Collections.frequency(List.copyOf(questions), i))
          .as("question %s of %s, killed at %s", i, questions, answered)
          .isBetween(1, 1 + Collections.frequency(answered, i));
    }
    assertThat(world.told(run)).contains("node_succeeded:think").doesNotContain("run_retried");
    assertThat(kept(run, "%")).as("it goes when its node ends").isZero();
  }

  @Test
  void joinsAToolThatIsUnderWayAndRunsItOnce() {
    agent.waits();
    var run = run();
    var first = worker(LEASE_MS);
    world.until("the tool runs", () -> agent.invokes.size() == 1);
    world.kill(first);
    worker(LEASE_MS);
    Supplier<Boolean> resumed = () -> kept(run, "called") == 1 && events(run, "agent.resumed") == 1;
    world.until("another worker goes on", resumed);
    world.until(
        "every tool has run",
        () -> {
          agent.answer();
          return !world.status(run).equals("running");
        });

    assertThat(output(run)).contains("I have used " + STEPS + " tools.");
    assertThat(scripts()).containsExactlyElementsOf(everyStep());
    assertThat(Collections.frequency(List.copyOf(questions), 0)).isEqualTo(1);
  }

  private int events(String run, String message) {
    var rows =
        world.sql(
            "SELECT count(*)::int FROM workflow_run_events WHERE run_id = $1 AND message = $2",
            TestWorld.id(run),
            message);
    return rows.iterator().next().getInteger(0);
  }

  @Test
  void aWorkerThatStopsGivesItBackAtItsNextStep() {
    var run = run();
    var first = worker(60_000);
    world.until("it has begun", () -> kept(run, "answered") >= 2);
    world.stop(first);
    assertThat(world.status(run)).isEqualTo("running");
    worker(60_000);

    // Long before the lease of the first is over.
    assertThat(output(run)).contains("I have used " + STEPS + " tools.");
    assertThat(scripts()).containsExactlyElementsOf(everyStep());
    assertThat(List.copyOf(questions)).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void whatNobodyWantsAnyMoreIsNoMoreKept() {
    silent = true;
    var run = run();
    worker(LEASE_MS);
    world.until("it thinks", () -> !questions.isEmpty() && kept(run, "begun") == 1);
    world.sql(
        "UPDATE workflow_runs SET cancel_requested_at = now() WHERE id = $1", TestWorld.id(run));

    world.until("it is over", () -> world.status(run).equals("failed"));
    assertThat(world.error(run)).isEqualTo("RUN_CANCELED");
    assertThat(kept(run, "%")).isZero();
  }

  @Test
  void aToolOfARunThatIsCanceledIsEndedToo() {
    agent.waits();
    var run = run();
    worker(LEASE_MS);
    world.until("the tool runs", () -> agent.invokes.size() == 1);
    world.sql(
        "UPDATE workflow_runs SET cancel_requested_at = now() WHERE id = $1", TestWorld.id(run));

    var id = agent.invokes.getFirst().getString("requestId");
    world.until("it is over", () -> world.status(run).equals("failed"));
    world.until(
        "the gateway is told",
        () -> world.bus.stream().anyMatch(said -> said.startsWith("Cancel[") && said.contains(id)));
  }
}
