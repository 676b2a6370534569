package ai.vespid.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.gateway.control.ControlVerticle;
import ai.vespid.kit.crypto.Envelope;
import ai.vespid.kit.http.FreePort;
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

/** A gateway with its control plane, and somebody who has an organization there. */
final class ControlSite implements AutoCloseable {
  final TestGateway gateway = new TestGateway();
  final Person owner;
  private final int port = FreePort.next();

  /** Somebody with an organization. */
  record Person(String token, String organizationId) {}

  ControlSite() {
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

  @Override
  public void close() {
    gateway.close();
  }

  TestGateway.Answer send(HttpMethod method, String path, JsonObject body, Person person) {
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

  Person person() {
    var login =
        new JsonObject()
            .put("email", UUID.randomUUID() + "@example.org")
            .put("password", "correct horse");
    var session = send(HttpMethod.POST, "/v1/auth/signup", login, null).body();
    var token = session.getJsonObject("session").getString("token");
    var me = send(HttpMethod.GET, "/v1/me", null, new Person(token, "")).body();
    return new Person(token, me.getString("defaultOrgId"));
  }

  TestGateway.Credentials paired() {
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
  FakeAgent connected(TestGateway.Credentials credentials) {
    var agent = FakeAgent.extended(gateway, credentials).open(gateway);
    var hello = agent.hello();
    hello.put("features", new JsonArray().add("ack").add("commands").add("commands:session.list"));
    agent.send(hello);
    assertThat(agent.await("executor_welcome_v2")).isNotNull();
    gateway.awaitRoutes(credentials.organizationId());
    return agent;
  }
}
