package ai.vespid.protocol.workflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.NetworkMode;
import ai.vespid.protocol.Pool;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.Selector;
import ai.vespid.protocol.workflow.NodeConfig.AgentExecute;
import ai.vespid.protocol.workflow.NodeConfig.Auth;
import ai.vespid.protocol.workflow.NodeConfig.Condition;
import ai.vespid.protocol.workflow.NodeConfig.ConnectorAction;
import ai.vespid.protocol.workflow.NodeConfig.HttpRequest;
import ai.vespid.protocol.workflow.NodeConfig.ParallelJoin;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Both versions of the DSL, from the samples in {@code wire/workflow-definitions.json}. */
final class DefinitionTest {
  private static final String SECRET = "55555555-5555-4555-8555-555555555555";
  private static final String EXECUTOR = "66666666-6666-4666-8666-666666666666";

  private static RawJson sample(String name) {
    try (var file = DefinitionTest.class.getResourceAsStream("/wire/workflow-definitions.json")) {
      return RawJson.of(new ObjectMapper().readTree(file).get(name).toString());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static RawJson list(String... nodes) {
    return RawJson.of(
        "{\"version\":\"v2\",\"trigger\":{\"type\":\"trigger.manual\"},\"nodes\":[%s]}"
            .formatted(String.join(",", nodes)));
  }

  private static RawJson graph(String nodes, String edges) {
    return RawJson.of(
        ("{\"version\":\"v3\",\"trigger\":{\"type\":\"trigger.manual\"},"
                + "\"graph\":{\"nodes\":{%s},\"edges\":[%s]}}")
            .formatted(nodes, edges));
  }

  /** Nodes {@code a}, {@code b}, ... and {@code c?} for a condition; edges {@code a>b:always}. */
  private static Definition draw(String nodes, String edges) {
    var drawn = new StringBuilder();
    for (var node : nodes.split(" ")) {
      var id = node.replace("?", "");
      var type = node.endsWith("?") ? "condition" : "parallel.join";
      if (!drawn.isEmpty()) drawn.append(',');
      drawn.append("\"%s\":{\"id\":\"%s\",\"type\":\"%s\"}".formatted(id, id, type));
    }
    var led = new StringBuilder();
    for (var edge : edges.isEmpty() ? new String[0] : edges.split(" ")) {
      var ends = edge.split("[>:]");
      if (!led.isEmpty()) led.append(',');
      led.append(
          "{\"id\":\"%s\",\"from\":\"%s\",\"to\":\"%s\",\"kind\":\"%s\"}"
              .formatted(edge, ends[0], ends[1], ends.length > 2 ? ends[2] : "always"));
    }
    return Definition.of(graph(drawn.toString(), led.toString()));
  }

  @Test
  void readsAListAsAChain() {
    var definition = Definition.of(sample("v2"));

    assertThat(definition.trigger()).isEqualTo(new Trigger.Manual());
    assertThat(definition.nodes().keySet())
        .containsExactly("fetch", "issue", "shell", "bare", "old");
    assertThat(definition.entries()).containsExactly("fetch");
    assertThat(definition.edges())
        .first()
        .isEqualTo(new Edge("e:fetch->issue", "fetch", "issue", Edge.Kind.ALWAYS));
    assertThat(definition.incoming("old")).extracting(Edge::from).containsExactly("bare");
    assertThat(definition.outgoing("old")).isEmpty();
  }

  @Test
  void readsTheNodesOfAList() {
    var definition = Definition.of(sample("v2"));

    var headers = Map.of("accept", "application/json");
    var fetch = (HttpRequest) definition.node("fetch").config();
    assertThat(fetch.method()).isEqualTo(HttpRequest.Method.POST);
    assertThat(fetch.url()).isEqualTo("https://example.com/x");
    assertThat(fetch.headers()).isEqualTo(headers);
    assertThat(definition.node("issue").config())
        .isEqualTo(
            new ConnectorAction(
                "github",
                "issue.create",
                RawJson.of("{\"repo\":\"a/b\",\"title\":\"t\"}"),
                new Auth(SECRET),
                Execution.ON_EXECUTOR));
    assertThat(definition.node("shell").config())
        .isEqualTo(
            new AgentExecute(
                new Execution(
                    Execution.Mode.EXECUTOR,
                    new Selector(Pool.BYON, List.of(), "beta", null, EXECUTOR),
                    null),
                new AgentExecute.Task("shell", "echo hi", "bash", Map.of("A", "1")),
                new AgentExecute.Sandbox(
                    "docker",
                    NetworkMode.ENABLED,
                    30_000,
                    RawJson.of("{\"image\":\"alpine\"}"),
                    List.of("KEY"))));
    assertThat(definition.node("shell").config().timeoutMs()).hasValue(30_000);
  }

  @Test
  void runsAnExecuteNodeWithoutExecutionOnAnExecutorAndAnActionInTheWorker() {
    var definition = Definition.of(sample("v2"));

    assertThat(definition.node("bare").config().remote()).isTrue();
    assertThat(definition.node("bare").config().kind()).hasValue(Kind.AGENT_EXECUTE);
    assertThat(definition.node("old").config().remote()).isFalse();
    assertThat(definition.node("old").config())
        .isEqualTo(
            new ConnectorAction(
                "github",
                "issue.create",
                RawJson.of("{\"repo\":\"a/b\",\"title\":\"t\"}"),
                new Auth(SECRET),
                Execution.IN_CLOUD));
  }

  @Test
  void readsAGraph() {
    var definition = Definition.of(sample("v3"));

    assertThat(definition.trigger()).isEqualTo(new Trigger.Heartbeat(30, 0, 0));
    assertThat(definition.entries()).containsExactly("check");
    assertThat(definition.incoming("join")).extracting(Edge::id).containsExactly("e3", "e4");
    assertThat(definition.outgoing("check"))
        .extracting(Edge::kind)
        .containsExactly(Edge.Kind.COND_TRUE, Edge.Kind.COND_FALSE);
    assertThat(definition.node("check").config())
        .isEqualTo(new Condition("$.kind", Condition.Operator.EQ, RawJson.of("\"bug\"")));
    assertThat(definition.node("join").config()).isEqualTo(new ParallelJoin("all", true));
    var run = (AgentRun) definition.node("ai").config();
    assertThat(run.remote()).isTrue();
    assertThat(run.secretId()).hasValue(SECRET);
    assertThat(run.limits()).isEqualTo(new AgentRun.RunLimits(4, 20, 60_000, 50_000, 200_000));
    assertThat(run.team().maxParallel()).isEqualTo(3);
  }

  @Test
  void keepsANodeAsItWasWritten() {
    var written = "{ \"id\": \"a\", \"type\" : \"parallel.join\", \"extra\": 1.00 }";

    assertThat(Definition.of(list(written)).node("a").written()).isEqualTo(RawJson.of(written));
  }

  @ParameterizedTest
  @CsvSource({
    "a, a>x, GRAPH_EDGE_INVALID",
    "a b, a>b a>b, GRAPH_EDGE_INVALID",
    "a b, a>b:cond_true, CONDITION_EDGE_CONSTRAINTS",
    "a? b, a>b:cond_true, CONDITION_EDGE_CONSTRAINTS",
    "a? b, a>b, CONDITION_EDGE_CONSTRAINTS",
    "a? b c d, a>b:cond_true a>c:cond_false a>d, CONDITION_EDGE_CONSTRAINTS",
    "a b c, a>b b>c c>b, GRAPH_CYCLE_DETECTED",
    "a, a>a, GRAPH_CYCLE_DETECTED",
  })
  void namesTheRuleThatAGraphBreaks(String nodes, String edges, ErrorCode code) {
    var refusal = catchThrowableOfType(InvalidDefinition.class, () -> draw(nodes, edges));

    assertThat(refusal.issues()).extracting(GraphIssue::code).containsOnly(code);
    assertThat(refusal.code()).isEqualTo(code);
  }

  @Test
  void namesAllRulesAtOnce() {
    var refusal =
        catchThrowableOfType(InvalidDefinition.class, () -> draw("a? b c", "b>c c>b b>x"));

    assertThat(refusal.issues())
        .extracting(GraphIssue::code)
        .containsExactly(
            ErrorCode.GRAPH_EDGE_INVALID,
            ErrorCode.CONDITION_EDGE_CONSTRAINTS,
            ErrorCode.GRAPH_CYCLE_DETECTED);
  }

  @Test
  void refusesAnEmptyGraph() {
    assertThatThrownBy(() -> Definition.of(graph("", "")))
        .isInstanceOfSatisfying(
            InvalidDefinition.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.GRAPH_NODE_MISSING));
  }

  @Test
  void refusesAnIdThatIsNotItsKeyAndOneThatStandsTwice() {
    var other = graph("\"a\":{\"id\":\"b\",\"type\":\"parallel.join\"}", "");
    var twice =
        list("{\"id\":\"a\",\"type\":\"condition\"}", "{\"id\":\"a\",\"type\":\"condition\"}");

    for (var dsl : List.of(other, twice)) {
      assertThatThrownBy(() -> Definition.of(dsl))
          .isInstanceOfSatisfying(
              InvalidDefinition.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.GRAPH_NODE_INVALID));
    }
  }

