package ai.vespid.gateway.registry;

import ai.vespid.protocol.bus.Route;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * As {@link SessionRegistryVerticle}, over the same {@link RouteTable}. What edges on other nodes
 * tell may be lost, so they repeat all they have now and then, and an edge that died is forgotten.
 */
public final class RegistryShell {
  /** Who hears of changes. */
  public interface Listener {
    void up(Route route);

    void down(String executorId, String connectionId);

    /** A connection has a newer one: its edge closes it. */
    void replaced(Route older);
  }

  private final RouteTable routes = new RouteTable();
  private final Listener listener;

  public RegistryShell(Listener listener) {
    this.listener = listener;
  }

  public void connected(Route route) {
    switch (routes.connected(route)) {
      case RouteTable.Outcome.Outdated _ -> listener.replaced(route);
      case RouteTable.Outcome.Stands(Route standing, Route replaced) -> {
        if (replaced != null) listener.replaced(replaced);
        listener.up(standing);
      }
    }
  }

  public void disconnected(String executorId, String connectionId) {
    routes
        .disconnected(executorId, connectionId)
        .ifPresent(route -> listener.down(route.executorId(), route.connectionId()));
  }

  /** Everything one edge has: what is missing comes, what it has not goes. */
  public void digest(String edgeNode, List<Route> connected) {
    Map<String, Route> byConnection = new LinkedHashMap<>();
    connected.forEach(route -> byConnection.put(route.connectionId(), route));
    for (var route : routes.all()) {
      if (!route.edgeNode().equals(edgeNode)) continue;
      if (byConnection.remove(route.connectionId()) == null) {
        disconnected(route.executorId(), route.connectionId());
      }
    }
    byConnection.values().forEach(this::connected);
  }

  public List<Route> all() {
    return routes.all();
  }
}
