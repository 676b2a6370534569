package ai.vespid.gateway.control;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.gateway.memory.SessionMemoryVerticle;
import ai.vespid.sql.MemoryJobRepository;
import ai.vespid.sql.MemoryRepository;
import ai.vespid.sql.MemoryRepository.Document;
import ai.vespid.sql.TriggerRepository;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** An organization sees, reaches and changes nothing of another, on any endpoint. */
final class TenantIsolationTest {
  private static ControlServer server;
  private static ControlServer.Person alice;
  private static ControlServer.Person mallory;
  private static String executorId;
  private static WorkflowSite site;
  private static JsonObject session;
  private static JsonObject binding;
  private static String ruleId;
  private static String alertId;
  private static String jobId;
  private static String documentId;

  @BeforeAll
  static void start() {
    server = ControlServer.start();
    alice = server.person();
    mallory = server.person();
    executorId = alice.pair("alices").getString("executorId");
    alice.own("PUT", "/agents/" + executorId + "/tags").body("{\"tags\":[\"hers\"]}").send();
    site = WorkflowSite.of(server, alice);
    session =
        alice
            .own("POST", "/sessions")
            .body(
                """
                {"title":"of hers","engine":{"id":"scripted"},"prompt":{"instructions":"x"},"tools":{}}
                """)
            .send()
            .json()
            .getJsonObject("session");
    binding =
        alice
            .own("POST", "/agent-bindings")
            .body("{\"agentId\":\"" + executorId + "\",\"dimension\":\"default\"}")
            .send()
            .json()
            .getJsonObject("binding");
    ruleId =
        alice
            .own("POST", "/policy-rules")
            .body("{\"name\":\"of hers\",\"effect\":\"deny\"}")
            .send()
            .json()
            .getJsonObject("rule")
            .getString("id");
    new TriggerRepository(server.database())
        .failed(site.subscriptionId(), null, Instant.now(), "of hers", 1)
        .await();
    var alerts = alice.own("GET", "/alerts").send().json().getJsonArray("alerts");
    alertId = alerts.getJsonObject(0).getString("id");
    remember();
  }

