package ai.vespid.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.kit.node.Member.State;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the internal API answers to what it should not be sent. */
class IngressTest {
  private static TestGateway gateway;

  @BeforeAll
  static void start() {
    gateway = new TestGateway().start();
  }

  @AfterAll
  static void stop() {
    gateway.close();
  }

  @Test
  void demandsItsTokenOnEveryPathButHealth() {
    for (var path : new String[] {"/internal/v1/dispatch", "/internal/v1/results/0123456789"}) {
      var answer = gateway.send(HttpMethod.POST, path, "{}", "wrong").await();
      assertThat(answer.status()).isEqualTo(401);
      assertThat(answer.code()).isEqualTo("UNAUTHORIZED");
    }
    var health = gateway.send(HttpMethod.GET, "/healthz", null, null).await();
    assertThat(health.body()).isEqualTo(new JsonObject().put("ok", true).put("edgeId", "gw-1"));
  }

  @Test
  void isNotReadyBeforeItServes() {
    gateway.node.membership().state("gw-1", State.STARTING);
    var starting = gateway.send(HttpMethod.GET, "/readyz", null, null).await();
    gateway.node.membership().state("gw-1", State.SERVING);
    var serving = gateway.send(HttpMethod.GET, "/readyz", null, null).await();

    assertThat(starting.status()).isEqualTo(503);
    assertThat(starting.body().getBoolean("ready")).isFalse();
    assertThat(starting.body().getBoolean("draining")).isFalse();
    assertThat(serving.status()).isEqualTo(200);
    assertThat(serving.body().getBoolean("ready")).isTrue();
  }

  @Test
  void namesTheFieldThatIsWrong() {
    var wrong =
        Map.of(
            "organizationId",
            "11111111-1111-1111-1111-111111111111",
            "attemptCount",
            0,
            "timeoutMs",
            999,
            "nodeId",
            "",
            "kind",
            "agent.dance",
            "maxWaitMs",
            1.5,
            "executorSelector",
            Map.of("pool", "byon", "executorId", "x"));
    wrong.forEach((field, value) -> {
      var body = gateway.body(UUID.randomUUID().toString()).put(field, value);
      var answer = gateway.post("/internal/v1/dispatch", body.encode()).await();
      assertThat(answer.status()).as(field).isEqualTo(400);
      assertThat(answer.code()).isEqualTo("BAD_REQUEST");
      assertThat(answer.body().getString("message")).contains(field);
    });
  }

  @Test
  void refusesMalformedMissingAndOversizedBodies() {
    assertThat(gateway.post("/internal/v1/dispatch", "{\"a\":").await().code())
        .isEqualTo("BAD_REQUEST");
    assertThat(gateway.post("/internal/v1/dispatch", "").await().code()).isEqualTo("BAD_REQUEST");
    assertThat(gateway.post("/internal/v1/dispatch", "[".repeat(100_000)).await().code())
        .isEqualTo("BAD_REQUEST");
    var large = "\"" + "x".repeat(9 * 1024 * 1024) + "\"";
    assertThat(gateway.post("/internal/v1/dispatch", large).await().code())
        .isEqualTo("PAYLOAD_TOO_LARGE");
  }

  @Test
  void neverRepeatsWhatWasSent() {
    var body = gateway.body(UUID.randomUUID().toString()).put("secret", 42).encode();
    var broken = body.replace("\"secret\":42", "\"secret\":\"hunter2");

    assertThat(gateway.post("/internal/v1/dispatch", broken).await().body().encode())
        .doesNotContain("hunter2");
  }

  @Test
  void wantsConnectorActionsToNameConnectorAndAction() {
    var body = gateway.body(UUID.randomUUID().toString()).put("kind", "connector.action");
    var answer = gateway.post("/internal/v1/dispatch", body.encode()).await();

    assertThat(answer.body().getString("message")).contains("payload.connectorId");
  }

  @Test
  void acceptsLongAndEncodedRequestIds() {
    var id = UUID.randomUUID() + ":" + "n".repeat(400) + ":1";
    assertThat(gateway.get("/internal/v1/results/" + id.replace(":", "%3A")).code())
        .isEqualTo("RESULT_NOT_READY");
    assertThat(gateway.get("/internal/v1/results/short").code()).isEqualTo("BAD_REQUEST");
    assertThat(gateway.get("/internal/v1/results/%zz01234567").status()).isEqualTo(400);
    assertThat(gateway.get("/internal/v1/executors/routes").code()).isEqualTo("BAD_REQUEST");
    assertThat(gateway.get("/internal/v1/nothing").code()).isEqualTo("NOT_FOUND");
  }

  @Test
  void storesAndServesFilesUnderSignedUrlsOnly() {
    var organization = UUID.randomUUID().toString();
    var credentials = gateway.executor(organization);
    try (var agent =
        FakeAgent.extended(gateway, credentials).onInvoke((_, _) -> {}).connect(gateway)) {
      var body = gateway.body(organization);
      var first = gateway.post("/internal/v1/dispatch", body.encode());
      var invoke = agent.await("invoke_tool_v2");
      assertThat(invoke.getJsonObject("workspace").getLong("version")).isZero();
      var upload = invoke.getJsonObject("workspaceAccess").getJsonObject("upload");
      var path = java.net.URI.create(upload.getString("url"));
      var put = path.getPath() + "?" + path.getQuery();
      assertThat(gateway.send(HttpMethod.PUT, path.getPath(), "x", null).await().code())
          .isEqualTo("WORKSPACE_URL_INVALID");
      assertThat(gateway.send(HttpMethod.GET, put, null, null).await().code())
          .isEqualTo("WORKSPACE_URL_INVALID");
      var archive = new JsonObject().put("archive", "x".repeat(3_000_000)).encode();
      assertThat(gateway.send(HttpMethod.PUT, put, archive, null).await().status()).isEqualTo(200);
      agent.send(
          agent
              .result(invoke)
              .put(
                  "workspace",
                  new JsonObject()
                      .put(
                          "workspaceId", invoke.getJsonObject("workspace").getString("workspaceId"))
                      .put("version", 1)
                      .put("objectKey", upload.getString("objectKey"))));
      assertThat(first.await().body().getString("status")).isEqualTo("succeeded");

      gateway.post("/internal/v1/dispatch", body.put("nodeId", "n2").encode());
      var next = agent.await("invoke_tool_v2");
      assertThat(next.getJsonObject("workspace").getLong("version")).isEqualTo(1);
      var download =
          java.net.URI.create(next.getJsonObject("workspaceAccess").getString("downloadUrl"));
      var got =
          gateway
              .send(HttpMethod.GET, download.getPath() + "?" + download.getQuery(), null, null)
              .await();
      assertThat(got.body().encode()).isEqualTo(archive);
    }
  }
}
