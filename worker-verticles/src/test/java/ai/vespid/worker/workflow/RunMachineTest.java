package ai.vespid.worker.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.RawJson;
import ai.vespid.sql.NodeState;
import ai.vespid.sql.RunStatus;
import ai.vespid.worker.workflow.Effect.Cancel;
import ai.vespid.worker.workflow.Effect.Execute;
import ai.vespid.worker.workflow.Effect.Send;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

final class RunMachineTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final String RUN = "22222222-2222-4222-8222-222222222222";

  private Row row;
  private RunMachine machine;
  private Instant now = NOW;
  private NodePolicy policy = NodePolicy.ALLOW_ALL;

  private List<Effect> begin(Flows flow, String input) {
    row = new Row(flow.done(), input);
    return claim();
  }

  private List<Effect> claim() {
    row.epoch++;
    machine = row.machine(policy);
    machine.claimed(row.nodes.values(), now);
    return commit();
  }

  private List<Effect> commit() {
    var turn = machine.turn();
    assertThat(row.commit(row.epoch, turn)).isTrue();
    return turn.effects();
  }

  private static DispatchResult ok() {
    return DispatchResult.succeeded(RawJson.of("{\"a\":1}"));
  }

  private static DispatchResult bad() {
    return DispatchResult.failed("BROKEN", null);
  }

  private List<Effect> executed(String node, DispatchResult result) {
    machine.executed(node, row.attempt, result, now);
    return commit();
  }

  private List<Effect> arrived(String node, int attempt, DispatchResult result) {
    row.deliver(id(node, attempt), result);
    machine.arrived(row.nodes.values(), now);
    return commit();
  }

  private static String id(String node, int attempt) {
    return RUN + ":" + node + ":" + attempt;
  }

  private static List<String> nodes(List<Effect> effects) {
    return effects.stream().map(Effect::nodeId).toList();
  }

  @Test
  void oneNodeAfterTheOtherIsCommittedAsUnderWayAndThenCarriedOut() {
    var first = begin(new Flows().http("a", "b").chain("a", "b"), null);

    assertThat(first).containsExactly(new Execute("a", 1, id("a", 1), 60_000));
    assertThat(row.nodes.get("a").state()).isEqualTo(NodeState.RUNNING);
    assertThat(nodes(executed("a", ok()))).containsExactly("b");
    assertThat(executed("b", ok())).isEmpty();
    assertThat(row.status).isEqualTo(RunStatus.SUCCEEDED);
    assertThat(row.told())
        .containsExactly(
            "run_started",
            "node_started:a",
            "node_succeeded:a",
            "node_started:b",
            "node_succeeded:b",
            "run_succeeded");
    assertThat(new JsonObject(row.output.text()).getJsonArray("steps")).hasSize(2);
  }

  @Test
  void aRemoteNodeIsBlockedBeforeItsDispatchIsSent() {
    var effects = begin(new Flows().remote("a"), null);

    var until = NOW.plusSeconds(65);
    assertThat(effects).containsExactly(new Send("a", id("a", 1), 1, NOW, NOW.plusSeconds(60)));
    assertThat(row.nodes.get("a").state()).isEqualTo(NodeState.BLOCKED);
    assertThat(row.nodes.get("a").requestId()).isEqualTo(id("a", 1));
    assertThat(machine.idle()).isFalse();

    machine.taken("a", id("a", 1));
    assertThat(machine.urgent()).isFalse();
    assertThat(machine.idle()).isTrue();
    commit();
    assertThat(row.due).isAfter(until);

    arrived("a", 1, ok());
    assertThat(row.status).isEqualTo(RunStatus.SUCCEEDED);
    assertThat(row.told())
        .containsExactly(
            "run_started",
            "node_started:a",
            "node_dispatched:a",
            "remote_result_received:a",
            "node_succeeded:a",
            "run_succeeded");
  }

  @Test
  void aResultThatIsFasterThanTheAnswerToItsDispatchLosesNothing() {
    begin(new Flows().remote("a"), null);

    arrived("a", 1, ok());
    machine.taken("a", id("a", 1));

    assertThat(row.told()).containsSubsequence("node_dispatched:a", "node_succeeded:a");
    assertThat(row.told()).containsOnlyOnce("node_dispatched:a");
  }

  @Test
  void branchesRunAtOnceAlsoRemoteOnesAndTheJoinWaitsForAll() {
    var flow = new Flows().http("s", "x").remote("r1", "r2").join("j");
    for (var branch : List.of("x", "r1", "r2")) flow.chain("s", branch, "j");
    begin(flow, null);

    assertThat(nodes(executed("s", ok()))).containsExactly("x", "r1", "r2");
    executed("x", ok());
    arrived("r2", 1, ok());
    assertThat(row.nodes).doesNotContainKey("j");
    arrived("r1", 1, ok());

    assertThat(row.nodes.get("j").output().text())
        .isEqualTo(
            "{\"joined\":true,\"requiredIncoming\":3,\"satisfiedIncoming\":3,"
                + "\"incomingFrom\":[\"x\",\"r1\",\"r2\"]}");
    assertThat(row.status).isEqualTo(RunStatus.SUCCEEDED);
  }

  @Test
  void theBranchNotTakenIsSkippedAndEverythingBehindItAndItIsSaidWhy() {
    var flow =
        new Flows()
            .condition("c", "$.go", true)
            .http("yes", "no", "after")
            .edge("c", "yes", "cond_true")
            .edge("c", "no", "cond_false")
            .chain("no", "after");

    assertThat(nodes(begin(flow, "{\"go\":true}"))).containsExactly("yes");
    executed("yes", ok());

    assertThat(row.status).isEqualTo(RunStatus.SUCCEEDED);
    assertThat(row.nodes.get("no").state()).isEqualTo(NodeState.SKIPPED);
    var why = row.events.stream().filter(e -> e.eventType().equals("node_skipped")).toList();
    assertThat(why.getFirst().payload().text())
        .isEqualTo(
            "{\"reasonCode\":\"DEPENDENCIES_NOT_SATISFIED\",\"blockers\":"
                + "[{\"from\":\"c\",\"kind\":\"cond_false\",\"reasonCode\":\"CONDITION_NOT_MET\"}]}");
    assertThat(why.getLast().payload().text()).contains("UPSTREAM_NOT_SUCCEEDED");
  }

  @Test
  void theNextAttemptBeginsWithTheNodeThatFailed() {
    begin(new Flows().http("a", "b", "c").chain("a", "b", "c"), null);
    executed("a", ok());
    executed("b", bad());
    assertThat(row.status).isEqualTo(RunStatus.QUEUED);
    assertThat(row.due).isEqualTo(NOW.plusSeconds(5));

    assertThat(claim()).containsExactly(new Execute("b", 2, id("b", 2), 60_000));
    executed("b", bad());
    assertThat(row.due).isEqualTo(NOW.plusSeconds(10));
    claim();
    executed("b", bad());

    assertThat(row.status).isEqualTo(RunStatus.FAILED);
    assertThat(row.error).isEqualTo("BROKEN");
    assertThat(row.told()).containsOnlyOnce("node_started:a").endsWith("run_failed");
    assertThat(row.output.text()).contains("\"failedNodeId\":\"b\"");
  }

  @Test
  void afterAFailureNothingBeginsAndWhatIsUnderWayIsAwaited() {
    var flow = new Flows().http("a").remote("r").http("b").chain("r", "b");
    begin(flow, null);

    executed("a", bad());
    assertThat(row.status).isEqualTo(RunStatus.RUNNING);
    assertThat(arrived("r", 1, ok())).isEmpty();
    assertThat(row.status).isEqualTo(RunStatus.QUEUED);

    assertThat(nodes(claim())).containsExactly("a", "b");
  }

  @Test
  void whoClaimsARunAgainDoesOnceMoreWhatWasUnderWayWithTheSameKeys() {
    var before = begin(new Flows().http("a").remote("r", "s"), null);
    machine.taken("s", id("s", 1));
    commit();
    now = NOW.plusSeconds(20);

    var again = claim();

    assertThat(nodes(before)).containsExactly("a", "r", "s");
    assertThat(again)
        .containsExactly(
            new Execute("a", 1, id("a", 1), 60_000),
            new Send("r", id("r", 1), 1, NOW, NOW.plusSeconds(60)));
    assertThat(((Send) again.getLast()).timeoutMs(now)).isEqualTo(40_000);
    assertThat(row.told()).containsOnlyOnce("run_started", "node_started:a", "node_started:r");
  }

  @Test
  void whatTheGatewayHasIsLeftToThePollerUntilNobodyPolls() {
    begin(new Flows().remote("a"), null);
    machine.taken("a", id("a", 1));
    commit();
    now = NOW.plusSeconds(65);
    claim();
    assertThat(row.nodes.get("a").state()).isEqualTo(NodeState.BLOCKED);
    now = NOW.plusSeconds(665);

    claim();

    assertThat(row.nodes.get("a").error()).isEqualTo("NODE_EXECUTION_TIMEOUT");
    assertThat(row.status).isEqualTo(RunStatus.QUEUED);
    row.deliver(id("a", 1), ok());
    assertThat(row.nodes.get("a").state()).isEqualTo(NodeState.FAILED);
  }

  @Test
  void aDispatchThatIsRefusedFailsItsNode() {
    begin(new Flows().remote("a"), null);

    machine.refused("a", id("a", 1), "NO_AGENT_AVAILABLE", now);
    commit();

    assertThat(row.told())
        .contains("node_failed:a", "run_retried")
        .doesNotContain("node_dispatched:a");
    assertThat(row.error).isEqualTo("NO_AGENT_AVAILABLE");
  }

  @Test
  void resultsOfOthersAndOfOtherAttemptsAreIgnored() {
    begin(new Flows().remote("a").http("b"), null);

    machine.executed("a", 1, ok(), now);
    machine.executed("b", 2, ok(), now);
    machine.executed("unknown", 1, ok(), now);
    machine.taken("a", id("a", 2));
    machine.refused("a", id("b", 1), "X", now);

    assertThat(machine.urgent()).isFalse();
  }

  @Test
  void anApprovedNodeRunsAndOneThatIsNotApprovedEndsTheRun() {
    policy = _ -> new NodePolicy.Verdict.Ask("because", Duration.ofMinutes(1));
    begin(new Flows().remote("a"), null);
    var approval = RUN + ":a:approval:1";
    assertThat(row.nodes.get("a").requestId()).isEqualTo(approval);
    assertThat(row.due).isEqualTo(NOW.plusSeconds(60));

    row.deliver(approval, DispatchResult.succeeded(null));
    var effects = claim();
    assertThat(effects).hasSize(1).first().isInstanceOf(Send.class);
    assertThat(row.nodes.get("a").result()).isNull();
    arrived("a", 1, ok());
    assertThat(row.status).isEqualTo(RunStatus.SUCCEEDED);

    begin(new Flows().http("a"), null);
    row.deliver(approval, bad());
    assertThat(claim()).isEmpty();
    assertThat(row.status).isEqualTo(RunStatus.FAILED);
    assertThat(row.error).isEqualTo("APPROVAL_REJECTED");

    begin(new Flows().http("a"), null);
    now = NOW.plusSeconds(60);
    claim();
    assertThat(row.error).isEqualTo("APPROVAL_EXPIRED");
  }

  @Test
  void whatIsDeniedIsNotTriedAgain() {
    policy = _ -> new NodePolicy.Verdict.Deny("no");

    begin(new Flows().http("a"), null);

    assertThat(row.status).isEqualTo(RunStatus.FAILED);
    assertThat(row.error).isEqualTo("POLICY_DENIED:no");
    assertThat(row.told()).contains("policy_denied:a", "node_failed:a");
  }

  @Test
  void aCancelledRunEndsWithEverythingThatWasUnderWay() {
    begin(new Flows().remote("a").http("b"), null);

    machine.cancel();
    assertThat(commit()).containsExactly(new Cancel("a", id("a", 1)));

    assertThat(row.status).isEqualTo(RunStatus.FAILED);
    assertThat(row.error).isEqualTo("RUN_CANCELED");
    assertThat(row.nodes.values()).allMatch(node -> node.state() == NodeState.FAILED);
  }

  @Test
  void aLongOutputIsCutInEventsAndWholeInItsNode() {
    begin(new Flows().http("a"), null);
    var longOne = RawJson.from("x".repeat(5_000));

    executed("a", DispatchResult.succeeded(longOne));

    assertThat(row.nodes.get("a").output()).isEqualTo(longOne);
    var event = row.events.stream().filter(e -> e.eventType().equals("node_succeeded")).findFirst();
    assertThat(event.orElseThrow().payload().text())
        .startsWith("{\"truncated\":true,\"preview\":")
        .endsWith("\"originalLength\":5002}");
  }

  @Test
  void noMoreNodesThanAllowedAreUnderWayAtOnce() {
    var flow = new Flows();
    for (int i = 0; i < 60; i++) flow.http("n" + i);

    assertThat(begin(flow, null)).hasSize(50);
    assertThat(nodes(executed("n0", ok()))).containsExactly("n50");
  }
}
