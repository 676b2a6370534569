package ai.vespid.gateway.control;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.bus.WorkflowRunner;
import ai.vespid.protocol.bus.WorkflowRunner.RunQueued;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Workflows and runs over HTTP and a real PostgreSQL (contract 4.6). */
final class WorkflowsTest {
  private static final String MANUAL =
      """
      {"version":"v2","trigger":{"type":"trigger.manual"},
       "nodes":[{"id":"a","type":"condition","config":{"value": 1.00}}]}
      """;

  private static ControlServer server;
  private static final LinkedBlockingQueue<WorkflowRunner> HEARD = new LinkedBlockingQueue<>();

  private ControlServer.Person owner;

  @BeforeAll
  static void start() {
    server = ControlServer.start();
    server.bus().subscribe(WorkflowRunner.NEWS, HEARD::add).await();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void someone() {
    owner = server.person();
  }

  private ControlServer.Reply post(String path) {
    return owner.own("POST", path).send();
  }

  private JsonObject workflow(String id) {
    return owner.own("GET", "/workflows/" + id).send().json().getJsonObject("workflow");
  }

  private void settings(String json) {
    server
        .database()
        .tenant(
            owner.organizationId,
            c -> c.query("update organizations set settings = '" + json + "'").execute())
        .await();
  }

  @Test
  void aWorkflowGoesFromDraftToPublishedToTheNextDraft() {
    var id = WorkflowSite.created(owner, MANUAL);
    var made = workflow(id);
    assertThat(made.getString("status")).isEqualTo("draft");
    assertThat(made.getInteger("revision")).isEqualTo(1);
    assertThat(made.getInteger("version")).isEqualTo(1);
    assertThat(made.getString("familyId")).isEqualTo(id);

    var changed =
        owner
            .own("PUT", "/workflows/" + id)
            .body("{\"name\":\"renamed\",\"editorState\":{\"x\":1}}")
            .send();
    assertThat(changed.json().getJsonObject("workflow").getString("name")).isEqualTo("renamed");

    var published = post("/workflows/" + id + "/publish").json().getJsonObject("workflow");
    assertThat(published.getString("status")).isEqualTo("published");
    assertThat(published.getInteger("version")).isEqualTo(2);
    assertThat(published.getString("publishedAt")).isNotNull();
    assertThat(post("/workflows/" + id + "/publish").status()).isEqualTo(409);
    assertThat(owner.own("PUT", "/workflows/" + id).body("{}").send().code()).isEqualTo("CONFLICT");

    var draft = post("/workflows/" + id + "/drafts");
    assertThat(draft.status()).isEqualTo(201);
    assertThat(draft.json().getJsonObject("workflow").getInteger("revision")).isEqualTo(2);
    assertThat(post("/workflows/" + id + "/drafts").status()).isEqualTo(409);
    var revisions = owner.own("GET", "/workflows/" + id + "/revisions").send().json();
    assertThat(revisions.getJsonArray("workflows")).hasSize(2);
  }

  @Test
  void keepsADefinitionAsItWasWritten() {
    var id = WorkflowSite.created(owner, MANUAL);

    var answer = owner.own("GET", "/workflows/" + id).send().response().body();

    assertThat(answer).contains("\"dsl\":" + MANUAL.strip());
  }

  @Test
  void namesTheRulesThatAGraphBreaks() {
    var graph =
        """
        {"version":"v3","trigger":{"type":"trigger.manual"},"graph":{"nodes":{
          "a":{"id":"a","type":"parallel.join"}},
          "edges":[{"id":"e","from":"a","to":"a"},{"id":"f","from":"a","to":"x"}]}}
        """;

    var reply =
        owner.own("POST", "/workflows").body("{\"name\":\"bad\",\"dsl\":" + graph + "}").send();

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.code()).isEqualTo("GRAPH_EDGE_INVALID");
    var issues = reply.json().getJsonObject("details").getJsonArray("issues");
    assertThat(issues).hasSize(2);
    assertThat(issues.getJsonObject(1).getString("code")).isEqualTo("GRAPH_CYCLE_DETECTED");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      value = {
        "{\"name\":\"n\",\"dsl\":{}} | name",
        "{\"name\":\"name\"} | dsl",
        "{\"name\":\"name\",\"dsl\":{}} | trigger",
        "{\"name\":\"name\",\"dsl\":{\"version\":\"v2\","
            + "\"trigger\":{\"type\":\"trigger.manual\"},\"nodes\":[{\"id\":\"a\"}]}} | dsl.nodes[0]",
      })
  void saysWhichFieldIsWrong(String body, String field) {
    var reply = owner.own("POST", "/workflows").body(body).send();

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.code()).isEqualTo("BAD_REQUEST");
    assertThat(reply.json().getString("message")).contains(field);
  }

  @Test
  void aDraftIsStrictAboutWhatMayBeChanged() {
    var id = WorkflowSite.created(owner, MANUAL);

    var reply = owner.own("PUT", "/workflows/" + id).body("{\"status\":\"published\"}").send();

    assertThat(reply.status()).isEqualTo(400);
    assertThat(workflow(id).getString("status")).isEqualTo("draft");
  }

  @Test
  void membersReadAndRunButDoNotChange() {
    var id = WorkflowSite.published(owner, MANUAL);
    var member = server.person();
    var invitation =
        owner
            .own("POST", "/invitations")
            .body(new JsonObject().put("email", member.email).put("roleKey", "member"))
            .send()
            .json()
            .getJsonObject("invitation");
    member.request("POST", "/v1/invitations/" + invitation.getString("token") + "/accept").send();

    var organization = owner.organizationId;
    assertThat(member.in(organization, "GET", "/workflows/" + id).send().status()).isEqualTo(200);
    assertThat(member.in(organization, "POST", "/workflows/" + id + "/runs").send().status())
        .isEqualTo(201);
    for (var path : List.of("/workflows/" + id + "/drafts", "/workflows/" + id + "/publish")) {
      assertThat(member.in(organization, "POST", path).send().code()).isEqualTo("FORBIDDEN");
    }
    assertThat(member.in(organization, "GET", "/secrets").send().code()).isEqualTo("FORBIDDEN");
    assertThat(member.in(organization, "GET", "/approvals").send().code()).isEqualTo("FORBIDDEN");
  }

  @Test
  void startsARunWithItsFirstEventAndTellsTheRunners() throws InterruptedException {
    var id = WorkflowSite.published(owner, MANUAL);

    var reply =
        owner.own("POST", "/workflows/" + id + "/runs").body("{\"input\":{\"n\" : 1.00}}").send();

    assertThat(reply.status()).isEqualTo(201);
    var run = reply.json().getJsonObject("run");
    assertThat(run.getString("status")).isEqualTo("queued");
    assertThat(run.getString("triggerSource")).isEqualTo("api.manual");
    assertThat(run.getInteger("maxAttempts")).isEqualTo(3);
    assertThat(reply.response().body()).contains("\"input\":{\"n\" : 1.00}");
    var events = events(id, run.getString("id"), "");
    assertThat(events.getJsonArray("events").getJsonObject(0).getString("eventType"))
        .isEqualTo("run_queued");
    var expected = new RunQueued(owner.organizationId, run.getString("id"));
    WorkflowRunner heard;
    do heard = HEARD.poll(5, TimeUnit.SECONDS);
    while (heard != null && !heard.equals(expected));
    assertThat(heard).isEqualTo(expected);
  }

  private JsonObject events(String workflowId, String runId, String query) {
    return owner
        .own("GET", "/workflows/" + workflowId + "/runs/" + runId + "/events" + query)
        .send()
        .json();
  }

  @Test
  void refusesToRunADraftAndWhatDoesNotExist() {
    var draft = WorkflowSite.created(owner, MANUAL);

    assertThat(post("/workflows/" + draft + "/runs").code()).isEqualTo("CONFLICT");
    assertThat(post("/workflows/nonsense/runs").status()).isEqualTo(404);
    assertThat(post("/workflows/" + owner.userId + "/runs").code()).isEqualTo("NOT_FOUND");
  }

  @Test
  void asksForTheEndOfARunOnceAndTellsTheRunners() throws InterruptedException {
    var id = WorkflowSite.published(owner, MANUAL);
    var run = WorkflowSite.run(owner, id).getString("id");
    var path = "/workflows/" + id + "/runs/" + run;

    assertThat(post(path + "/cancel").status()).isEqualTo(202);
    assertThat(post(path + "/cancel").status()).isEqualTo(202);

    var told = events(id, run, "").getJsonArray("events");
    assertThat(told).hasSize(2);
    assertThat(told.getJsonObject(1).getString("eventType")).isEqualTo("run_cancel_requested");
    assertThat(told.getJsonObject(1).getJsonObject("payload").encode()).contains(owner.userId);
    var expected = new WorkflowRunner.RunCanceled(owner.organizationId, run);
    WorkflowRunner heard;
    do heard = HEARD.poll(5, TimeUnit.SECONDS);
    while (heard != null && !heard.equals(expected));
    assertThat(heard).isEqualTo(expected);
    var nothing = "/workflows/" + id + "/runs/" + owner.userId + "/cancel";
    assertThat(post(nothing).code()).isEqualTo("NOT_FOUND");
  }

  @Test
  void boundsRunsInFlightAndPerMonth() {
    var id = WorkflowSite.published(owner, MANUAL);
    for (int i = 0; i < 3; i++) WorkflowSite.run(owner, id);

    var fourth = post("/workflows/" + id + "/runs");
    assertThat(fourth.status()).isEqualTo(429);
    assertThat(fourth.code()).isEqualTo("ORG_RUN_INFLIGHT_LIMIT_EXCEEDED");

    settings("{\"execution\":{\"quotas\":{\"runsInFlight\":9,\"runsPerMonth\":4}}}");
    assertThat(post("/workflows/" + id + "/runs").status()).isEqualTo(201);
    assertThat(post("/workflows/" + id + "/runs").code()).isEqualTo("ORG_RUN_QUOTA_EXCEEDED");
  }

  @Test
  void listsRunsNewestFirstWithoutGapsOrRepeats() {
    settings("{\"execution\":{\"quotas\":{\"tier\":\"enterprise\"}}}");
    var id = WorkflowSite.published(owner, MANUAL);
    var started =
        IntStream.range(0, 7).mapToObj(_ -> WorkflowSite.run(owner, id).getString("id")).toList();

    var seen = new ArrayList<String>();
    var cursor = "";
    do {
      var page = owner.own("GET", "/workflows/" + id + "/runs?limit=2" + cursor).send().json();
      ids(page.getJsonArray("runs")).forEach(seen::add);
      cursor =
          page.getString("nextCursor") == null ? null : "&cursor=" + page.getString("nextCursor");
    } while (cursor != null);

    assertThat(seen).containsExactlyElementsOf(started.reversed());
  }

  private static List<String> ids(JsonArray rows) {
    return rows.stream().map(row -> ((JsonObject) row).getString("id")).toList();
  }

  @Test
  void followsEventsByTheLastCursor() {
    var id = WorkflowSite.published(owner, MANUAL);
    var run = WorkflowSite.run(owner, id).getString("id");
    var approval = WorkflowSite.waiting(server, run);
    var first = events(id, run, "");
    assertThat(first.getJsonArray("events")).hasSize(1);
    var cursor = "?cursor=" + first.getString("nextCursor");
    assertThat(events(id, run, cursor).getString("nextCursor")).isNull();

    post("/approvals/" + approval + "/approve");

    var more = events(id, run, cursor).getJsonArray("events");
    assertThat(more).hasSize(1);
    assertThat(more.getJsonObject(0).getString("eventType")).isEqualTo("approval_approved");
    assertThat(more.getJsonObject(0).getLong("seq")).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({"limit=0", "limit=201", "limit=x", "cursor=bm90", "cursor=!!", "cursor=eyJzZXEiOjF9"})
  void refusesQueriesThatMakeNoSense(String query) {
    assertThat(owner.own("GET", "/workflows?" + query).send().code()).isEqualTo("BAD_REQUEST");
  }

  @Test
  void anApprovalIsDecidedOnceAndResumesItsRun() {
    var id = WorkflowSite.published(owner, MANUAL);
    var approval = WorkflowSite.waiting(server, WorkflowSite.run(owner, id).getString("id"));
    var pending = owner.own("GET", "/approvals?status=pending").send().json();
    assertThat(ids(pending.getJsonArray("approvals"))).containsExactly(approval);

    var approved =
        owner.own("POST", "/approvals/" + approval + "/approve").body("{\"note\":\"fine\"}").send();

    assertThat(approved.status()).isEqualTo(200);
    assertThat(approved.json().getBoolean("resumed")).isTrue();
    assertThat(approved.json().getJsonObject("approval").getString("decisionNote"))
        .isEqualTo("fine");
    assertThat(post("/approvals/" + approval + "/reject").code()).isEqualTo("CONFLICT");
    assertThat(post("/approvals/" + owner.userId + "/reject").status()).isEqualTo(404);
  }

  @Test
  void pagesAreStableWhileWorkflowsAreMade() {
    for (int i = 0; i < 5; i++) WorkflowSite.created(owner, MANUAL);
    var first = owner.own("GET", "/workflows?limit=3").send().json();
    WorkflowSite.created(owner, MANUAL);

    var rest =
        owner
            .own("GET", "/workflows?limit=3&cursor=" + first.getString("nextCursor"))
            .send()
            .json();

    var all = new HashSet<>(ids(first.getJsonArray("workflows")));
    all.addAll(ids(rest.getJsonArray("workflows")));
    assertThat(all).hasSize(5);
    assertThat(rest.getString("nextCursor")).isNull();
  }

  @Test
  void answersQuicklyToABodyThatNeverFits() {
    var started = System.nanoTime();

    var reply = owner.own("POST", "/workflows").body("{\"name\":\"" + "x".repeat(900_000) + "\"}");

    assertThat(reply.send().status()).isEqualTo(400);
    assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofSeconds(10));
  }
}
