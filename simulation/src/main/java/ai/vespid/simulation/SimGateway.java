package ai.vespid.simulation;

import ai.vespid.gateway.dispatch.RouterPorts;
import ai.vespid.gateway.dispatch.RouterShell;
import ai.vespid.gateway.registry.RegistryShell;
import ai.vespid.kit.bus.Fault;
import ai.vespid.protocol.bus.ExecutorEdge;
import ai.vespid.protocol.bus.Route;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A node that decides: registry and results in memory, and a router that may die alone or with all
 * of it.
 */
final class SimGateway implements RegistryShell.Listener {
  private static final long START_AGAIN_MS = 1_000;
  private static final long OFFER_MAX_MS = 5_000;

  private final Cluster cluster;
  private final World world;
  final Actor node;
  final Actor router;
  private RegistryShell registry;
  private Map<String, RouterPorts.Stored> results = new HashMap<>();
  private RouterShell shell;
  private final Set<String> left = new HashSet<>();
  private boolean serving;

  SimGateway(Cluster cluster) {
    this.cluster = cluster;
    this.world = cluster.world;
    node = new Actor(world, "gateway");
    router = new Actor(world, "router");
  }

  void start() {
    node.start();
    registry = new RegistryShell(this);
    results = new HashMap<>();
    left.clear();
    startRouter();
  }

  void startRouter() {
    if (!node.alive() || router.alive()) return;
    router.start();
    serving = false;
    shell =
        new RouterShell(
            new Ports(), cluster.plan.limits(), router.name() + "#" + router.incarnation());
    shell
        .start()
        .onSuccess(_ -> serving = true)
        .onFailure(_ ->
            world.in(
                START_AGAIN_MS,
                router,
                "start again",
                () -> {
                  routerDies();
                  startRouter();
                }));
  }

  void routerDies() {
    cluster.history.routerDied();
    router.die();
    serving = false;
  }

  void dies() {
    routerDies();
    node.die();
  }

  Optional<RouterShell> shell() {
    return router.alive() && serving ? Optional.of(shell) : Optional.empty();
  }

  /** Serves a request to the router, or says that nobody is there. */
  <R> Future<R> serve(Function<RouterShell, Future<R>> request) {
    return serving
        ? request.apply(shell)
        : Future.failedFuture(Network.fault(Fault.Code.UNAVAILABLE));
  }

  /** The membership says that this edge is gone. */
  void forget(String edgeNode) {
    left.add(edgeNode);
    registry.digest(edgeNode, List.of());
  }

  /** The membership says that this edge is there after all. */
  void remember(String edgeNode) {
    left.remove(edgeNode);
  }

  /** What an edge says of its routes; one that is not a member is not heard. */
  void news(String edgeNode, Consumer<RegistryShell> news) {
    if (!left.contains(edgeNode)) news.accept(registry);
  }

  /** Memory, Redis, database: in this order. */
  Future<Optional<RouterPorts.Stored>> result(Actor from, String requestId) {
    var known = results.get(requestId);
    if (known != null) return Future.succeededFuture(Optional.of(known));
    return cluster
        .redis
        .result(from, requestId)
        .otherwise(Optional.empty())
        .compose(found -> {
          if (found.isEmpty()) return inDatabase(from, requestId);
          results.put(requestId, found.get());
          return Future.succeededFuture(found);
        });
  }

  private Future<Optional<RouterPorts.Stored>> inDatabase(Actor from, String requestId) {
    return cluster
        .database
        .find(from, requestId)
        .map(row ->
            row.filter(r -> r.result() != null)
                .map(r -> new RouterPorts.Stored(r.dispatch().organizationId(), r.result())));
  }

  @Override
  public void up(Route route) {
    world.in(1, router, "route up", () -> shell.routeUp(route));
  }

  @Override
  public void down(String executorId, String connectionId) {
    world.in(1, router, "route down", () -> shell.routeDown(executorId, connectionId));
  }

  @Override
  public void replaced(Route older) {
    var edge = cluster.edge(older.edgeNode());
    if (edge == null) return;
    cluster.network.tell(
        node, edge.actor(), "replaced", () -> edge.close(older.connectionId(), "REPLACED"));
  }

  private final class Ports implements RouterPorts {
    private final SimDatabase database = cluster.database;
    private final SimRedis redis = cluster.redis;

    @Override
    public long nowMs() {
      return world.nowMs();
    }

    @Override
    public void later(long delayMs, Runnable action) {
      world.in(delayMs, router, "router's timer", action);
    }

    @Override
    public Mutant mutant() {
      return cluster.mutant;
    }

    @Override
    public History history() {
      return cluster.history;
    }

    @Override
    public void say(String what, Object... details) {
      world.say(router, what, details);
    }

    @Override
    public Future<Boolean> insert(Row row) {
      return database.insert(router, row);
    }

    @Override
    public Future<Boolean> assign(String requestId, int epoch, String executorId, String bootId) {
      return database.assign(router, requestId, epoch, executorId, bootId);
    }

    @Override
    public Future<Boolean> finish(
        String requestId, int epoch, ai.vespid.protocol.DispatchResult result) {
      return database.finish(router, requestId, epoch, result);
    }

    @Override
    public Future<Optional<Row>> find(String requestId) {
      return database.find(router, requestId);
    }

    @Override
    public Future<List<Row>> open() {
      return database.open(router);
    }

    @Override
    public Future<Long> head(String workspaceId) {
      return database.head(router, workspaceId);
    }

    @Override
    public Future<Boolean> commitFiles(String workspaceId, long version) {
      return database.commitFiles(router, workspaceId, version);
    }

    @Override
    public Future<Boolean> claim(String requestId, String owner) {
      return redis.claim(router, requestId, owner);
    }

    @Override
    public Future<Optional<String>> claimant(String requestId) {
      return redis.claimant(router, requestId);
    }

    @Override
    public void unclaim(String requestId) {
      redis.unclaim(router, requestId);
    }

    @Override
    public Future<Optional<Stored>> result(String requestId) {
      return SimGateway.this.result(router, requestId);
    }

    @Override
    public void keep(String requestId, Stored result) {
      results.putIfAbsent(requestId, result);
      redis.keep(node, requestId, result);
    }

    @Override
    public Future<ExecutorEdge.Offer.Reply> offer(Route route, ExecutorEdge.Offer offer) {
      var edge = cluster.edge(route.edgeNode());
      if (edge == null) return nobody();
      return cluster.network.ask(
          router,
          edge.actor(),
          "offer",
          OFFER_MAX_MS,
          Network.Arrival.TWICE_AT_ONCE,
          () -> edge.offer(offer));
    }

    // That process is gone; whether the bus knows already is chance.
    private Future<ExecutorEdge.Offer.Reply> nobody() {
      boolean known = world.chance(0.5);
      var answer = Promise.<ExecutorEdge.Offer.Reply>promise();
      var fault = Network.fault(known ? Fault.Code.UNAVAILABLE : Fault.Code.TIMEOUT);
      world.in(known ? 1 : OFFER_MAX_MS, router, "nobody there", () -> answer.fail(fault));
      return answer.future();
    }

    @Override
    public void cancel(Route route, ExecutorEdge.Cancel cancel) {
      var edge = cluster.edge(route.edgeNode());
      if (edge == null) return;
      cluster.network.tell(router, edge.actor(), "cancel", () -> edge.cancel(cancel));
    }

    @Override
    public List<Route> routes() {
      return registry.all();
    }
  }
}
