package ai.vespid.gateway;

import ai.vespid.kit.bus.ProtocolCodec;
import ai.vespid.kit.bus.Protocols;
import ai.vespid.kit.crypto.Envelope;
import ai.vespid.kit.crypto.Tokens;
import ai.vespid.kit.http.FreePort;
import ai.vespid.kit.http.Ports;
import ai.vespid.kit.node.Catalogue;
import ai.vespid.kit.node.Membership;
import ai.vespid.kit.node.Node;
import ai.vespid.kit.node.Occupancy;
import ai.vespid.sql.Database;
import ai.vespid.sql.EmbeddedDatabase;
import ai.vespid.sql.ManagedExecutorRepository;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.RedisOptions;
import io.vertx.sqlclient.Tuple;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import redis.embedded.RedisServer;

/** All gateway verticles in this process, on a real PostgreSQL and a real Redis. */
final class TestGateway implements AutoCloseable {
  static final String TOKEN = "test-gateway-token";
  static final String TOKEN_SECRET = "a-secret-for-access-tokens";

  final EmbeddedDatabase database;
  final int port = FreePort.next();
  final int redisPort;
  final JsonObject routerConfig = new JsonObject();
  final JsonObject edgeConfig = new JsonObject();
  final JsonObject sessionsConfig = new JsonObject();
  final JsonObject memoryConfig = new JsonObject();
  final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  RedisServer redis;
  Vertx vertx;
  Database db;
  HttpClient http;
  private final Map<String, String> deployed = new HashMap<>();
  private Ports ports;
  Node node;

  TestGateway() {
    database = EmbeddedDatabase.create();
    redisPort = FreePort.next();
    startRedis();
  }

