package ai.vespid.worker;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.RawJson;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs from their start to their end: worker, gateway, PostgreSQL and Redis are real. */
@Timeout(120)
final class WorkflowRunTest {
  private TestWorld world;

  @BeforeEach
  void start() {
    world = new TestWorld().gateway();
  }

  @AfterEach
  void stop() {
    world.close();
  }

  private static JsonObject node(String id, String type, JsonObject config) {
    return new JsonObject().put("id", id).put("type", type).put("config", config);
  }

  private JsonObject action(String mode) {
    var config =
        new JsonObject()
            .put("connectorId", "github")
            .put("actionId", "issue.create")
            .put("input", new JsonObject().put("repo", "a/b").put("title", "T"))
            .put(
                "auth", new JsonObject().put("secretId", world.secret("github", TestWorld.SECRET)));
    if (mode != null) config.put("execution", new JsonObject().put("mode", mode));
    return node("issue", "connector.action", config);
  }

  private static JsonObject shell(String id) {
    var task = new JsonObject().put("type", "shell").put("script", "true");
    return node(id, "agent.execute", new JsonObject().put("task", task));
  }

  private String run(JsonObject... nodes) {
    var dsl =
        new JsonObject()
            .put("version", "v2")
            .put("trigger", new JsonObject().put("type", "trigger.manual"))
            .put("nodes", new JsonArray(List.of(nodes)));
    return world.run(world.workflow(RawJson.of(dsl.encode())));
  }

  private void ends(String run, String status) {
    world.until(
        run + " is " + status, () -> List.of("succeeded", "failed").contains(world.status(run)));
    assertThat(world.status(run)).as("%s: %s", world.told(run), world.error(run)).isEqualTo(status);
  }

  @ParameterizedTest
  @ValueSource(strings = {"node", "executor"})
  void aRemoteActionIsDispatchedWithItsCursorPersistedAndSucceeds(String mode) {
    var agent = new TestAgent(world).waits();
    world.workerBeside(new JsonObject());
    var run = run(action(mode));

    world.until("it is dispatched", () -> world.told(run).contains("node_dispatched:issue"));
    world.until("the agent has it", () -> agent.invokes.size() == 1);
    var row =
        world
            .sql(
                """
                SELECT n.state, n.request_id, n.kind, n.timeout_at, r.status, r.claim_owner,
                    r.cursor::text
                FROM workflow_run_nodes n JOIN workflow_runs r ON r.id = n.run_id WHERE r.id = $1
                """,
                TestWorld.id(run))
            .iterator()
            .next();
    assertThat(row.getString("state")).isEqualTo("blocked");
    assertThat(row.getString("request_id")).isEqualTo(run + ":issue:1");
    assertThat(row.getString("kind")).isEqualTo("connector.action");
    assertThat(row.getOffsetDateTime("timeout_at")).isNotNull();
    assertThat(row.getString("status")).isEqualTo("running");
    assertThat(row.getString("claim_owner")).isNull();
    assertThat(row.getString("cursor")).contains(run + ":issue:1").doesNotContain(TestWorld.SECRET);
    assertThat(agent.invokes.getFirst().getString("secret")).isEqualTo(TestWorld.SECRET);
    agent.tell(new JsonObject().put("seq", 1).put("kind", "log").put("level", "warn"));
    agent.tell(new JsonObject().put("seq", 1).put("kind", "log").put("level", "warn"));
    world.until("it is told", () -> world.told(run).contains("remote_event:issue"));
    agent.answer();

    ends(run, "succeeded");
    assertThat(world.told(run))
        .containsExactly(
            "run_started",
            "node_started:issue",
            "node_dispatched:issue",
            "remote_event:issue",
            "remote_result_received:issue",
            "node_succeeded:issue",
            "run_succeeded");
  }

  @Test
  void theSecretOfAnActionStandsInNoTableAndInNoMessageOfTheBus() {
    var agent = new TestAgent(world).waits();
    world.workerBeside(new JsonObject());
    var run = run(action("node"));
    world.until("the agent has it", () -> agent.invokes.size() == 1);

    assertThat(EveryRow.of(world)).anyMatch(row -> row.contains(run)).noneMatch(EveryRow::telling);
    agent.answer();
    ends(run, "succeeded");

    assertThat(agent.invokes.getFirst().getString("secret")).isEqualTo(TestWorld.SECRET);
    assertThat(EveryRow.of(world)).noneMatch(EveryRow::telling);
    assertThat(world.bus)
        .anyMatch(said -> said.contains(run + ":issue:1") && said.contains("Offer"));
    assertThat(world.bus).noneMatch(EveryRow::telling);
  }

  @Test
  void anActionInTheCloudIsCarriedOutByTheWorker() {
    try (var github = new Service(world.vertx)) {
      github.answers(201, "{\"number\":7,\"html_url\":\"https://x/7\"}");
      world.workerBeside(new JsonObject().put("githubApiBaseUrl", github.url()));

      var run =
          run(action(null), node("n", "http.request", new JsonObject().put("url", github.url())));

      ends(run, "succeeded");
      assertThat(github.seen().getFirst().header("authorization"))
          .isEqualTo("Bearer " + TestWorld.SECRET);
      assertThat(github.seen()).hasSize(2);
      assertThat(world.told(run)).containsSubsequence("node_succeeded:issue", "node_succeeded:n");
    }
  }

  @Test
  void withoutAGatewayRemoteNodesSaySo() {
    world.workerBeside(
        new JsonObject().put("gatewayUrl", "").put("retryBackoffMs", 1_000).put("sweepMs", 50));

    var run = run(shell("a"));

    ends(run, "failed");
    assertThat(world.error(run)).isEqualTo("GATEWAY_NOT_CONFIGURED");
    assertThat(world.told(run)).filteredOn("node_started:a"::equals).hasSize(3);
  }

