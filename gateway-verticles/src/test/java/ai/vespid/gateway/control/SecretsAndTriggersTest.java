package ai.vespid.gateway.control;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.kit.crypto.Envelope;
import ai.vespid.sql.SecretRepository;
import io.vertx.core.json.JsonObject;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Secrets and triggers over HTTP and a real PostgreSQL (contract 4.6 and 4.7). */
final class SecretsAndTriggersTest {
  private static final String VALUE = "ghp_TheValueNobodyReadsBack";

  private static ControlServer server;
  private ControlServer.Person owner;

  @BeforeAll
  static void start() {
    server = ControlServer.start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void someone() {
    owner = server.person();
  }

  private ControlServer.Reply store(String connector, String name, String value) {
    var body = new JsonObject().put("connectorId", connector).put("name", name).put("value", value);
    return owner.own("POST", "/secrets").body(body).send();
  }

  private String opened(String id) {
    var sealed =
        new SecretRepository(server.database())
            .sealed(owner.organizationId, id)
            .await()
            .orElseThrow()
            .sealed();
    return ControlServer.ENVELOPE.open(
        new Envelope.Sealed(
            sealed.kekId(), sealed.wrappedDek().getBytes(), sealed.ciphertext().getBytes()));
  }

  private String webhook(String token) {
    return WorkflowSite.published(
        owner,
        """
        {"version":"v2","trigger":{"type":"trigger.webhook","config":{"token":"%s"}},
         "nodes":[{"id":"a","type":"condition"}]}
        """
            .formatted(token));
  }

  private static ControlServer.Request hook(String token) {
    return server.request("POST", "/v1/triggers/webhook/" + token);
  }

  @Test
  void storesASecretSealedAndNeverTellsItsValue() {
    var stored = store("github", "token", VALUE);

    assertThat(stored.status()).isEqualTo(201);
    var id = stored.json().getJsonObject("secret").getString("id");
    assertThat(opened(id)).isEqualTo(VALUE);
    var listed = owner.own("GET", "/secrets?connectorId=github").send();
    assertThat(listed.json().getJsonArray("secrets")).hasSize(1);
    assertThat(owner.own("GET", "/secrets?connectorId=slack").send().json().getJsonArray("secrets"))
        .isEmpty();
    for (var reply : new ControlServer.Reply[] {stored, listed}) {
      assertThat(reply.response().body()).doesNotContain(VALUE, "ciphertext", "wrapped", "kek");
    }
  }

  @Test
  void rotatesAndDeletesASecret() {
    var id = store("llm.openai", "key", "first").json().getJsonObject("secret").getString("id");

    var rotated = owner.own("PUT", "/secrets/" + id).body("{\"value\":\"second\"}").send();

    assertThat(rotated.status()).isEqualTo(200);
    assertThat(opened(id)).isEqualTo("second");
    assertThat(owner.own("DELETE", "/secrets/" + id).send().status()).isEqualTo(200);
    assertThat(owner.own("DELETE", "/secrets/" + id).send().code()).isEqualTo("SECRET_NOT_FOUND");
    assertThat(owner.own("PUT", "/secrets/" + id).body("{\"value\":\"x\"}").send().code())
        .isEqualTo("SECRET_NOT_FOUND");
  }

  @Test
  void namesWhatIsWrongWithASecret() {
    assertThat(store("github", "n", "  ").code()).isEqualTo("SECRET_VALUE_REQUIRED");
    var unknown = store("gitlab", "n", VALUE);
    assertThat(unknown.status()).isEqualTo(400);
    assertThat(unknown.json().getJsonObject("details").getJsonArray("allowed")).contains("github");
    store("github", "n", VALUE);
    var second = store("github", "n", VALUE);
    assertThat(second.status()).isEqualTo(409);
    assertThat(second.code()).isEqualTo("SECRET_ALREADY_EXISTS");
    assertThat(unknown.response().body() + second.response().body()).doesNotContain(VALUE);
  }

  @Test
  void aWebhookStartsARunOncePerKey() {
    var token = "hook-" + UUID.randomUUID();
    var workflow = webhook(token);

    var first = hook(token).header("x-idempotency-key", "k1").body("[1.00, null]").send();
    var again = hook(token).header("x-trigger-id", "k1").body("[2]").send();

    assertThat(first.status()).isEqualTo(202);
    assertThat(again.json()).isEqualTo(new JsonObject("{\"accepted\":true,\"duplicate\":true}"));
    var run =
        owner
            .own("GET", "/workflows/" + workflow + "/runs/" + first.json().getString("runId"))
            .send();
    assertThat(run.response().body()).contains("\"input\":[1.00, null]");
    assertThat(run.json().getJsonObject("run").getString("triggerType")).isEqualTo("webhook");
    assertThat(hook(token).send().status()).isEqualTo(202);
  }

  @Test
  void anUnknownOrSwitchedOffWebhookIsNoTrigger() {
    var token = "hook-" + UUID.randomUUID();
    webhook(token);
    var listed = owner.own("GET", "/triggers").send();
    assertThat(listed.response().body()).doesNotContain(token);
    var id = listed.json().getJsonArray("subscriptions").getJsonObject(0).getString("id");

    var off = owner.own("PATCH", "/triggers/" + id).body("{\"enabled\":false}").send();

    assertThat(off.json().getJsonObject("subscription").getBoolean("enabled")).isFalse();
    assertThat(hook(token).send().code()).isEqualTo("TRIGGER_NOT_FOUND");
    assertThat(hook("short").send().code()).isEqualTo("TRIGGER_NOT_FOUND");
    assertThat(hook("nobodys-token").send().status()).isEqualTo(404);
    owner.own("PATCH", "/triggers/" + id).body("{\"enabled\":true}").send();
    assertThat(hook(token).body("{broken").send().status()).isEqualTo(400);
    assertThat(hook(token).send().status()).isEqualTo(202);
  }

  @Test
  void aTokenBelongsToOneWorkflow() {
    var token = "hook-" + UUID.randomUUID();
    webhook(token);
    var other = server.person();
    var id =
        WorkflowSite.created(
            other,
            """
            {"version":"v2","trigger":{"type":"trigger.webhook","token":"%s"},
             "nodes":[{"id":"a","type":"condition"}]}
            """
                .formatted(token));

    var reply = other.own("POST", "/workflows/" + id + "/publish").send();

    assertThat(reply.status()).isEqualTo(409);
    assertThat(reply.response().body()).doesNotContain(token);
  }

  @Test
  void boundsGuessesOfWebhookTokens() {
    try (var narrow = ControlServer.start(new JsonObject().put("webhooksPerMinute", 2))) {
      var path = "/v1/triggers/webhook/nobodys-token";
      narrow.request("POST", path).send();
      narrow.request("POST", path).send();

      assertThat(narrow.request("POST", path).send().code()).isEqualTo("RATE_LIMITED");
    }
  }

  @Test
  void aChannelStartsARunForAMember() {
    var workflow = WorkflowSite.published(owner, WorkflowSite.HEARTBEAT);
    var body =
        new JsonObject()
            .put("organizationId", owner.organizationId)
            .put("workflowId", workflow)
            .put("requestedByUserId", owner.userId)
            .put("payload", new JsonObject().put("text", "hi"));
    var request = "/internal/v1/channels/trigger-run";

    var started =
        server
            .request("POST", request)
            .header("X-Service-Token", ControlServer.SERVICE_TOKEN)
            .body(body)
            .send();
    var stranger = server.person();
    var foreign =
        server
            .request("POST", request)
            .header("X-Service-Token", ControlServer.SERVICE_TOKEN)
            .body(body.copy().put("requestedByUserId", stranger.userId))
            .send();

    assertThat(started.status()).isEqualTo(201);
    assertThat(started.json().getJsonObject("run").getString("triggerSource"))
        .isEqualTo("channel.internal");
    assertThat(foreign.status()).isEqualTo(400);
    assertThat(server.request("POST", request).body(body).send().status()).isEqualTo(401);
  }
}
