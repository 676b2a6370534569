package ai.vespid.gateway.registry;

import ai.vespid.kit.bus.Bus;
import ai.vespid.kit.bus.Mailbox;
import ai.vespid.kit.node.Member;
import ai.vespid.kit.node.Membership;
import ai.vespid.kit.node.Node;
import ai.vespid.kit.node.Settings;
import ai.vespid.kit.node.View;
import ai.vespid.protocol.bus.Done;
import ai.vespid.protocol.bus.ExecutorEdge.Replaced;
import ai.vespid.protocol.bus.Message;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.bus.SessionRegistry;
import ai.vespid.protocol.bus.SessionRegistry.Connected;
import ai.vespid.protocol.bus.SessionRegistry.Disconnected;
import ai.vespid.protocol.bus.SessionRegistry.FeedDigest;
import ai.vespid.protocol.bus.SessionRegistry.FeedDown;
import ai.vespid.protocol.bus.SessionRegistry.FeedNews;
import ai.vespid.protocol.bus.SessionRegistry.FeedUp;
import ai.vespid.protocol.bus.SessionRegistry.Own;
import ai.vespid.protocol.bus.SessionRegistry.OwnRoutes;
import ai.vespid.protocol.bus.SessionRegistry.Retagged;
import ai.vespid.protocol.bus.SessionRegistry.RouteDown;
import ai.vespid.protocol.bus.SessionRegistry.RouteList;
import ai.vespid.protocol.bus.SessionRegistry.RouteUp;
import ai.vespid.protocol.bus.SessionRegistry.Routes;
import ai.vespid.protocol.bus.SessionRegistry.Seen;
import ai.vespid.protocol.bus.SessionRegistry.Snapshot;
import ai.vespid.protocol.bus.SessionRegistry.Started;
import ai.vespid.sql.ExecutorRepository;
import io.micrometer.core.instrument.Counter;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owns this node's copy of all routes; exactly one instance a node. After a restart the routes of
 * other nodes are read from them, those of its own from hellos.
 */
