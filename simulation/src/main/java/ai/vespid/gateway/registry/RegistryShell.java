package ai.vespid.gateway.registry;

import ai.vespid.kit.node.Surroundings;
import ai.vespid.kit.node.View;
import ai.vespid.protocol.bus.Done;
import ai.vespid.protocol.bus.Message;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.bus.SessionRegistry;
import ai.vespid.protocol.bus.SessionRegistry.FeedDigest;
import ai.vespid.protocol.bus.SessionRegistry.FeedNews;
import ai.vespid.simulation.Mutant;
import io.vertx.core.Future;
import java.util.List;
import java.util.Set;

/** As {@link SessionRegistryVerticle}, over the same {@link RouteFeed}. */
public final class RegistryShell {
  private static final long DIGEST_MS = 2_000;

  private final Surroundings here;
  private final Set<Mutant> omitted;
  private final RouteTable routes = new RouteTable();
  private final RouteFeed feed;

  public RegistryShell(Surroundings here, Set<Mutant> omitted) {
    this.here = here;
    this.omitted = omitted;
    this.feed = new RouteFeed(here, routes, () -> {});
    here.later(DIGEST_MS, this::digest);
  }

  private void digest() {
    here.later(DIGEST_MS, this::digest);
    feed.tellDigest();
  }

  /** Answers what other actors ask. */
  public Future<? extends Message> receive(SessionRegistry<?> request) {
    return switch (request) {
      case SessionRegistry.Connected connected -> {
        feed.connected(connected.route());
        yield done();
      }
      case SessionRegistry.Disconnected gone -> {
        feed.disconnected(gone.executorId(), gone.connectionId());
        yield done();
      }
      case SessionRegistry.Own _ -> Future.succeededFuture(feed.own());
      case SessionRegistry.Seen _ -> done();
      case SessionRegistry.Retagged retagged -> {
        feed.retagged(retagged);
        yield done();
      }
      case SessionRegistry.Routes _, SessionRegistry.Snapshot _ ->
          Future.succeededFuture(new SessionRegistry.RouteList(routes.all()));
    };
  }

  private static Future<Done> done() {
    return Future.succeededFuture(new Done());
  }

  /** What another registry says. */
  public void heard(FeedNews news) {
    if (news instanceof FeedDigest && omitted.contains(Mutant.DIGESTS_NOT_COMPARED)) return;
    feed.heard(news);
  }

  /** The members of the cluster changed. */
  public void viewChanged(View now) {
    if (omitted.contains(Mutant.ROUTES_OF_THE_DEAD_KEPT)) {
      var gone = routes.all().stream().anyMatch(route -> !now.has(route.edgeNode()));
      if (gone) return;
    }
    feed.viewChanged(now);
  }

  public List<Route> all() {
    return routes.all();
  }

  /** The node whose routes these are. */
  public String node() {
    return here.node();
  }
}
