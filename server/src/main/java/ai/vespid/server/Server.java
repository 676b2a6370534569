package ai.vespid.server;

import ai.vespid.kit.bus.ProtocolCodec;
import ai.vespid.kit.bus.Protocols;
import ai.vespid.kit.crypto.Envelope;
import ai.vespid.kit.http.Ports;
import ai.vespid.kit.node.Catalogue;
import ai.vespid.kit.node.ConfigurationException;
import ai.vespid.kit.node.Member;
import ai.vespid.kit.node.Membership;
import ai.vespid.kit.node.MetricsText;
import ai.vespid.kit.node.Node;
import ai.vespid.kit.node.Occupancy;
import ai.vespid.sql.Database;
import ai.vespid.sql.DatabaseOptions;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Deployable;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One node: the verticles of a configuration, started in its order and stopped in reverse. */
public final class Server implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Server.class);
  private static final Duration START_MAX = Duration.ofSeconds(20);
  private static final Duration STOP_MAX = Duration.ofSeconds(10);
  private static final Duration DRAIN_MAX = Duration.ofSeconds(30);
  private static final long DRAIN_LOOK_MS = 50;
  // What others sent to this home before they heard that it leaves has arrived by then.
  private static final Duration DRAIN_MIN = Duration.ofSeconds(2);
  private static final Duration REDIS_MAX = Duration.ofSeconds(3);

  // Their state can be made again from what others tell them. The rest own ports, or keep nothing.
  private static final Set<String> RESTARTABLE =
      Set.of("dispatch-router", "session-registry", "result-store");

  private final ServerConfig config;
  private final Membership membership;
  private final Cluster cluster;
  private final Vertx vertx;
  private final Ports ports = new Ports();
  private final NodeStores stores;
  private final Node node;
  private final Ends ends;
  private volatile boolean serving;
  private final List<Supplier<Future<Void>>> stops = new ArrayList<>();

  /** How a node ends by itself; whoever started it closes it. */
  public interface Ends {
    /** What crashes again and again, or cannot work any more. */
    void givenUp(String what);

    /** An operator asked for it. */
    void leave();
  }

  private Server(ServerConfig config, Map<String, String> environment, Ends ends) {
    this.config = config;
    this.ends = ends;
    var self = self(config);
    membership = new Membership(self, config.cluster().alone());
    cluster = config.cluster().alone() ? null : cluster(config.cluster(), self);
    vertx = openVertx();
    stores = NodeStores.open(config, vertx, environment);
    var meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    var services = new HashMap<>(stores.services());
    services.put(MeterRegistry.class, meters);
    services.put(MetricsText.class, (MetricsText) meters::scrape);
    node =
        new Node(
            self.id(),
            self.name(),
            membership,
            new Occupancy(),
            ports,
            meters,
            InstantSource.system(),
            services);
  }

  // A process that is started again is another member: what still goes to the old one is lost with
  // it, and never reaches the new one by mistake.
  private static Member self(ServerConfig config) {
    var id = config.node() + '~' + Long.toString(System.currentTimeMillis(), Character.MAX_RADIX);
    return new Member(
        id,
        config.node(),
        config.instancesOf("dispatch-router"),
        config.instancesOf("executor-edge"),
        config.instancesOf("session-turns"),
        config.instancesOf("engine-runner"),
        Member.State.STARTING);
  }

  private Cluster cluster(ClusterConfig settings, Member self) {
    return new Cluster(
        settings,
        self,
        membership,
        () -> ends.givenUp("this node's place in the cluster"),
        ends::leave);
  }

  private Vertx openVertx() {
    // One loop for two cores: a dispatch that stays on one loop wakes nobody up on its way.
    var loops = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
    var options = new VertxOptions().setEventLoopPoolSize(loops);
    if (cluster == null) return Vertx.vertx(options);
    var builder = Vertx.builder().with(options.setEventBusOptions(cluster.busOptions()));
    var opened = await("cluster", cluster.open(builder), START_MAX);
    opened.exceptionHandler(Supervisor::ofNobody);
    return opened;
  }

  /**
   * Starts everything; on a failure nothing is left running.
   *
   * @param schema no verticle starts before it is done; its failure is that of the start
   * @throws ConfigurationException one line: the cause and the remedy
   */
  public static Server start(
      ServerConfig config,
      Map<String, String> environment,
      CompletableFuture<?> schema,
      Ends ends) {
    var server = new Server(config, environment, ends);
    try {
      server.begin(schema);
      return server;
    } catch (RuntimeException e) {
      server.close();
      throw e;
    }
  }

  /** Every verticle any module offers, by name. */
  public static Map<String, Catalogue.Entry> catalogue() {
    var entries = new HashMap<String, Catalogue.Entry>();
    for (var catalogue : ServiceLoader.load(Catalogue.class)) {
      for (var entry : catalogue.entries()) {
        if (entries.put(entry.name(), entry) != null) {
          throw new IllegalStateException("two verticles are called " + entry.name());
        }
      }
    }
    return entries;
  }

  /**
   * @throws ConfigurationException when DATABASE_URL cannot be one
   */
  static DatabaseOptions databaseOptions(Map<String, String> environment) {
    try {
      return new DatabaseOptions(environment.get("DATABASE_URL"));
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(e.getMessage());
    }
  }

  /** Keys as {@code id=base64,id=base64}. */
  private static Map<String, String> older(String listed) {
    var keys = new HashMap<String, String>();
    for (var entry : listed.split(",")) {
      if (entry.isBlank()) continue;
      int sign = entry.indexOf('=');
      if (sign < 1) throw new IllegalArgumentException("SECRETS_KEK_OLD must be id=key,id=key");
      keys.put(entry.substring(0, sign).strip(), entry.substring(sign + 1).strip());
    }
    return keys;
  }

  static Envelope envelope(Map<String, String> environment) {
    try {
      return new Envelope(
          environment.getOrDefault("SECRETS_KEK_ID", "vespid-1"),
          environment.get("SECRETS_KEK_BASE64"),
          older(environment.getOrDefault("SECRETS_KEK_OLD", "")));
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(e.getMessage());
    }
  }

  private void begin(CompletableFuture<?> schema) {
    ProtocolCodec.install(vertx, Protocols.ALL, false);
    probeRedis();
    if (cluster != null) await("cluster", cluster.begin(), START_MAX);
    awaitSchema(schema);
    for (var deployment : config.deployments()) {
      for (int shard = 0; shard < deployment.instances(); shard++) deploy(deployment, shard);
    }
    await("listen", ports.listen(vertx), START_MAX);
    if (cluster != null) await("members", cluster.introduced(), START_MAX);
    say(Member.State.SERVING);
    serving = true;
    LOG.atInfo().addKeyValue("node", node.id()).log("serving");
  }

  // For as long as it takes: a large table is not altered in a moment.
  private static void awaitSchema(CompletableFuture<?> schema) {
    try {
      schema.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof ConfigurationException cause ? cause : e;
    }
  }

  private void say(Member.State state) {
    if (cluster == null) membership.state(node.id(), state);
    else cluster.say(state);
  }

  // The result store works without it, so its absence is said and no more.
  private void probeRedis() {
    try {
      await("redis", stores.probe(vertx), REDIS_MAX);
    } catch (RuntimeException e) {
      LOG.atWarn()
          .log("Redis does not answer: results are kept in PostgreSQL only; check REDIS_URL");
    }
  }

  private void deploy(ServerConfig.Deployment deployment, int shard) {
    var options =
        new DeploymentOptions()
            .setConfig(deployment.config())
            .setThreadingModel(deployment.threading());
    Supplier<Deployable> factory = () -> deployment.entry().factory().create(node, shard);
    if (RESTARTABLE.contains(deployment.name())) {
      var supervisor =
          new Supervisor(vertx, deployment.name(), factory, options, START_MAX, ends::givenUp);
      stops.addFirst(supervisor::stop);
      await(deployment.name(), supervisor.start(), START_MAX);
    } else {
      var id = await(deployment.name(), vertx.deployVerticle(factory, options), START_MAX);
      stops.addFirst(() -> vertx.undeploy(id));
    }
    LOG.atDebug()
        .addKeyValue("verticle", deployment.name())
        .addKeyValue("shard", shard)
        .log("deployed");
  }

  public Database database() {
    return stores.database();
  }

  public Vertx vertx() {
    return vertx;
  }

  // Agents go elsewhere first, homes are handed over; what is left at the deadline fails over.
  // Callers are served meanwhile, by the new homes: there may always be one more of them, so they
  // are shut out last. Where nobody takes over they are shut out first, and those that wait are
  // answered.
  private void drain() {
    say(Member.State.DRAINING);
    ports.leave();
    LOG.atInfo().addKeyValue("node", node.id()).log("draining");
    long begun = System.nanoTime();
    long deadline = begun + DRAIN_MAX.toNanos();
    long earliest = begun + DRAIN_MIN.toNanos();
    var left = left();
    try {
      while ((!left.isEmpty() || System.nanoTime() < earliest) && System.nanoTime() < deadline) {
        if (membership.ending() && left.isEmpty()) break;
        Thread.sleep(DRAIN_LOOK_MS);
        left = left();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (!membership.ending()) shutOut(left, deadline);
    boolean inTime = System.nanoTime() < deadline;
    node.meters()
        .counter("vespid.node.drains", "outcome", inTime ? "empty" : "deadline")
        .increment();
    LOG.atInfo().addKeyValue("inTime", inTime).addKeyValue("left", left).log("drained");
  }

  private Map<String, Integer> left() {
    return membership.ending() ? node.occupancy().owed() : node.occupancy().left();
  }

  private void shutOut(Map<String, Integer> left, long deadline) {
    LOG.atInfo().addKeyValue("left", left).log("callers are shut out");
    var rest = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
    quietly(ports.shutDown(rest), rest.plus(STOP_MAX));
  }

  /** Reverse order, and the bus and the stores last: who is asked outlives who asks. */
  @Override
  public void close() {
    if (serving) drain();
    serving = false;
    for (var stop : stops) quietly(stop.get());
    stops.clear();
    quietly(ports.close());
    quietly(stores.close());
    quietly(vertx.close());
  }

  private static void quietly(Future<?> stopping) {
    quietly(stopping, STOP_MAX);
  }

  private static void quietly(Future<?> stopping, Duration max) {
    try {
      await("stop", stopping, max);
    } catch (RuntimeException e) {
      LOG.atWarn().addKeyValue("cause", e.getMessage()).log("did not stop cleanly");
    }
  }

  static <T> T await(String what, Future<T> future, Duration max) {
    try {
      return future
          .toCompletionStage()
          .toCompletableFuture()
          .get(max.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException known) throw known;
      throw new IllegalStateException(what + " failed: " + e.getCause(), e.getCause());
    } catch (TimeoutException e) {
      throw new ConfigurationException(
          "%s was not done within %d s".formatted(what, max.toSeconds()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(what + " was interrupted", e);
    }
  }
}