public final class SessionRegistryVerticle extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(SessionRegistryVerticle.class);
  private static final Duration TELL_MAX = Duration.ofSeconds(2);

  private final Node node;
  private final ExecutorRepository executors;
  private final RouteTable routes = new RouteTable();
  private final FeedPositions positions = new FeedPositions();
  private final Set<String> touched = new LinkedHashSet<>();
  private final Counter repairs;
  private Membership.Listener following;
  private long seq;
  private Bus bus;
  private Mailbox mailbox;

  public SessionRegistryVerticle(Node node, ExecutorRepository executors) {
    this.node = node;
    this.executors = executors;
    this.repairs = node.meters().counter("vespid.registry.repairs");
  }

  @Override
  public Future<?> start() {
    var settings = Settings.bind("session-registry", config(), SessionRegistrySettings.class);
    bus = new Bus(vertx, node.id());
    // Ahead of what an earlier start of this verticle said.
    seq = node.clock().millis();
    var context = vertx.getOrCreateContext();
    following = (_, now) -> context.runOnContext(_ -> viewChanged(now));
    node.membership().listen(following);
    node.meters().gauge("vespid.registry.routes", routes, RouteTable::size);
    vertx.setPeriodic(settings.seenFlushEvery().toMillis(), _ -> flushSeen());
    vertx.setPeriodic(settings.digestEvery().toMillis(), _ -> tellDigest());
    return bus.subscribe(SessionRegistry.FEED, this::heard)
        .compose(_ ->
            bus.subscribe(
                SessionRegistry.SEEN, seen -> routes.seen(seen.executorIds(), seen.atMs())))
        .compose(
            _ -> bus.serve(SessionRegistry.at(node.id()), settings.inFlightMax(), this::receive))
        .onSuccess(opened -> mailbox = opened)
        .onSuccess(_ -> viewChanged(node.membership().view()))
        .onSuccess(_ -> bus.publish(SessionRegistry.started(node.id()), new Started()));
  }

  @Override
  public Future<?> stop() {
    node.membership().forget(following);
    return mailbox == null ? Future.succeededFuture() : mailbox.drain(TELL_MAX);
  }

  private Future<? extends Message> receive(SessionRegistry<?> request) {
    return switch (request) {
      case Connected connected -> connect(connected.route());
      case Disconnected gone -> disconnect(gone);
      case Seen seen -> see(seen);
      case Retagged retagged -> retag(retagged);
      case Routes which -> list(routes.of(which.organizationId()));
      case Snapshot _ -> list(routes.all());
      case Own _ -> Future.succeededFuture(new OwnRoutes(seq, routes.over(node.id())));
    };
  }

  private Future<Done> connect(Route route) {
    touched.add(route.executorId());
    up(route).ifPresent(standing -> publish(new FeedUp(node.id(), ++seq, standing)));
    return done();
  }

  // Every node hears of both connections, and each closes its own when it is the older one.
  private Optional<Route> up(Route route) {
    return switch (routes.connected(route)) {
      case RouteTable.Outcome.Outdated _ -> {
        closeOlder(route);
        yield Optional.empty();
      }
      case RouteTable.Outcome.Stands(Route standing, Route replaced) -> {
        if (replaced != null) closeOlder(replaced);
        bus.publish(SessionRegistry.changes(node.id()), new RouteUp(standing));
        yield Optional.of(standing);
      }
    };
  }

  private boolean down(String executorId, String connectionId) {
    var gone = routes.disconnected(executorId, connectionId);
    gone.ifPresent(route ->
        bus.publish(
            SessionRegistry.changes(node.id()),
            new RouteDown(route.executorId(), route.connectionId(), route.organizationId())));
    return gone.isPresent();
  }

  private void publish(FeedNews news) {
    if (node.membership().view().members().size() > 1) bus.publish(SessionRegistry.FEED, news);
  }

  private void tellDigest() {
    var own = routes.over(node.id());
    publish(new FeedDigest(node.id(), seq, own.size(), routes.hash(node.id())));
  }

  private void heard(FeedNews news) {
    if (news.node().equals(node.id()) || !node.membership().view().has(news.node())) return;
    switch (news) {
      case FeedUp up when positions.follows(up.node(), up.seq()) -> up(up.route());
      case FeedDown gone when positions.follows(gone.node(), gone.seq()) ->
          down(gone.executorId(), gone.connectionId());
      case FeedDigest digest when positions.at(digest.node()) == digest.seq() -> {
        var own = routes.over(digest.node());
        if (own.size() != digest.count() || routes.hash(digest.node()) != digest.hash()) {
          read(digest.node());
        }
      }
      case FeedNews later when later.seq() > positions.at(later.node()) -> read(later.node());
      // Said before what was read of that node.
      case FeedNews _ -> {}
    }
  }

  // Something was missed: everything of that node again.
  private void read(String from) {
    if (!positions.reads(from)) return;
    repairs.increment();
    bus.ask(SessionRegistry.at(from), new Own(), TELL_MAX)
        .onSuccess(own -> {
          positions.read(from, own.seq());
          if (!node.membership().view().has(from)) return;
          var now = own.routes().stream().map(Route::connectionId).collect(Collectors.toSet());
          routes.over(from).stream()
              .filter(route -> !now.contains(route.connectionId()))
              .forEach(route -> down(route.executorId(), route.connectionId()));
          own.routes().forEach(this::up);
        })
        .onFailure(_ -> positions.unread(from));
  }

  private void viewChanged(View now) {
    positions.keepOnly(now::has);
    for (var route : routes.all()) {
      if (!now.has(route.edgeNode())) down(route.executorId(), route.connectionId());
    }
    now.members().stream()
        .map(Member::id)
        .filter(id -> !id.equals(node.id()) && positions.at(id) == FeedPositions.UNKNOWN)
        .forEach(this::read);
    tellDigest();
  }

  // Newest connection wins; the older one is closed by whoever owns it.
  private void closeOlder(Route older) {
    if (!older.edgeNode().equals(node.id())) return;
    bus.ask(older.edge(), new Replaced(older.executorId(), older.connectionId()), TELL_MAX)
        .onFailure(cause ->
            LOG.atDebug()
                .addKeyValue("executor", older.executorId())
                .addKeyValue("cause", cause.getMessage())
                .log("the edge of a replaced connection did not answer"));
  }

  private Future<Done> disconnect(Disconnected gone) {
    if (down(gone.executorId(), gone.connectionId())) {
      publish(new FeedDown(node.id(), ++seq, gone.executorId(), gone.connectionId()));
    }
    return done();
  }

  private Future<Done> see(Seen seen) {
    bus.publish(SessionRegistry.SEEN, seen);
    touched.addAll(seen.executorIds());
    return done();
  }

  private Future<Done> retag(Retagged retagged) {
    routes
        .retagged(retagged.executorId(), retagged.tags())
        .ifPresent(route -> {
          bus.publish(SessionRegistry.changes(node.id()), new RouteUp(route));
          if (route.edgeNode().equals(node.id())) publish(new FeedUp(node.id(), ++seq, route));
          else tellOwner(route.edgeNode(), retagged);
        });
    return done();
  }

  private void tellOwner(String owner, Retagged retagged) {
    bus.ask(SessionRegistry.at(owner), retagged, TELL_MAX)
        .onFailure(cause ->
            LOG.atDebug()
                .addKeyValue("executor", retagged.executorId())
                .addKeyValue("cause", cause.getMessage())
                .log("new tags did not reach the executor's own node; its sweep will read them"));
  }

  private static Future<RouteList> list(List<Route> found) {
    return Future.succeededFuture(new RouteList(found));
  }

  private void flushSeen() {
    if (touched.isEmpty()) return;
    var ids = List.copyOf(touched);
    touched.clear();
    executors
        .touchSeen(ids, node.clock().instant())
        .onFailure(cause -> {
          touched.addAll(ids);
          LOG.atWarn()
              .addKeyValue("cause", cause.getClass().getSimpleName())
              .log("last_seen_at was not written; it will be tried again");
        });
  }

  private static Future<Done> done() {
    return Future.succeededFuture(new Done());
  }
}