  @Test
  void allowsRemoteNodesInParallelBranches() {
    var definition = draw("a b c d", "a>b a>c b>d c>d");

    assertThat(definition.entries()).containsExactly("a");
    assertThat(definition.incoming("d")).hasSize(2);
  }

  @Test
  void readsAListOfTheMostNodes() {
    var nodes =
        IntStream.range(0, Dsl.NODES_MAX)
            .mapToObj("{\"id\":\"n%d\",\"type\":\"agent.execute\"}"::formatted)
            .toArray(String[]::new);

    assertThat(Definition.of(list(nodes)).edges()).hasSize(Dsl.NODES_MAX - 1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"id\":\"a\",\"type\":\"nope\"}",
        "{\"type\":\"condition\"}",
        "{\"id\":\"a\\u0007\",\"type\":\"condition\"}",
        "{\"id\":\"a\",\"type\":\"condition\",\"config\":{\"op\":\"is\"}}",
        "{\"id\":\"a\",\"type\":\"condition\",\"config\":{\"value\":{}}}",
        "{\"id\":\"a\",\"type\":\"http.request\",\"config\":{\"method\":\"BREW\"}}",
        "{\"id\":\"a\",\"type\":\"connector.action\",\"config\":{\"connectorId\":\"github\"}}",
        "{\"id\":\"a\",\"type\":\"agent.execute\",\"config\":{\"execution\":{\"mode\":\"moon\"}}}",
        "{\"id\":\"a\",\"type\":\"agent.run\",\"config\":{\"surprise\":1}}",
      })
  void saysWhichNodeHasTheWrongShape(String node) {
    assertThatThrownBy(() -> Definition.of(list(node)))
        .isInstanceOfSatisfying(
            InvalidMessage.class, e -> assertThat(e.field()).startsWith("nodes[0]."));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"type\":\"trigger.cron\",\"config\":{\"cron\":\"* * *\"}}",
        "{\"type\":\"trigger.heartbeat\",\"config\":{\"intervalSec\":1}}",
        "{\"type\":\"trigger.webhook\",\"config\":{\"token\":\"short\"}}",
        "{\"type\":\"trigger.dream\"}",
      })
  void refusesATriggerOfTheWrongShape(String trigger) {
    assertThatThrownBy(() -> Trigger.read(RawJson.of(trigger)))
        .isInstanceOfSatisfying(
            InvalidMessage.class, e -> assertThat(e.field()).startsWith("trigger."));
  }

  @Test
  void readsEveryTrigger() {
    assertThat(
            Trigger.read(
                RawJson.of("{\"type\":\"trigger.cron\",\"config\":{\"cron\":\"*/5 * * * 1-5\"}}")))
        .isEqualTo(new Trigger.Cron("*/5 * * * 1-5"));
    assertThat(Trigger.read(RawJson.of("{\"type\":\"trigger.webhook\",\"token\":\"0123456789\"}")))
        .isEqualTo(new Trigger.Webhook("0123456789"))
        .asString()
        .doesNotContain("0123456789");
    assertThat(
            Trigger.read(
                RawJson.of("{\"type\":\"trigger.channel\",\"config\":{\"channelId\":\"c\"}}")))
        .isEqualTo(new Trigger.Channel("c", null, "message.received", null));
  }
}