  TestGateway start() {
    vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(2));
    ProtocolCodec.install(vertx, Protocols.ALL, true);
    db = database.open(vertx);
    ports = new Ports();
    var kek = Base64.getEncoder().encodeToString(new byte[32]);
    Map<Class<?>, Object> services =
        Map.of(
            Database.class,
            db,
            RedisOptions.class,
            new RedisOptions().setConnectionString("redis://127.0.0.1:" + redisPort),
            Envelope.class,
            new Envelope("test", kek));
    node =
        new Node(
            "gw-1",
            "gw-1",
            Membership.single("gw-1", 1),
            new Occupancy(),
            ports,
            meters,
            InstantSource.system(),
            services);
    for (Catalogue.Entry entry : new GatewayCatalogue().entries()) deploy(entry);
    ports.listen(vertx).await();
    http = vertx.createHttpClient();
    return this;
  }

  private void deploy(Catalogue.Entry entry) {
    var options = new DeploymentOptions().setConfig(config(entry.name()));
    deployed.put(
        entry.name(), vertx.deployVerticle(() -> entry.factory().create(node, 0), options).await());
  }

  /** What the supervisor does after a crash of one verticle. */
  void restart(String verticle) {
    vertx.undeploy(deployed.get(verticle)).await();
    new GatewayCatalogue()
        .entries().stream().filter(entry -> entry.name().equals(verticle)).forEach(this::deploy);
  }

  private JsonObject config(String verticle) {
    var at = new JsonObject().put("host", "127.0.0.1").put("port", port);
    return switch (verticle) {
      case "ingress" -> at.put("serviceToken", TOKEN);
      case "executor-edge" -> at.mergeIn(edgeConfig);
      case "session-turns" -> sessionsConfig;
      case "session-memory" -> memoryConfig;
      case "client-edge" ->
          at.put("authTokenSecret", TOKEN_SECRET)
              .put("watchEvery", "PT0.5S")
              .put("recheckEvery", "PT0.3S")
              .put("writeQueueBytesMax", 16_384)
              .put("slowAfter", "PT1S");
      case "failover-manager" -> new JsonObject().put("sweepEvery", "PT0.2S");
      case "workspaces" -> at.put("signingSecret", "s");
      case "dispatch-router" ->
          new JsonObject()
              .put("signingSecret", "s")
              .put("publicUrl", "http://127.0.0.1:" + port)
              .mergeIn(routerConfig);
      default -> new JsonObject();
    };
  }

  void startRedis() {
    try {
      redis = RedisServer.newRedisServer().port(redisPort).bind("127.0.0.1").build();
      redis.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void stopRedis() {
    try {
      redis.stop();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Stops the process' verticles as a kill would: no drain, stores keep running. */
  void stop() {
    vertx.close().await();
  }

  @Override
  public void close() {
    stop();
    stopRedis();
  }

  /** One paired executor of a new organization. */
  Credentials executor(String organizationId, String... tags) {
    var id = UUID.randomUUID().toString();
    var token = organizationId + "." + Tokens.random(32);
    db.tenant(
            organizationId,
            sql ->
                sql.preparedQuery(
                        """
                        INSERT INTO organizations (id, slug, name) VALUES ($1, $2, 'test')
                        ON CONFLICT DO NOTHING
                        """)
                    .execute(
                        Tuple.of(
                            UUID.fromString(organizationId),
                            "org-" + organizationId.substring(0, 8)))
                    .compose(_ ->
                        sql.preparedQuery(
                                """
                                INSERT INTO organization_executors
                                  (id, organization_id, name, token_hash, labels, capabilities)
                                VALUES ($1, $2, 'host', $3, $4, '{"maxInFlight": 200}')
                                """)
                            .execute(
                                Tuple.of(
                                    UUID.fromString(id),
                                    UUID.fromString(organizationId),
                                    Tokens.hash(token),
                                    tags)))
                    .<Void>mapEmpty())
        .await();
    return new Credentials(id, token, organizationId);
  }

  /** One issued executor of the managed pool. */
  Credentials managedExecutor() {
    var id = UUID.randomUUID().toString();
    var token = id + "." + Tokens.random(32);
    new ManagedExecutorRepository(db)
        .issue(
            new ManagedExecutorRepository.NewExecutor(
                id, "pool", Tokens.hash(token), 50, List.of(), new JsonObject(), "container", null))
        .await();
    return new Credentials(id, token, null);
  }

  /** {@code organizationId} is null of the managed pool. */
  record Credentials(String executorId, String token, String organizationId) {}

  record Answer(int status, JsonObject body) {
    String code() {
      return body.getString("code");
    }
  }

  /** A dispatch body with fresh ids. */
  JsonObject body(String organizationId) {
    return new JsonObject()
        .put("organizationId", organizationId)
        .put("requestedByUserId", UUID.randomUUID().toString())
        .put("runId", UUID.randomUUID().toString())
        .put("workflowId", UUID.randomUUID().toString())
        .put("nodeId", "n1")
        .put("nodeType", "agent.execute")
        .put("attemptCount", 1)
        .put("kind", "agent.execute")
        .put("payload", new JsonObject().put("nodeId", "n1").put("echo", "hello"))
        .put("timeoutMs", 10_000);
  }

  static String requestId(JsonObject body) {
    return "%s:%s:%d"
        .formatted(
            body.getString("runId"), body.getString("nodeId"), body.getInteger("attemptCount"));
  }

  io.vertx.core.Future<Answer> post(String path, String body) {
    return send(HttpMethod.POST, path, body, TOKEN);
  }

  Answer get(String path) {
    return send(HttpMethod.GET, path, null, TOKEN).await();
  }

  /** The result of a dispatch, asked for again until it is there. */
  JsonObject awaitResult(JsonObject body) {
    for (int tries = 0; tries < 1_000; tries++) {
      var answer = get("/internal/v1/results/" + requestId(body));
      if (answer.status() == 200) return answer.body();
    }
    throw new AssertionError("no result");
  }

  /** How many executors of an organization are connected, asked for until there is one. */
  int awaitRoutes(String organizationId) {
    for (int tries = 0; tries < 1_000; tries++) {
      var answer = get("/internal/v1/executors/routes?organizationId=" + organizationId);
      var routes = answer.body().getJsonArray("routes");
      if (!routes.isEmpty()) return routes.size();
    }
    throw new AssertionError("nobody is connected");
  }

  io.vertx.core.Future<Answer> send(HttpMethod method, String path, String body, String token) {
    var options =
        new RequestOptions().setHost("127.0.0.1").setPort(port).setMethod(method).setURI(path);
    return http.request(options)
        .compose(request -> {
          if (token != null) request.putHeader("x-gateway-token", token);
          request.putHeader("content-type", "application/json");
          // Composed here, on the connection's own thread: later the body could be gone.
          return (body == null ? request.send() : request.send(body))
              .compose(
                  response -> response.body().map(bytes -> answer(response.statusCode(), bytes)));
        });
  }

  private static Answer answer(int status, Buffer bytes) {
    return new Answer(status, bytes.length() == 0 ? new JsonObject() : bytes.toJsonObject());
  }

  static final List<String> KINDS = List.of("connector.action", "agent.execute", "agent.run");
}
