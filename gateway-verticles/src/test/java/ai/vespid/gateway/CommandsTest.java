package ai.vespid.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.gateway.control.ControlVerticle;
import ai.vespid.kit.crypto.Envelope;
import ai.vespid.kit.http.Ports;
import ai.vespid.kit.node.Node;
import ai.vespid.kit.node.Occupancy;
import ai.vespid.sql.Database;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Commands to one agent, from the control API over the whole gateway to its socket. */
@Timeout(60)
final class CommandsTest {
  private static final TestGateway gateway = new TestGateway();
  private static final int port = TestGateway.freePort();
  private static Person owner;

  /** Somebody with an organization. */
  private record Person(String token, String organizationId) {}

  @BeforeAll
  static void start() {
    gateway.start();
    var ports = new Ports();
    var node =
        new Node(
            "gw-1",
            "gw-1",
            gateway.node.membership(),
            new Occupancy(),
            ports,
            gateway.meters,
            InstantSource.system(),
            Map.of(
                Database.class,
                gateway.db,
                Envelope.class,
                new Envelope("test", Base64.getEncoder().encodeToString(new byte[32]))));
    var config =
        new JsonObject()
            .put("host", "127.0.0.1")
            .put("port", port)
            .put("authTokenSecret", TestGateway.TOKEN_SECRET)
            .put("serviceToken", "service-token-of-the-tests");
    gateway
        .vertx
        .deployVerticle(() -> new ControlVerticle(node), new DeploymentOptions().setConfig(config))
        .await();
    ports.listen(gateway.vertx).await();
    owner = person();
  }

  @AfterAll
  static void stop() {
    gateway.close();
  }

  private static TestGateway.Answer send(
      HttpMethod method, String path, JsonObject body, Person person) {
    var options =
        new RequestOptions().setHost("127.0.0.1").setPort(port).setMethod(method).setURI(path);
    return gateway
        .http
        .request(options)
        .compose(request -> {
          request.putHeader("content-type", "application/json");
          if (person != null) {
            request.putHeader("Authorization", "Bearer " + person.token());
            request.putHeader("X-Org-Id", person.organizationId());
          }
          return (body == null ? request.send() : request.send(body.encode()))
              .compose(response ->
                  response
                      .body()
                      .map(bytes ->
                          new TestGateway.Answer(response.statusCode(), bytes.toJsonObject())));
        })
        .await();
  }

  private static Person person() {
    var login =
        new JsonObject()
            .put("email", UUID.randomUUID() + "@example.org")
            .put("password", "correct horse");
    var session = send(HttpMethod.POST, "/v1/auth/signup", login, null).body();
    var token = session.getJsonObject("session").getString("token");
    var me = send(HttpMethod.GET, "/v1/me", null, new Person(token, "")).body();
    return new Person(token, me.getString("defaultOrgId"));
  }

  private static TestGateway.Credentials paired() {
    var agents = "/v1/orgs/" + owner.organizationId() + "/agents";
    var token = send(HttpMethod.POST, agents + "/pairing-tokens", null, owner).body();
    var pairing =
        new JsonObject()
            .put("pairingToken", token.getString("token"))
            .put("name", "host")
            .put("agentVersion", "1.0.0");
    var made = send(HttpMethod.POST, "/v1/agents/pair", pairing, null).body();
    return new TestGateway.Credentials(
        made.getString("agentId"), made.getString("agentToken"), owner.organizationId());
  }

  /** An agent that takes commands. */
  private static FakeAgent connected(TestGateway.Credentials credentials) {
    var agent = FakeAgent.extended(gateway, credentials).open(gateway);
    var hello = agent.hello();
    hello.put("features", new JsonArray().add("ack").add("commands").add("commands:session.list"));
    agent.send(hello);
    assertThat(agent.await("executor_welcome_v2")).isNotNull();
    gateway.awaitRoutes(credentials.organizationId());
    return agent;
  }

  private static String path(TestGateway.Credentials agent) {
    return "/v1/orgs/" + owner.organizationId() + "/agents/" + agent.executorId() + "/commands";
  }

  private static JsonObject typed(String type, String action, JsonObject params) {
    return new JsonObject().put("type", type).put("action", action).put("params", params);
  }

  @Test
  void theAnswerIsWhatTheAgentSaid() {
    var credentials = paired();
    try (var agent = connected(credentials)) {
      var params = new JsonObject().put("session_id", "s1");
      var body = typed("session", "start", params).put("id", "my-command");

      var answer = send(HttpMethod.POST, path(credentials), body, owner);

      assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
      var invoke = agent.await("invoke_tool_v2");
      assertThat(invoke.getString("kind")).isEqualTo("agent.command");
      assertThat(invoke.getJsonObject("payload"))
          .isEqualTo(
              new JsonObject()
                  .put("id", "my-command")
                  .put("name", "session.start")
                  .put("args", params));
      // This agent answers with what it was given.
      assertThat(answer.body()).isEqualTo(invoke.getJsonObject("payload"));
      // The same once more is not carried out once more.
      assertThat(send(HttpMethod.POST, path(credentials), body, owner).body())
          .isEqualTo(answer.body());
      assertThat(send(HttpMethod.GET, path(credentials) + "/my-command", null, owner).body())
          .isEqualTo(answer.body());
      assertThat(agent.received).noneMatch(f -> f.getString("type").equals("invoke_tool_v2"));
    }
  }

