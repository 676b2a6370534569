package ai.vespid.simulation;

import ai.vespid.gateway.edge.SocketShell;
import ai.vespid.gateway.registry.RegistryShell;
import ai.vespid.kit.node.Homes;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.bus.DispatchRouter.Reconcile;
import ai.vespid.protocol.bus.DispatchRouter.Report;
import ai.vespid.protocol.bus.ExecutorEdge;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.executor.ExecutorFrame.Held;
import ai.vespid.protocol.executor.GatewayFrame;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** A node that owns sockets. Every incarnation has its own name, as a node of the cluster has. */
final class SimEdge {
  private static final long ASK_MAX_MS = 5_000;
  private static final long LIFE_CHECK_MS = 500;
  private static final long AGAIN_MS = 250;
  private static final long DIGEST_MS = 5_000;

  private record Connection(SocketShell socket, Link link) {}

  private final Cluster cluster;
  private final World world;
  private final Actor actor;
  private final Map<String, Connection> connections = new LinkedHashMap<>();
  private int connectionCount;

  SimEdge(Cluster cluster, String name) {
    this.cluster = cluster;
    this.world = cluster.world;
    this.actor = new Actor(world, name);
  }

  Actor actor() {
    return actor;
  }

  String node() {
    return actor.name() + "#" + actor.incarnation();
  }

  void start() {
    actor.start();
    world.in(LIFE_CHECK_MS, actor, "life check", this::checkLife);
    world.in(0, actor, "digest", this::digest);
  }

  void dies() {
    var links = connections.values().stream().map(Connection::link).toList();
    actor.die();
    connections.clear();
    links.forEach(link -> link.close(Link.Side.EDGE));
    forget(node());
  }

  // Membership: the others see sooner or later that this process is gone.
  private void forget(String node) {
    var gateway = cluster.gateway;
    world.in(world.between(0, 2_000), gateway.node, "edge left", () -> gateway.forget(node));
  }

  /** A socket was accepted. */
  void accept(SimAgent agent, Link link) {
    if (!link.open(Link.Side.AGENT)) return;
    var connectionId = agent.id() + "/" + node() + "/" + ++connectionCount;
    var route = agent.route(connectionId, node(), world.nowMs());
    var socket = new SocketShell(new Ports(route, link, agent), route);
    connections.put(connectionId, new Connection(socket, link));
    link.attach(Link.Side.EDGE, actor, () -> closed(connectionId));
    agent.opened(link, socket);
  }

  private void closed(String connectionId) {
    var connection = connections.remove(connectionId);
    if (connection == null) return;
    world.say(actor, "loses", connectionId, "holding", connection.socket().held());
    connection.socket().closed();
  }

  void close(String connectionId, String reason) {
    var connection = connections.get(connectionId);
    if (connection == null) return;
    world.say(actor, "closes", connectionId, reason);
    connection.link().close(Link.Side.EDGE);
    closed(connectionId);
  }

  Future<ExecutorEdge.Offer.Reply> offer(ExecutorEdge.Offer offer) {
    var connection = connections.get(offer.connectionId());
    var reply =
        connection == null ? new ExecutorEdge.Offer.NotHere() : connection.socket().offer(offer);
    world.say(actor, "answers offer", offer.dispatch().requestId(), "e" + offer.epoch(), reply);
    return Future.succeededFuture(reply);
  }

  void cancel(ExecutorEdge.Cancel cancel) {
    for (var connection : connections.values()) {
      var socket = connection.socket();
      if (socket.route().executorId().equals(cancel.executorId())) {
        socket.cancel(cancel.requestId(), cancel.epoch(), cancel.reason());
      }
    }
  }

  private void checkLife() {
    world.in(LIFE_CHECK_MS, actor, "life check", this::checkLife);
    new ArrayList<>(connections.values()).forEach(c -> c.socket().checkLife());
  }

  // What a lost message about a route left behind is found here.
  private void digest() {
    world.in(DIGEST_MS, actor, "digest", this::digest);
    var routes =
        connections.values().stream()
            .map(Connection::socket)
            .filter(SocketShell::live)
            .map(SocketShell::route)
            .toList();
    var node = node();
    tell("digest", registry -> registry.digest(node, routes));
  }

  private void tell(String what, Consumer<RegistryShell> news) {
    var gateway = cluster.gateway;
    var node = node();
    cluster.network.tell(actor, gateway.node, what, () -> gateway.news(node, news));
  }

  /** Request ids of what its sockets hold. */
  List<String> held() {
    return connections.values().stream().flatMap(c -> c.socket().held().stream()).toList();
  }

  /** Breaks one of its links at random. */
  void anyLink(Consumer<Link> happening) {
    if (connections.isEmpty()) return;
    var all = new ArrayList<>(connections.values());
    happening.accept(all.get(world.pick(all.size())).link());
  }

  private final class Ports implements SocketShell.Ports {
    private final Route route;
    private final Link link;
    private final SimAgent agent;

    Ports(Route route, Link link, SimAgent agent) {
      this.route = route;
      this.link = link;
      this.agent = agent;
    }

    @Override
    public long nowMs() {
      return world.nowMs();
    }

    @Override
    public Mutant mutant() {
      return cluster.mutant;
    }

    @Override
    public void send(GatewayFrame frame) {
      link.send(Link.Side.EDGE, frame.type(), () -> agent.received(link, frame));
    }

    @Override
    public Future<Reconcile.Reconciled> reconcile(
        Route of, List<Held> inFlight, List<Held> finished) {
      var hello =
          new Reconcile(
              Homes.queueKey(of.pool(), of.organizationId()),
              of.organizationId(),
              of.executorId(),
              of.connectionId(),
              of.connectedAtMs(),
              of.bootId(),
              inFlight,
              finished);
      var gateway = cluster.gateway;
      return cluster.network.ask(
          actor,
          gateway.router,
          "reconcile",
          ASK_MAX_MS,
          () -> gateway.serve(router -> router.reconcile(hello)));
    }

    @Override
    public Future<Report.Reply> report(
        String organizationId, String requestId, int epoch, DispatchResult result) {
      var report =
          new Report(
              Homes.queueKey(route.pool(), organizationId),
              organizationId,
              requestId,
              epoch,
              route.executorId(),
              result);
      var gateway = cluster.gateway;
      return cluster.network.ask(
          actor,
          gateway.router,
          "report",
          ASK_MAX_MS,
          Network.Arrival.TWICE,
          () -> gateway.serve(router -> router.decide(report)));
    }

    @Override
    public void connected(Route of) {
      world.say(actor, "connected", of.connectionId());
      tell("connected", registry -> registry.connected(of));
    }

    @Override
    public void disconnected(Route of) {
      tell("disconnected", registry -> registry.disconnected(of.executorId(), of.connectionId()));
    }

    @Override
    public void later(Runnable again) {
      world.in(AGAIN_MS, actor, "report again", again);
    }

    @Override
    public void close(String reason) {
      SimEdge.this.close(route.connectionId(), reason);
    }
  }
}