  private static void remember() {
    var job = alice.own("POST", "/memory/sync").body("{}").send().json().getJsonObject("job");
    jobId = job.getString("id");
    var document = new Document(null, "main", "MEMORY.md", "of hers", "hash", List.of(), null);
    var memory = new MemoryRepository(server.database());
    documentId = memory.put(alice.organizationId, document, null).await().orElseThrow().id();
    var node = server.node();
    var wishes = new MemoryJobRepository(server.database());
    server.local().deploy(() -> new SessionMemoryVerticle(node, memory, wishes), new JsonObject());
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  static Stream<Arguments> organizationOperations() {
    var paths = ControlVerticle.document().getJsonObject("paths");
    return paths.fieldNames().stream()
        .filter(path -> path.contains("{orgId}"))
        .flatMap(path ->
            paths.getJsonObject(path).fieldNames().stream()
                .filter(method -> !method.equals("parameters"))
                .map(method -> Arguments.of(method.toUpperCase(Locale.ROOT), path)));
  }

  /** A body that every operation would accept for what it needs. */
  private static JsonObject anyBody() {
    return new JsonObject()
        .put("roleKey", "member")
        .put("email", mallory.email)
        .put("tags", new JsonArray().add("his"))
        .put("labels", new JsonArray().add("his"));
  }

  /** One that the operation accepts, where it takes only certain fields. */
  private static String body(String path, JsonObject otherwise) {
    if (path.endsWith("/settings") || path.endsWith("approve") || path.endsWith("reject")) {
      return "{}";
    }
    if (path.endsWith("/{ruleId}")) return "{\"enabled\":false}";
    if (path.endsWith("/commands")) return "{\"type\":\"system\",\"action\":\"info\"}";
    if (path.endsWith("/{workflowId}")) return "{\"name\":\"stolen\"}";
    if (path.endsWith("/{secretId}")) return "{\"value\":\"stolen\"}";
    if (path.endsWith("/{subscriptionId}")) return "{\"enabled\":false}";
    if (path.endsWith("/test-key")) return "{\"secretId\":\"" + site.secretId() + "\"}";
    return otherwise.encode();
  }

  private static String filled(String path, String organization) {
    return path.replace("{orgId}", organization)
        .replace("{executorId}", executorId)
        .replace("{commandId}", "theirs")
        .replace("{provider}", "openai")
        .replace("{memberId}", alice.userId)
        .replace("{workflowId}", site.workflowId())
        .replace("{runId}", site.runId())
        .replace("{secretId}", site.secretId())
        .replace("{subscriptionId}", site.subscriptionId())
        .replace("{approvalId}", site.approvalId())
        .replace("{sessionId}", session.getString("id"))
        .replace("{bindingId}", binding.getString("id"))
        .replace("{ruleId}", ruleId)
        .replace("{jobId}", jobId)
        .replace("{docId}", documentId)
        .replace("{alertId}", alertId);
  }

  private static JsonObject everythingOfAlices() {
    return new JsonObject()
        .put("agents", alice.own("GET", "/agents").send().json())
        .put("members", alice.own("GET", "/members").send().json())
        .put("settings", alice.own("GET", "/settings").send().json())
        .put("workflows", alice.own("GET", "/workflows").send().json())
        .put("runs", alice.own("GET", site.runs()).send().json())
        .put("events", alice.own("GET", site.runs() + "/" + site.runId() + "/events").send().json())
        .put("secrets", alice.own("GET", "/secrets").send().json())
        .put("triggers", alice.own("GET", "/triggers").send().json())
        .put("approvals", alice.own("GET", "/approvals").send().json())
        .put("sessions", alice.own("GET", "/sessions").send().json())
        .put("rules", alice.own("GET", "/policy-rules").send().json())
        .put("alerts", alice.own("GET", "/alerts").send().json())
        .put("bindings", alice.own("GET", "/agent-bindings").send().json())
        .put("orgs", alice.request("GET", "/v1/me").send().json());
  }

  @ParameterizedTest
  @MethodSource("organizationOperations")
  void refusesEveryOperationOnAForeignOrganization(String method, String path) {
    var before = everythingOfAlices();
    var body = body(path, anyBody());

    var reply =
        mallory
            .request(method, filled(path, alice.organizationId))
            .header("X-Org-Id", alice.organizationId)
            .body(body)
            .send();

    assertThat(reply.status()).as(reply.toString()).isEqualTo(403);
    assertThat(reply.code()).isEqualTo("ORG_ACCESS_DENIED");
    assertThat(everythingOfAlices()).isEqualTo(before);
  }

  @ParameterizedTest
  @MethodSource("organizationOperations")
  void reachesNothingForeignThroughTheOwnOrganization(String method, String path) {
    var before = everythingOfAlices();
    var body = body(path, anyBody().put("email", alice.email));

    var reply =
        mallory
            .request(method, filled(path, mallory.organizationId))
            .header("X-Org-Id", mallory.organizationId)
            .body(body)
            .send();

    if (path.replace("{orgId}", "").contains("{")) {
      assertThat(reply.status()).as(reply.toString()).isEqualTo(404);
    }
    assertThat(reply.response().body()).doesNotContain(executorId, alice.userId, "hers", "of hers");
    assertThat(everythingOfAlices()).isEqualTo(before);
  }

  @ParameterizedTest
  @MethodSource("organizationOperations")
  void refusesEveryOperationWithoutAnIdentity(String method, String path) {
    var reply =
        server
            .request(method, filled(path, alice.organizationId))
            .header("X-Org-Id", alice.organizationId)
            .body(anyBody())
            .send();

    assertThat(reply.status()).isEqualTo(401);
    assertThat(reply.code()).isEqualTo("UNAUTHORIZED");
  }

  @Test
  void aPairingTokenCountsOnlyWhereItWasMade() {
    var secret = alice.pairingToken().substring(37);

    var reply =
        server
            .request("POST", "/v1/agents/pair")
            .body(ControlServer.pairing(mallory.organizationId + "." + secret, "n"))
            .send();

    assertThat(reply.status()).isEqualTo(401);
    assertThat(mallory.own("GET", "/agents").send().json().getJsonArray("agents")).isEmpty();
  }
}
