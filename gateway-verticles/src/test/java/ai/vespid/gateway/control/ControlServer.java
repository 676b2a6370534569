package ai.vespid.gateway.control;

import ai.vespid.kit.bus.Bus;
import ai.vespid.kit.bus.LocalBus;
import ai.vespid.kit.crypto.Envelope;
import ai.vespid.kit.http.FreePort;
import ai.vespid.kit.http.Ports;
import ai.vespid.kit.node.Membership;
import ai.vespid.kit.node.Node;
import ai.vespid.kit.node.Occupancy;
import ai.vespid.sql.Database;
import ai.vespid.sql.DatabaseOptions;
import ai.vespid.sql.EmbeddedDatabase;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.util.Base64;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** The control verticle on a port of its own, over a real PostgreSQL, spoken to by HTTP. */
final class ControlServer implements AutoCloseable {
  static final String SERVICE_TOKEN = "service-token-of-the-tests";

  static final Envelope ENVELOPE =
      new Envelope("k1", Base64.getEncoder().encodeToString(new byte[32]));

  private final LocalBus local = new LocalBus();
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final Ports ports = new Ports();
  private final Database database;
  private final int port = FreePort.next();
  private final Node node;

  private ControlServer(DatabaseOptions options, JsonObject config) {
    database = Database.open(local.vertx(), options);
    node =
        new Node(
            "gw-1",
            "gw-1",
            Membership.single("gw-1", 1),
            new Occupancy(),
            ports,
            new SimpleMeterRegistry(),
            Clock.systemUTC(),
            Map.of(Database.class, database, Envelope.class, ENVELOPE));
    var all =
        new JsonObject()
            .put("port", port)
            .put("host", "127.0.0.1")
            .put("authTokenSecret", "a-secret-for-access-tokens")
            .put("serviceToken", SERVICE_TOKEN)
            .put("signupsPerMinute", 10_000)
            .put("loginsPerMinute", 10_000)
            .mergeIn(config);
    local.deploy(() -> new ControlVerticle(node), all);
    ports.listen(local.vertx()).await();
  }

  static ControlServer start() {
    return start(new JsonObject());
  }

  static ControlServer start(JsonObject config) {
    return new ControlServer(EmbeddedDatabase.create().options(), config);
  }

  static ControlServer startWithout(DatabaseOptions unreachable) {
    return new ControlServer(unreachable, new JsonObject());
  }

  Database database() {
    return database;
  }

  /** The node it stands for, to deploy more on. */
  Node node() {
    return node;
  }

  int port() {
    return port;
  }

  LocalBus local() {
    return local;
  }

  Bus bus() {
    return local.bus();
  }

  /** A request without any credentials. */
  Request request(String method, String path) {
    return new Request(method, path);
  }

  /** Signs a new user up. */
  Person person() {
    return person("user-" + UUID.randomUUID() + "@example.org");
  }

  Person person(String email) {
    var reply =
        request("POST", "/v1/auth/signup")
            .body(new JsonObject().put("email", email).put("password", "correct horse"))
            .send();
    if (reply.status() != 201) throw new AssertionError("signup: " + reply);
    var token = reply.json().getJsonObject("session").getString("token");
    var me = request("GET", "/v1/me").header("Authorization", "Bearer " + token).send().json();
    return new Person(
        email,
        me.getJsonObject("user").getString("id"),
        token,
        me.getString("defaultOrgId"),
        reply.cookie());
  }

  /** A signed-up user with the organization they own. */
  final class Person {
    final String email;
    final String userId;
    final String token;
    final String organizationId;
    final String cookie;

    private Person(
        String email, String userId, String token, String organizationId, String cookie) {
      this.email = email;
      this.userId = userId;
      this.token = token;
      this.organizationId = organizationId;
      this.cookie = cookie;
    }

    Request request(String method, String path) {
      return ControlServer.this.request(method, path).header("Authorization", "Bearer " + token);
    }

    /** In the context of their own organization; the path is what follows the id. */
    Request own(String method, String path) {
      return in(organizationId, method, path);
    }

    Request in(String organization, String method, String path) {
      return request(method, "/v1/orgs/" + organization + path).header("X-Org-Id", organization);
    }

    String pairingToken() {
      return own("POST", "/agents/pairing-tokens").send().json().getString("token");
    }

    /** Pairs an executor and returns its credentials. */
    JsonObject pair(String name) {
      var reply =
          ControlServer.this
              .request("POST", "/v1/agents/pair")
              .body(pairing(pairingToken(), name))
              .send();
      if (reply.status() != 201) throw new AssertionError("pair: " + reply);
      return reply.json();
    }
  }

  static JsonObject pairing(String token, String name) {
    return new JsonObject()
        .put("pairingToken", token)
        .put("name", name)
        .put("agentVersion", "1.0.0");
  }

  /** One HTTP request being built. */
  final class Request {
    private final HttpRequest.Builder builder;
    private final String method;
    private HttpRequest.BodyPublisher body = HttpRequest.BodyPublishers.noBody();

    private Request(String method, String path) {
      this.method = method;
      builder = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
    }

    Request header(String name, String value) {
      builder.setHeader(name, value);
      return this;
    }

    Request body(JsonObject json) {
      return body(json.encode());
    }

    Request body(String json) {
      body = HttpRequest.BodyPublishers.ofString(json);
      return header("Content-Type", "application/json");
    }

    Request plainBody(String text) {
      body = HttpRequest.BodyPublishers.ofString(text);
      return this;
    }

    Reply send() {
      return sendAsync().join();
    }

    CompletableFuture<Reply> sendAsync() {
      var request = builder.method(method, body).build();
      return http.sendAsync(request, HttpResponse.BodyHandlers.ofString()).thenApply(Reply::new);
    }
  }

  /** What came back. */
  record Reply(HttpResponse<String> response) {
    int status() {
      return response.statusCode();
    }

    JsonObject json() {
      return new JsonObject(response.body());
    }

    String code() {
      return json().getString("code");
    }

    String header(String name) {
      return response.headers().firstValue(name).orElse(null);
    }

    /** The session cookie as a client sends it back. */
    String cookie() {
      var header = header("set-cookie");
      return header == null ? null : header.substring(0, header.indexOf(';'));
    }

    @Override
    public String toString() {
      return status() + " " + response.body();
    }
  }

  @Override
  public void close() {
    ports.close().await();
    database.close().await();
    http.close();
    local.close();
  }
}
