package ai.vespid.worker;

import ai.vespid.gateway.GatewayCatalogue;
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
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.bus.Message;
import ai.vespid.sql.Database;
import ai.vespid.sql.EmbeddedDatabase;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryContext;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.RedisOptions;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.StreamSupport;
import redis.embedded.RedisServer;

/** A gateway and any number of workers on a real PostgreSQL and a real Redis. */
public final class TestWorld implements AutoCloseable {
  static final String SECRET = "ghp-very-secret-value";
  static final String TOKEN = "test-gateway-token";
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);

  public final EmbeddedDatabase database = EmbeddedDatabase.create();
  public final Vertx vertx = Vertx.vertx();
  public final Database db = database.open(vertx);
  public final String organization = UUID.randomUUID().toString();
  final int port = FreePort.next();

  /** Everything that was said on the gateway's bus. */
  final Queue<String> bus = new ConcurrentLinkedQueue<>();

  final Envelope envelope = new Envelope("test", Base64.getEncoder().encodeToString(new byte[32]));

  /** What the gateway's router is told beyond the usual. */
  final JsonObject routerConfig = new JsonObject();

  private final RedisServer redis;
  private final int redisPort = FreePort.next();
  private final Map<Vertx, Database> workers = new LinkedHashMap<>();
  private final Map<Vertx, Node> nodes = new HashMap<>();

  public TestWorld() {
    try {
      redis = RedisServer.newRedisServer().port(redisPort).bind("127.0.0.1").build();
      redis.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    sql(
        "INSERT INTO organizations (id, slug, name) VALUES ($1, $2, 'test')",
        id(organization),
        "org-" + organization.substring(0, 8));
  }

  /** The gateway, in a Vert.x of its own with the pushes' listeners. */
  public TestWorld gateway() {
    ProtocolCodec.install(vertx, Protocols.ALL, true);
    vertx.eventBus().<Object>addOutboundInterceptor(this::overheard);
    var ports = new Ports();
    var node = node("gw-1", vertx, db, ports);
    for (var entry : new GatewayCatalogue().entries()) {
      deploy(vertx, node, entry, gatewayConfig(entry.name()));
    }
    ports.listen(vertx).await();
    return this;
  }

  private void overheard(DeliveryContext<Object> message) {
    if (message.body() instanceof Message said) {
      bus.add(said + " " + new String(Json.write(said), StandardCharsets.UTF_8));
    }
    message.next();
  }

  private Node node(String name, Vertx on, Database with, Ports ports) {
    var redis = new RedisOptions().setConnectionString("redis://127.0.0.1:" + redisPort);
    Map<Class<?>, Object> services =
        Map.of(Database.class, with, RedisOptions.class, redis, Envelope.class, envelope);
    return new Node(
        name,
        name,
        Membership.single(name, 1),
        new Occupancy(),
        ports,
        new SimpleMeterRegistry(),
        InstantSource.system(),
        services);
  }

  private static void deploy(Vertx on, Node node, Catalogue.Entry entry, JsonObject config) {
    var options = new DeploymentOptions().setConfig(config);
    on.deployVerticle(() -> entry.factory().create(node, 0), options).await();
  }

  private JsonObject gatewayConfig(String verticle) {
    var at = new JsonObject().put("host", "127.0.0.1").put("port", port);
    return switch (verticle) {
      case "ingress" -> at.put("serviceToken", TOKEN);
      case "executor-edge" -> at;
      case "client-edge" -> at.put("authTokenSecret", "a-secret-for-access-tokens");
      case "workspaces" -> at.put("signingSecret", "s");
      case "dispatch-router" ->
          new JsonObject()
              .put("signingSecret", "s")
              .put("continuationPush", 1)
              .put("publicUrl", "http://127.0.0.1:" + port)
              .mergeIn(routerConfig);
      default -> new JsonObject();
    };
  }

  /** A worker on the gateway's bus; closing its Vert.x would close the gateway. */
  public void workerBeside(JsonObject config) {
    var node = node("worker", vertx, db, new Ports());
    nodes.put(vertx, node);
    for (var entry : new WorkerCatalogue().entries()) {
      deploy(vertx, node, entry, workerConfig(entry.name(), config));
    }
  }

  /** A worker far from the bus, as a process of its own; it can be killed. */
  public Vertx worker(JsonObject config) {
    var own = Vertx.vertx();
    ProtocolCodec.install(own, Protocols.ALL, true);
    var with = database.open(own);
    var node = node("worker-" + nodes.size(), own, with, new Ports());
    for (var entry : new WorkerCatalogue().entries()) {
      deploy(own, node, entry, workerConfig(entry.name(), config));
    }
    workers.put(own, with);
    nodes.put(own, node);
    return own;
  }

  private JsonObject workerConfig(String verticle, JsonObject config) {
    var gateway =
        new JsonObject().put("gatewayUrl", "http://127.0.0.1:" + port).put("serviceToken", TOKEN);
    return switch (verticle) {
      case "workflow-runner" -> gateway.put("httpPrivateAllowed", true).mergeIn(config);
      case "continuation-poller" -> gateway.put("push", 1).put("pollMs", 250);
      default -> new JsonObject();
    };
  }

  /** Dies without a goodbye: nothing that it writes any more arrives. */
  public void kill(Vertx worker) {
    workers.remove(worker).close().await();
    worker.close().await();
  }

  /** Stops as it should. */
  public void stop(Vertx worker) {
    for (var verticle : worker.deploymentIDs()) worker.undeploy(verticle).await();
    kill(worker);
  }

  /** How many results the worker beside the gateway has brought in one way. */
  double brought(String how) {
    return nodes
        .get(vertx)
        .meters()
        .find("vespid.workflow.continuations.brought")
        .tag("by", how)
        .counters()
        .stream()
        .mapToDouble(Counter::count)
        .sum();
  }

  /** How many runs a worker has brought to their end. */
  public double ended(Vertx worker) {
    return nodes.get(worker).meters().find("vespid.workflow.runs.ended").counters().stream()
        .mapToDouble(Counter::count)
        .sum();
  }

  public RowSet<Row> sql(String statement, Object... values) {
    return tenant(c -> c.preparedQuery(statement).execute(Tuple.from(values)));
  }

  private <T> T tenant(java.util.function.Function<SqlConnection, Future<T>> work) {
    return db.tenant(organization, work).await();
  }

  public static UUID id(String text) {
    return UUID.fromString(text);
  }

  /** A published workflow. */
  public String workflow(RawJson dsl) {
    var id = UUID.randomUUID().toString();
    sql(
        """
        INSERT INTO workflows (id, organization_id, family_id, revision, name, status, dsl)
        VALUES ($1, $2, $1, 1, 'w', 'published', $3::text::json)
        """,
        id(id),
        id(organization),
        dsl.text());
    return id;
  }

  /** A secret for a connector. */
  public String secret(String connector, String value) {
    var id = UUID.randomUUID().toString();
    var sealed = envelope.sealApart(value);
    sql(
        """
        INSERT INTO connector_secrets (id, organization_id, connector_id, name, kek_id, wrapped_dek,
            ciphertext)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        id(id),
        id(organization),
        connector,
        id,
        sealed.kekId(),
        io.vertx.core.buffer.Buffer.buffer(sealed.wrappedDek()),
        io.vertx.core.buffer.Buffer.buffer(sealed.ciphertext()));
    return id;
  }

  /** A run that nobody is told about. */
  public String run(String workflow) {
    var id = UUID.randomUUID().toString();
    sql(
        """
        INSERT INTO workflow_runs (id, organization_id, workflow_id, trigger_type, trigger_source)
        VALUES ($1, $2, $3, 'manual', 'api.manual')
        """,
        id(id),
        id(organization),
        id(workflow));
    return id;
  }

  /** An executor's id and token. */
  public String[] executor() {
    var id = UUID.randomUUID().toString();
    var token = organization + "." + Tokens.random(32);
    sql(
        """
        INSERT INTO organization_executors
          (id, organization_id, name, token_hash, labels, capabilities)
        VALUES ($1, $2, 'host', $3, $4, '{"maxInFlight": 200}')
        """,
        id(id),
        id(organization),
        Tokens.hash(token),
        new String[0]);
    return new String[] {id, token};
  }

  /** The run's events, each as its type and node. */
  public List<String> told(String run) {
    var rows =
        sql(
            "SELECT event_type, node_id FROM workflow_run_events WHERE run_id = $1 ORDER BY seq",
            id(run));
    return StreamSupport.stream(rows.spliterator(), false)
        .map(row -> {
          var node = row.getString("node_id");
          return row.getString("event_type") + (node == null ? "" : ":" + node);
        })
        .toList();
  }

  public String status(String run) {
    return sql("SELECT status FROM workflow_runs WHERE id = $1", id(run))
        .iterator()
        .next()
        .getString(0);
  }

  public String error(String run) {
    return sql("SELECT error FROM workflow_runs WHERE id = $1", id(run))
        .iterator()
        .next()
        .getString(0);
  }

  /** Asks until it is so. */
  public void until(String what, Supplier<Boolean> condition) {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (!condition.get()) {
      if (System.nanoTime() > deadline) throw new AssertionError("never: " + what);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
    }
  }

  @Override
  public void close() {
    for (var worker : List.copyOf(workers.keySet())) kill(worker);
    vertx.close().await();
    try {
      redis.stop();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
