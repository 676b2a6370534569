package ai.vespid.gateway.registry;

import ai.vespid.kit.bus.Bus;
import ai.vespid.kit.bus.Mailbox;
import ai.vespid.kit.node.Membership;
import ai.vespid.kit.node.Node;
import ai.vespid.kit.node.Settings;
import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.bus.Done;
import ai.vespid.protocol.bus.Message;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.bus.SessionRegistry;
import ai.vespid.protocol.bus.SessionRegistry.Connected;
import ai.vespid.protocol.bus.SessionRegistry.Disconnected;
import ai.vespid.protocol.bus.SessionRegistry.Own;
import ai.vespid.protocol.bus.SessionRegistry.Retagged;
import ai.vespid.protocol.bus.SessionRegistry.RouteList;
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
import java.util.Set;
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
  private final Set<String> touched = new LinkedHashSet<>();
  private final Counter repairs;
  private Membership.Listener following;
  private RouteFeed feed;
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
    feed = new RouteFeed(Surroundings.of(vertx, node), routes, repairs::increment);
    var context = vertx.getOrCreateContext();
    following = (_, now) -> context.runOnContext(_ -> feed.viewChanged(now));
    node.membership().listen(following);
    node.meters().gauge("vespid.registry.routes", routes, RouteTable::size);
    vertx.setPeriodic(settings.seenFlushEvery().toMillis(), _ -> flushSeen());
    vertx.setPeriodic(settings.digestEvery().toMillis(), _ -> feed.tellDigest());
    return bus.subscribe(SessionRegistry.FEED, feed::heard)
        .compose(_ ->
            bus.subscribe(
                SessionRegistry.SEEN, seen -> routes.seen(seen.executorIds(), seen.atMs())))
        .compose(
            _ -> bus.serve(SessionRegistry.at(node.id()), settings.inFlightMax(), this::receive))
        .onSuccess(opened -> mailbox = opened)
        .onSuccess(_ -> feed.viewChanged(node.membership().view()))
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
      case Own _ -> Future.succeededFuture(feed.own());
    };
  }

  private Future<Done> connect(Route route) {
    touched.add(route.executorId());
    feed.connected(route);
    return done();
  }

  private Future<Done> disconnect(Disconnected gone) {
    feed.disconnected(gone.executorId(), gone.connectionId());
    return done();
  }

  private Future<Done> see(Seen seen) {
    bus.publish(SessionRegistry.SEEN, seen);
    touched.addAll(seen.executorIds());
    return done();
  }

  private Future<Done> retag(Retagged retagged) {
    feed.retagged(retagged);
    return done();
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
