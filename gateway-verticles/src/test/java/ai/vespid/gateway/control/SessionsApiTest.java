package ai.vespid.gateway.control;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.gateway.registry.SessionRegistryVerticle;
import ai.vespid.gateway.sessions.SessionTurnsVerticle;
import ai.vespid.sql.ExecutorRepository;
import ai.vespid.sql.SessionOwnerRepository;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Sessions as the control API offers them; their home runs beside it, without any agent. */
@Timeout(60)
final class SessionsApiTest {
  private static ControlServer server;
  private static ControlServer.Person owner;

  @BeforeAll
  static void start() {
    server = ControlServer.start();
    owner = server.person();
    var node = server.node();
    server
        .local()
        .deploy(
            () -> new SessionRegistryVerticle(node, new ExecutorRepository(server.database())),
            new JsonObject());
    server
        .local()
        .deploy(
            () ->
                new SessionTurnsVerticle(
                    node, 0, new SessionOwnerRepository(server.database().gateway())),
            new JsonObject());
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static JsonObject body() {
    return new JsonObject()
        .put("engine", new JsonObject().put("id", "scripted"))
        .put("prompt", new JsonObject().put("instructions", "be brief"))
        .put("tools", new JsonObject().put("allow", new JsonArray().add("shell.run")));
  }

  private static JsonObject created(ControlServer.Person person, JsonObject body) {
    var reply = person.own("POST", "/sessions").body(body).send();
    assertThat(reply.status()).as(reply.toString()).isEqualTo(201);
    return reply.json().getJsonObject("session");
  }

  private static JsonArray events(String path) {
    return owner.own("GET", path + "/events").send().json().getJsonArray("events");
  }

  @Test
  void takesAMessageAndTellsWhatBecameOfIt() {
    var session = created(owner, body().put("title", "first"));
    var path = "/sessions/" + session.getString("id");
    var message = new JsonObject().put("message", "hello").put("idempotencyKey", "k");
    var reply = owner.own("POST", path + "/messages").body(message).send();
    assertThat(reply.status()).isEqualTo(202);
    assertThat(reply.json().getBoolean("accepted")).isTrue();
    assertThat(reply.json().getJsonObject("event").getLong("seq")).isEqualTo(1);
    while (events(path).size() < 3) Thread.onSpinWait();

    assertThat(events(path).getJsonObject(2).getString("eventType")).isEqualTo("error");
    assertThat(events(path).getJsonObject(2).getJsonObject("payload").getString("code"))
        .isEqualTo("NO_AGENT_AVAILABLE");
    assertThat(session.getString("executionMode")).isEqualTo("pinned-node-host");
    assertThat(session.getJsonObject("limits").getInteger("maxToolCalls")).isEqualTo(20);
  }

  @Test
  void pagesEventsInTheirOrder() {
    var path = "/sessions/" + created(owner, body()).getString("id");
    for (int i = 0; i < 2; i++) {
      owner.own("POST", path + "/messages").body("{\"message\":\"m\"}").send();
    }
    while (events(path).size() < 5) Thread.onSpinWait();
    var first = owner.own("GET", path + "/events?limit=2").send().json();
    var next =
        owner
            .own("GET", path + "/events?limit=2&cursor=" + first.getString("nextCursor"))
            .send()
            .json();

    assertThat(first.getJsonArray("events").getJsonObject(1).getLong("seq")).isEqualTo(1);
    assertThat(next.getJsonArray("events").getJsonObject(0).getLong("seq")).isEqualTo(2);
  }

  @Test
  void archivesRestoresResetsAndCancels() {
    var path = "/sessions/" + created(owner, body()).getString("id");
    var archived = owner.own("DELETE", path).send().json().getJsonObject("session");
    assertThat(archived.getString("status")).isEqualTo("archived");
    var refused = owner.own("POST", path + "/messages").body("{\"message\":\"m\"}").send();
    assertThat(refused.status()).isEqualTo(409);
    assertThat(refused.code()).isEqualTo("SESSION_ARCHIVED");
    var restored = owner.own("POST", path + "/restore").send().json();
    assertThat(restored.getJsonObject("session").getString("status")).isEqualTo("active");
    assertThat(owner.own("POST", path + "/reset").send().status()).isEqualTo(200);
    assertThat(owner.own("POST", path + "/cancel").send().json().getValue("requestId")).isNull();

    var last = events(path).getJsonObject(events(path).size() - 1).getJsonObject("payload");
    assertThat(last.getString("action")).isEqualTo("session_reset_agent");
  }

  @Test
  void answersTheSessionThatAPeerHasAlready() {
    var peer = body().put("scope", "per-peer").put("peer", "Bob & Co");
    var first = created(owner, peer);

    assertThat(created(owner, peer).getString("id")).isEqualTo(first.getString("id"));
    assertThat(first.getString("sessionKey")).endsWith(":scope:per-peer:peer:bob-co");
    assertThat(events("/sessions/" + first.getString("id"))).hasSize(1);
  }

  @Test
  void routesToTheAgentOfTheMostParticularBinding() {
    var channel = UUID.randomUUID().toString();
    var agent = UUID.randomUUID().toString();
    var person = server.person();
    for (var dimension : new String[] {"default", "channel"}) {
      var binding =
          new JsonObject()
              .put("agentId", dimension.equals("channel") ? agent : UUID.randomUUID().toString())
              .put("dimension", dimension)
              .put("priority", dimension.equals("default") ? 1_000 : 0)
              .put("match", new JsonObject().put("channel", channel));
      assertThat(person.own("POST", "/agent-bindings").body(binding).send().status())
          .isEqualTo(201);
    }
    var session = created(person, body().put("channel", channel));

    assertThat(session.getString("routedAgentId")).isEqualTo(agent);
    assertThat(session.getString("sessionKey")).startsWith("agent:" + agent + ":org:");
  }

  @Test
  void changesAndForgetsABinding() {
    var made =
        owner
            .own("POST", "/agent-bindings")
            .body(
                new JsonObject()
                    .put("agentId", UUID.randomUUID().toString())
                    .put("dimension", "team"))
            .send()
            .json()
            .getJsonObject("binding");
    var path = "/agent-bindings/" + made.getString("id");
    var changed = owner.own("PATCH", path).body("{\"priority\":7}").send().json();
    assertThat(changed.getJsonObject("binding").getInteger("priority")).isEqualTo(7);
    assertThat(owner.own("DELETE", path).send().status()).isEqualTo(200);

    assertThat(owner.own("DELETE", path).send().code()).isEqualTo("BINDING_NOT_FOUND");
  }

  @Test
  void namesTheFieldThatIsWrong() {
    var reply = owner.own("POST", "/sessions").body("{\"tools\":{}}").send();
    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.json().getString("message")).isEqualTo("engine: is required");
    var limits = body().put("limits", new JsonObject().put("timeoutMs", 5));

    assertThat(owner.own("POST", "/sessions").body(limits).send().json().getString("message"))
        .startsWith("limits.timeoutMs: must be an integer from 1000");
  }
}
