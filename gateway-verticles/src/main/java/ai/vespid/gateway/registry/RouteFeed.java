package ai.vespid.gateway.registry;

import ai.vespid.kit.node.Member;
import ai.vespid.kit.node.Surroundings;
import ai.vespid.kit.node.View;
import ai.vespid.protocol.bus.ExecutorEdge.Replaced;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.bus.SessionRegistry;
import ai.vespid.protocol.bus.SessionRegistry.FeedDigest;
import ai.vespid.protocol.bus.SessionRegistry.FeedDown;
import ai.vespid.protocol.bus.SessionRegistry.FeedNews;
import ai.vespid.protocol.bus.SessionRegistry.FeedUp;
import ai.vespid.protocol.bus.SessionRegistry.Own;
import ai.vespid.protocol.bus.SessionRegistry.OwnRoutes;
import ai.vespid.protocol.bus.SessionRegistry.Retagged;
import ai.vespid.protocol.bus.SessionRegistry.RouteDown;
import ai.vespid.protocol.bus.SessionRegistry.RouteUp;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one node's copy of all routes equal to the others': tells what changes on its own node,
 * numbered, and what it all comes to; hears the same of others and reads again what it missed. The
 * routers of its node are told of every change.
 */
final class RouteFeed {
  private static final Logger LOG = LoggerFactory.getLogger(RouteFeed.class);
  private static final Duration TELL_MAX = Duration.ofSeconds(2);

  private final Surroundings here;
  private final RouteTable routes;
  private final Runnable repairing;
  private final FeedPositions positions = new FeedPositions();
  private long seq;

  /**
   * @param repairing run whenever a node's routes are read again
   */
  RouteFeed(Surroundings here, RouteTable routes, Runnable repairing) {
    this.here = here;
    this.routes = routes;
    this.repairing = repairing;
    // Ahead of what an earlier start on this node said.
    this.seq = here.nowMs();
  }

  /** A connection of this node. */
  void connected(Route route) {
    up(route).ifPresent(standing -> publish(new FeedUp(here.node(), ++seq, standing)));
  }

  void disconnected(String executorId, String connectionId) {
    if (down(executorId, connectionId)) {
      publish(new FeedDown(here.node(), ++seq, executorId, connectionId));
    }
  }

  void retagged(Retagged retagged) {
    routes
        .retagged(retagged.executorId(), retagged.tags())
        .ifPresent(route -> {
          here.publish(SessionRegistry.changes(here.node()), new RouteUp(route));
          if (route.edgeNode().equals(here.node())) publish(new FeedUp(here.node(), ++seq, route));
          else tellOwner(route.edgeNode(), retagged);
        });
  }

  /** What this node has, for who missed something. */
  OwnRoutes own() {
    return new OwnRoutes(seq, routes.over(here.node()));
  }

  /** Says what all changes come to. */
  void tellDigest() {
    var own = routes.over(here.node());
    publish(new FeedDigest(here.node(), seq, own.size(), routes.hash(here.node())));
  }

  /** What another registry says of its node. */
  void heard(FeedNews news) {
    if (news.node().equals(here.node()) || !here.view().has(news.node())) return;
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

  /** Routes of a node that is gone vanish with it; those of a new one are read. */
  void viewChanged(View now) {
    positions.keepOnly(now::has);
    for (var route : routes.all()) {
      if (!now.has(route.edgeNode())) down(route.executorId(), route.connectionId());
    }
    now.members().stream()
        .map(Member::id)
        .filter(id -> !id.equals(here.node()) && positions.at(id) == FeedPositions.UNKNOWN)
        .forEach(this::read);
    tellDigest();
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
        here.publish(SessionRegistry.changes(here.node()), new RouteUp(standing));
        yield Optional.of(standing);
      }
    };
  }

  private boolean down(String executorId, String connectionId) {
    var gone = routes.disconnected(executorId, connectionId);
    gone.ifPresent(route ->
        here.publish(
            SessionRegistry.changes(here.node()),
            new RouteDown(route.executorId(), route.connectionId(), route.organizationId())));
    return gone.isPresent();
  }

  private void publish(FeedNews news) {
    if (here.view().members().size() > 1) here.publish(SessionRegistry.FEED, news);
  }

  // Something was missed: everything of that node again.
  private void read(String from) {
    if (!positions.reads(from)) return;
    repairing.run();
    here.ask(SessionRegistry.at(from), new Own(), TELL_MAX)
        .onSuccess(own -> {
          positions.read(from, own.seq());
          if (!here.view().has(from)) return;
          var now = own.routes().stream().map(Route::connectionId).collect(Collectors.toSet());
          routes.over(from).stream()
              .filter(route -> !now.contains(route.connectionId()))
              .forEach(route -> down(route.executorId(), route.connectionId()));
          own.routes().forEach(this::up);
        })
        .onFailure(_ -> positions.unread(from));
  }

  // Newest connection wins; the older one is closed by whoever owns it.
  private void closeOlder(Route older) {
    if (!older.edgeNode().equals(here.node())) return;
    here.ask(older.edge(), new Replaced(older.executorId(), older.connectionId()), TELL_MAX)
        .onFailure(cause ->
            LOG.atDebug()
                .addKeyValue("executor", older.executorId())
                .addKeyValue("cause", cause.getMessage())
                .log("the edge of a replaced connection did not answer"));
  }

  private void tellOwner(String owner, Retagged retagged) {
    here.ask(SessionRegistry.at(owner), retagged, TELL_MAX)
        .onFailure(cause ->
            LOG.atDebug()
                .addKeyValue("executor", retagged.executorId())
                .addKeyValue("cause", cause.getMessage())
                .log("new tags did not reach the executor's own node; its sweep will read them"));
  }
}
