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

/** An agent with an engine that says what the test wants; what it keeps can be given to another. */
final class AgentRig implements AutoCloseable {
  static final String TEAM =
      """
      {"team": {"mode": "supervisor", "leadMode": "delegate_only", "teammates": [
        {"id": "reader", "description": "reads", "prompt": {"instructions": "Read {{input}}."},
         "tools": {"allow": ["shell.run", "connector.action"]}},
        {"id": "writer", "prompt": {"instructions": "Write."}}]}}
      """;

  private final Vertx vertx = Vertx.vertx();
  final List<Inference> asked = new ArrayList<>();
  final Queue<List<Chunk>> answers = new ConcurrentLinkedQueue<>();
  final List<String> told = new ArrayList<>();
  final List<ai.vespid.protocol.workflow.Node> used = new ArrayList<>();
  final List<String> remembered = new ArrayList<>();
  DispatchResult toolAnswers = DispatchResult.succeeded(RawJson.of("{\"stdout\":\"42\"}"));
  Map<String, List<RawJson>> kept = new HashMap<>();
  boolean wanted = true;
  boolean leaves;

  @Override
  public void close() {
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

  DispatchResult run(String more, int timeoutMs) {
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
    var tools =
        new AgentTask.Tools() {
          @Override
          public Future<DispatchResult> use(ai.vespid.protocol.workflow.Node tool, int limitMs) {
            used.add(tool);
            return Future.succeededFuture(toolAnswers);
          }

          @Override
          public Future<DispatchResult> remember(String toolId, RawJson text, String callId) {
            remembered.add(callId);
            return Future.succeededFuture(toolAnswers);
          }
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

  DispatchResult run(String more) {
    kept.clear();
    return run(more, 20_000);
  }

  /** Another worker goes on with what of each thinker is kept. */
  DispatchResult resume(String more, int... steps) {
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

  void says(String text) {
    answers.add(List.of(new Chunk.Delta(text), new Chunk.Usage(10, 2), finish()));
  }

  void wants(String toolId, String input) {
    var call = new Chunk.ToolCall("c-" + answers.size(), toolId, RawJson.of(input));
    answers.add(List.of(call, new Chunk.Usage(10, 2), finish()));
  }

  private static Chunk finish() {
    return new Chunk.Finish(Chunk.Reason.STOP);
  }

  /** Of an agent that answered. */
  JsonObject output(DispatchResult result) {
    assertThat(result.error()).isNull();
    return new JsonObject(result.output().text());
  }
}
