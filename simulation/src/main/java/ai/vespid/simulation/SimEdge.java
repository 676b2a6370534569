package ai.vespid.simulation;

import ai.vespid.gateway.edge.FenceShell;
import ai.vespid.gateway.edge.SocketShell;
import ai.vespid.kit.node.Homes;
import ai.vespid.kit.node.View;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.bus.DispatchRouter.Doubt;
import ai.vespid.protocol.bus.DispatchRouter.Reconcile;
import ai.vespid.protocol.bus.DispatchRouter.Report;
import ai.vespid.protocol.bus.Done;
import ai.vespid.protocol.bus.ExecutorEdge;
import ai.vespid.protocol.bus.Message;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.bus.SessionRegistry;
import ai.vespid.protocol.executor.ExecutorFrame.Held;
import ai.vespid.protocol.executor.GatewayFrame;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** The sockets of one process. */
final class SimEdge {
  private static final Duration ASK_MAX = Duration.ofSeconds(5);
  private static final Duration HOME_MAX = Duration.ofSeconds(20);
  private static final long LIFE_CHECK_MS = 500;
  private static final long AGAIN_MS = 250;

  private record Connection(SocketShell socket, Link link) {}

  private final SimNode node;
  private final Cluster cluster;
  private final World world;
  private final SimSurroundings here;
  private final FenceShell fence;
  private final Map<String, Connection> connections = new LinkedHashMap<>();
  private int connectionCount;

  SimEdge(SimNode node, SimSurroundings here) {
    this.node = node;
    this.cluster = node.cluster;
    this.world = cluster.world;
    this.here = here;
    this.fence = new FenceShell(here.view(), cluster.omitted);
    world.in(LIFE_CHECK_MS, node.process, "life check", this::checkLife);
  }

  void viewChanged(View now) {
    fence.viewChanged(now, world.nowMs());
  }

  int size() {
    return connections.size();
  }

  void processDied() {
    var links = connections.values().stream().map(Connection::link).toList();
    connections.clear();
    links.forEach(link -> link.close(Link.Side.EDGE));
  }

  /** A socket was accepted. */
  void accept(SimAgent agent, Link link) {
    if (!link.open(Link.Side.AGENT) || !node.serving()) return;
    var connectionId = agent.id() + "/" + node.id() + "/" + ++connectionCount;
    var route = agent.route(connectionId, node.id(), world.nowMs());
    var socket = new SocketShell(new Ports(route, link, agent), route);
    connections.put(connectionId, new Connection(socket, link));
    link.attach(Link.Side.EDGE, node.process, () -> closed(connectionId));
    agent.opened(link, socket, node);
  }

  private void closed(String connectionId) {
    var connection = connections.remove(connectionId);
    if (connection == null) return;
    world.say(node, "loses", connectionId, "holding", connection.socket().held());
    connection.socket().closed();
  }

  private void close(String connectionId, String reason) {
    var connection = connections.get(connectionId);
    if (connection == null) return;
    world.say(node, "closes", connectionId, reason);
    connection.link().close(Link.Side.EDGE);
    closed(connectionId);
  }

  /** This node is about to leave: agents connect elsewhere. */
  void drain() {
    for (var connection : all()) connection.socket().leave();
  }

  Future<? extends Message> receive(ExecutorEdge<?> request) {
    return switch (request) {
      case ExecutorEdge.Offer offer -> {
        fence.check(offer.home(), world.nowMs());
        yield Future.succeededFuture(offer(offer));
      }
      case ExecutorEdge.Withdraw attempt -> {
        var connection = connections.get(attempt.connectionId());
        var reply =
            connection == null
                ? new ExecutorEdge.Offer.NotHere()
                : connection.socket().withdraw(attempt.requestId(), attempt.epoch());
        world.say(node, "gives up", attempt.requestId(), "e" + attempt.epoch(), reply);
        yield Future.succeededFuture(reply);
      }
      case ExecutorEdge.Cancel cancel -> {
        cancel(cancel);
        yield done();
      }
      case ExecutorEdge.Replaced replaced -> {
        close(replaced.connectionId(), "REPLACED");
        yield done();
      }
      case ExecutorEdge.Holdings question -> {
        fence.agree(question.homes());
        yield Future.succeededFuture(
            new ExecutorEdge.HoldingList(
                all().stream().flatMap(c -> c.socket().holdings().stream()).toList()));
      }
    };
  }