  @Test
  void aRuleOfTheOrganizationForbidsANodeOrAsksAPerson() {
    policyRule("no writes", "deny", "{\"actionIdPrefixes\": [\"issue.\"]}");
    policyRule("ask", "require_approval", "{\"taskType\": \"shell\"}");
    world.workerBeside(new JsonObject());

    var denied = run(action("cloud"));
    var asked = run(shell("a"));

    ends(denied, "failed");
    assertThat(world.error(denied)).isEqualTo("POLICY_DENIED:no writes");
    world.until("a person is asked", () -> world.told(asked).contains("approval_requested:a"));
    assertThat(world.told(asked)).doesNotContain("node_dispatched:a");
    assertThat(world.status(asked)).isEqualTo("running");
  }

  private void policyRule(String name, String effect, String scope) {
    world.sql(
        """
        INSERT INTO organization_policy_rules (organization_id, name, effect, scope)
        VALUES ($1, $2, $3, $4::text::jsonb)
        """,
        TestWorld.id(world.organization),
        name,
        effect,
        scope);
  }

  @Test
  void nothingRunsTwiceWhenWorkersAreKilledAgainAndAgain() {
    var agent = new TestAgent(world);
    var quick = new JsonObject().put("leaseMs", 400).put("sweepMs", 50).put("lingerMs", 20);
    var nodes = new JsonObject[20];
    for (int i = 0; i < nodes.length; i++) nodes[i] = shell("n" + i);
    var runs = List.of(run(nodes), run(nodes), run(nodes));
    var random = new Random(1);

    for (int kills = 0; kills < 8; kills++) {
      var worker = world.worker(quick);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100 + random.nextInt(500)));
      world.kill(worker);
    }
    world.worker(quick);

    for (var run : runs) {
      ends(run, "succeeded");
      assertThat(world.told(run)).filteredOn(told -> told.startsWith("node_succeeded")).hasSize(20);
      assertThat(world.told(run)).doesNotHaveDuplicates();
    }
    var ids = agent.invokes.stream().map(invoke -> invoke.getString("requestId")).toList();
    assertThat(ids).hasSize(60).doesNotHaveDuplicates();
  }

  @Test
  void aWorkerThatStopsEndsItsStepAndGivesTheRestOfItsRunBackAtOnce() {
    try (var service = new Service(world.vertx)) {
      service.answers(one -> world.vertx.setTimer(30, _ -> one.request().response().end("{}")));
      var nodes = new JsonObject[20];
      for (int i = 0; i < nodes.length; i++) {
        var post = new JsonObject().put("url", service.url()).put("method", "POST");
        nodes[i] = node("n" + i, "http.request", post);
      }
      var first = world.worker(new JsonObject());
      var run = run(nodes);
      world.until("it is at work", () -> service.seen().size() > 3);

      world.stop(first);

      long stopped = System.nanoTime();
      int before = service.seen().size();
      world.worker(new JsonObject());
      ends(run, "succeeded");
      assertThat(before).isLessThan(20);
      // Its lease would have been longer.
      assertThat(System.nanoTime() - stopped).isLessThan(TimeUnit.SECONDS.toNanos(10));
      assertThat(service.seen()).hasSize(20);
      var keys = service.seen().stream().map(seen -> seen.header("idempotency-key")).toList();
      assertThat(keys).doesNotContainNull().doesNotHaveDuplicates();
    }
  }

  @Test
  void branchesWithoutFilesAreAtTheirAgentsAtTheSameTime() {
    var agent = new TestAgent(world).waits();
    world.workerBeside(new JsonObject());
    var nodes = new JsonObject();
    for (var id : List.of("east", "west")) {
      var node = shell(id);
      node.getJsonObject("config").put("execution", new JsonObject().put("workspace", "none"));
      nodes.put(id, node);
    }
    var dsl =
        new JsonObject()
            .put("version", "v3")
            .put("trigger", new JsonObject().put("type", "trigger.manual"))
            .put("graph", new JsonObject().put("nodes", nodes).put("edges", new JsonArray()));
    var run = world.run(world.workflow(RawJson.of(dsl.encode())));

    world.until("both are under way", () -> agent.invokes.size() == 2);
    agent.answer();
    ends(run, "succeeded");
  }

  @Test
  void aHeldRunIsToldOfItsResultsWithoutThatTheyAreLeftAtItsNodes() {
    new TestAgent(world);
    // However slow the machine is, the run is still held.
    world.workerBeside(new JsonObject().put("lingerMs", 60_000));
    var nodes = new JsonObject[20];
    for (int i = 0; i < nodes.length; i++) nodes[i] = shell("n" + i);

    ends(run(nodes), "succeeded");

    assertThat(world.brought("hand")).isGreaterThan(15);
  }

  @Test
  void twoWorkersOnOneDatabaseShareTheLoad() {
    try (var service = new Service(world.vertx)) {
      service.answers(one -> world.vertx.setTimer(20, _ -> one.request().response().end("{}")));
      var call = new JsonObject().put("url", service.url());
      var few = new JsonObject().put("runsMax", 10).put("sweepMs", 50);
      var workflow = new JsonObject[] {node("a", "http.request", call)};
      var runs = new ArrayList<String>();
      for (int i = 0; i < 100; i++) runs.add(run(workflow));

      var workers = List.of(world.worker(few), world.worker(few));

      for (var run : runs) ends(run, "succeeded");
      assertThat(service.seen()).hasSize(100);
      assertThat(workers).allMatch(worker -> world.ended(worker) >= 20);
      assertThat(workers.stream().mapToDouble(world::ended).sum()).isEqualTo(100);
    }
  }
}
