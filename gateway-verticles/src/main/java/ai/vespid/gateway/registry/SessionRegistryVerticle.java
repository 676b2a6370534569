package ai.vespid.gateway.registry;

import ai.vespid.kit.bus.Bus;
import ai.vespid.kit.bus.Mailbox;
import ai.vespid.kit.node.Node;
import ai.vespid.kit.node.Settings;
import ai.vespid.protocol.bus.Done;
import ai.vespid.protocol.bus.ExecutorEdge.Replaced;
import ai.vespid.protocol.bus.Message;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.bus.SessionRegistry;
import ai.vespid.protocol.bus.SessionRegistry.Connected;
import ai.vespid.protocol.bus.SessionRegistry.Disconnected;
import ai.vespid.protocol.bus.SessionRegistry.Retagged;
import ai.vespid.protocol.bus.SessionRegistry.RouteDown;
import ai.vespid.protocol.bus.SessionRegistry.RouteList;
import ai.vespid.protocol.bus.SessionRegistry.RouteUp;
import ai.vespid.protocol.bus.SessionRegistry.Routes;
import ai.vespid.protocol.bus.SessionRegistry.Seen;
import ai.vespid.protocol.bus.SessionRegistry.Snapshot;
import ai.vespid.sql.ExecutorRepository;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Owns this node's routes; exactly one instance a node. Rebuilt from hellos after a restart. */
public final class SessionRegistryVerticle extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(SessionRegistryVerticle.class);
  private static final Duration TELL_MAX = Duration.ofSeconds(2);

  private final Node node;
  private final ExecutorRepository executors;
  private final RouteTable routes = new RouteTable();
  private final Set<String> touched = new LinkedHashSet<>();
  private Bus bus;
  private Mailbox mailbox;

  public SessionRegistryVerticle(Node node, ExecutorRepository executors) {
    this.node = node;
    this.executors = executors;
  }

  @Override
  public Future<?> start() {
    var settings = Settings.bind("session-registry", config(), SessionRegistrySettings.class);
    bus = new Bus(vertx);
    node.meters().gauge("vespid.registry.routes", routes, RouteTable::size);
    vertx.setPeriodic(settings.seenFlushEvery().toMillis(), _ -> flushSeen());
    return bus.serve(SessionRegistry.at(node.name()), settings.inFlightMax(), this::receive)
        .onSuccess(opened -> mailbox = opened);
  }

  @Override
  public Future<?> stop() {
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
    };
  }

  private Future<Done> connect(Route route) {
    switch (routes.connected(route)) {
      case RouteTable.Outcome.Outdated _ -> closeOlder(route);
      case RouteTable.Outcome.Stands(Route standing, Route replaced) -> {
        if (replaced != null) closeOlder(replaced);
        touched.add(route.executorId());
        bus.publish(SessionRegistry.changes(node.name()), new RouteUp(standing));
      }
    }
    return done();
  }

  // Newest connection wins; the older one is closed by whoever owns it.
  private void closeOlder(Route older) {
    bus.ask(older.edge(), new Replaced(older.executorId(), older.connectionId()), TELL_MAX)
        .onFailure(cause ->
            LOG.atDebug()
                .addKeyValue("executor", older.executorId())
                .addKeyValue("cause", cause.getMessage())
                .log("the edge of a replaced connection did not answer"));
  }

  private Future<Done> disconnect(Disconnected gone) {
    routes
        .disconnected(gone.executorId(), gone.connectionId())
        .ifPresent(route ->
            bus.publish(
                SessionRegistry.changes(node.name()),
                new RouteDown(route.executorId(), route.connectionId(), route.organizationId())));
    return done();
  }

  private Future<Done> see(Seen seen) {
    routes.seen(seen.executorIds(), seen.atMs());
    touched.addAll(seen.executorIds());
    return done();
  }

  private Future<Done> retag(Retagged retagged) {
    routes
        .retagged(retagged.executorId(), retagged.tags())
        .ifPresent(route -> bus.publish(SessionRegistry.changes(node.name()), new RouteUp(route)));
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