  private static Future<Done> done() {
    return Future.succeededFuture(new Done());
  }

  private ExecutorEdge.Offer.Reply offer(ExecutorEdge.Offer offer) {
    var connection = connections.get(offer.connectionId());
    var reply =
        connection == null ? new ExecutorEdge.Offer.NotHere() : connection.socket().offer(offer);
    world.say(node, "answers offer", offer.dispatch().requestId(), "e" + offer.epoch(), reply);
    return reply;
  }

  private void cancel(ExecutorEdge.Cancel cancel) {
    world.say(node, "cancels", cancel.requestId(), "e" + cancel.epoch(), cancel.reason());
    for (var connection : all()) {
      var socket = connection.socket();
      if (socket.route().executorId().equals(cancel.executorId())) {
        socket.cancel(cancel.requestId(), cancel.epoch(), cancel.reason());
      }
    }
  }

  private void checkLife() {
    world.in(LIFE_CHECK_MS, node.process, "life check", this::checkLife);
    all().forEach(c -> c.socket().checkLife());
  }

  private List<Connection> all() {
    return new ArrayList<>(connections.values());
  }

  /** Request ids of what its sockets hold. */
  List<String> held() {
    return connections.values().stream().flatMap(c -> c.socket().held().stream()).toList();
  }

  /** True when one of its sockets holds this attempt. */
  boolean holds(String connectionId, String requestId, int epoch) {
    var connection = connections.get(connectionId);
    return connection != null
        && connection.socket().holdings().stream()
            .anyMatch(h -> h.requestId().equals(requestId) && h.epoch() == epoch);
  }

  /** The connections on which agents may be given something. */
  List<String> live() {
    return connections.entrySet().stream()
        .filter(c -> c.getValue().socket().live())
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Breaks one of its links at random. */
  void anyLink(Consumer<Link> happening) {
    if (connections.isEmpty()) return;
    var all = all();
    happening.accept(all.get(world.pick(all.size())).link());
  }

  private void tell(SessionRegistry<Done> news) {
    here.ask(SessionRegistry.at(here.node()), news, ASK_MAX);
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

    private String key(String organizationId) {
      return Homes.queueKey(route.pool(), organizationId);
    }

    @Override
    public long nowMs() {
      return world.nowMs();
    }

    @Override
    public boolean omits(Mutant line) {
      return cluster.omits(line);
    }

    @Override
    public void send(GatewayFrame frame) {
      if (frame instanceof GatewayFrame.InvokeTool invoke) {
        cluster.history.given(route.connectionId(), invoke.requestId(), invoke.epoch());
      }
      link.send(Link.Side.EDGE, frame.type(), () -> agent.received(link, frame));
    }

    @Override
    public Future<Reconcile.Reconciled> reconcile(
        Route of, List<Held> inFlight, List<Held> finished, BooleanSupplier wanted) {
      var key = key(of.organizationId());
      return node.homes()
          .askWhile(
              wanted,
              key,
              new Reconcile(
                  key,
                  of.organizationId(),
                  of.executorId(),
                  of.connectionId(),
                  of.connectedAtMs(),
                  of.bootId(),
                  inFlight,
                  finished,
                  node.id()),
              HOME_MAX);
    }

    @Override
    public Future<Report.Reply> report(
        String organizationId, String requestId, int epoch, DispatchResult result) {
      var key = key(organizationId);
      return node.homes()
          .ask(
              key,
              new Report(
                  key, organizationId, requestId, epoch, route.executorId(), result, node.id()),
              HOME_MAX);
    }

    @Override
    public void doubt(String organizationId, String requestId, int epoch) {
      var key = key(organizationId);
      node.homes().ask(key, new Doubt(key, requestId, epoch, route.executorId()), ASK_MAX);
    }

    @Override
    public void connected(Route of) {
      world.say(node, "connected", of.connectionId());
      tell(new SessionRegistry.Connected(of));
    }

    @Override
    public void disconnected(Route of) {
      tell(new SessionRegistry.Disconnected(of.executorId(), of.connectionId()));
    }

    @Override
    public void later(Runnable again) {
      world.in(AGAIN_MS, node.process, "report again", again);
    }

    @Override
    public void close(String reason) {
      SimEdge.this.close(route.connectionId(), reason);
    }
  }
}