  @Test
  void aSecretTravelsApartAndIsInNoTable() {
    var credentials = paired();
    try (var agent = connected(credentials)) {
      var args = new JsonObject().put("username", "alice").put("password", "hidden-word");
      var body = new JsonObject().put("verb", "create_panel_user").put("args", args);

      assertThat(send(HttpMethod.POST, path(credentials), body, owner).status()).isEqualTo(200);

      var invoke = agent.await("invoke_tool_v2");
      assertThat(invoke.getJsonObject("payload").getJsonObject("args"))
          .isEqualTo(new JsonObject().put("username", "alice"));
      assertThat(new JsonObject(invoke.getString("secret")))
          .isEqualTo(new JsonObject().put("password", "hidden-word"));
    }
  }

  @Test
  void whatIsNoCommandReachesNobody() {
    var credentials = paired();
    try (var agent = connected(credentials)) {
      for (var body :
          new JsonObject[] {
            typed("session", "dance", new JsonObject()),
            typed("session", "start", new JsonObject()),
            typed("session", "list", new JsonObject().put("all", true)),
            new JsonObject().put("verb", "create_panel_user").put("args", new JsonObject()),
            new JsonObject().put("type", "session"),
            new JsonObject()
          }) {
        var answer = send(HttpMethod.POST, path(credentials), body, owner);
        assertThat(answer.status()).as(body.encode()).isEqualTo(400);
        assertThat(answer.code()).isEqualTo("BAD_REQUEST");
      }
      var missing = typed("session", "start", new JsonObject());
      assertThat(
              send(HttpMethod.POST, path(credentials), missing, owner).body().getString("message"))
          .contains("session_id parameter required");
      assertThat(agent.received).noneMatch(f -> f.getString("type").equals("invoke_tool_v2"));
    }
  }

  @Test
  void oneThatTakesLongIsAskedForByItsIdAndCanBeCancelled() {
    var credentials = paired();
    try (var agent = connected(credentials).onInvoke(FakeAgent::acknowledge)) {
      var body = typed("session", "list", new JsonObject()).put("waitMs", 300).put("id", "slow");

      var answer = send(HttpMethod.POST, path(credentials), body, owner);

      assertThat(answer.status()).as(answer.toString()).isEqualTo(202);
      assertThat(answer.body().getString("status")).isEqualTo("running");
      assertThat(send(HttpMethod.GET, path(credentials) + "/slow", null, owner).status())
          .isEqualTo(202);
      var cancelled = send(HttpMethod.POST, path(credentials) + "/slow/cancel", null, owner);
      assertThat(cancelled.status()).isEqualTo(200);
      assertThat(cancelled.body().getString("status")).isEqualTo("failed");
      assertThat(cancelled.body().getString("code")).isEqualTo("DISPATCH_CANCELED");
      assertThat(agent.await("dispatch_cancel")).isNotNull();
      assertThat(send(HttpMethod.GET, path(credentials) + "/never", null, owner).code())
          .isEqualTo("COMMAND_NOT_FOUND");
    }
  }

  @Test
  void onlyAnAgentThatIsThereAndTakesCommandsGetsThem() {
    var body = typed("system", "info", new JsonObject());
    var offline = paired();
    var nobody =
        new TestGateway.Credentials(UUID.randomUUID().toString(), "", owner.organizationId());

    assertThat(send(HttpMethod.POST, path(offline), body, owner).code())
        .isEqualTo("NO_AGENT_AVAILABLE");
    assertThat(send(HttpMethod.POST, path(nobody), body, owner).code())
        .isEqualTo("AGENT_NOT_FOUND");
    // One of the original knows no commands.
    try (var _ = FakeAgent.v2(gateway, offline).connect(gateway)) {
      assertThat(send(HttpMethod.POST, path(offline), body, owner).code())
          .isEqualTo("NO_AGENT_AVAILABLE");
    }
  }

  @Test
  void anotherOrganizationCommandsNothingOfThisOne() {
    var credentials = paired();
    try (var agent = connected(credentials)) {
      var stranger = person();
      var body = typed("session", "list", new JsonObject()).put("id", "theirs");
      var theirs = "/v1/orgs/" + stranger.organizationId() + "/agents/" + credentials.executorId();

      assertThat(send(HttpMethod.POST, theirs + "/commands", body, stranger).code())
          .isEqualTo("AGENT_NOT_FOUND");
      assertThat(send(HttpMethod.POST, path(credentials), body, stranger).status()).isIn(400, 403);
      assertThat(send(HttpMethod.GET, theirs + "/commands/theirs", null, stranger).status())
          .isEqualTo(404);
      assertThat(agent.received).noneMatch(f -> f.getString("type").equals("invoke_tool_v2"));
    }
  }
}
