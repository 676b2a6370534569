package ai.vespid.gateway.registry;

import ai.vespid.protocol.Pool;
import ai.vespid.protocol.bus.Route;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** Routes by executor; the newest connection of an executor is the only one that counts. */
final class RouteTable {
  private final Map<String, Route> routes = new LinkedHashMap<>();
  private final Map<String, Long> seenAtMs = new HashMap<>();

  /** What an announcement changed. */
  sealed interface Outcome {
    /** The route stands; {@code replaced} is the older connection it took the place of, or null. */
    record Stands(Route route, Route replaced) implements Outcome {}

    /** A newer connection is known. */
    record Outdated() implements Outcome {}
  }

  Outcome connected(Route route) {
    var known = routes.get(route.executorId());
    boolean same = known != null && known.connectionId().equals(route.connectionId());
    if (known != null && !same && newer(known, route)) return new Outcome.Outdated();
    // Tags of a live connection change by retagging alone; the edge may not have heard of it yet.
    routes.put(route.executorId(), same ? route.withTags(known.tags()) : route);
    seenAtMs.put(route.executorId(), route.lastSeenAtMs());
    return new Outcome.Stands(routes.get(route.executorId()), same ? null : known);
  }

  // Of two at the same moment every node prefers the same one.
  private static boolean newer(Route a, Route b) {
    return a.connectedAtMs() != b.connectedAtMs()
        ? a.connectedAtMs() > b.connectedAtMs()
        : a.connectionId().compareTo(b.connectionId()) > 0;
  }

  /** The routes over one node. */
  List<Route> over(String node) {
    return routes.values().stream().filter(route -> route.edgeNode().equals(node)).toList();
  }

  /** What the routes over one node come to, in any order. */
  long hash(String node) {
    long hash = 0;
    for (var route : routes.values()) {
      if (route.edgeNode().equals(node)) hash ^= hash(route);
    }
    return hash;
  }

  // What a router decides by; times of last signs of life differ and do not matter.
  private static long hash(Route route) {
    long hash = Objects.hash(route.connectionId(), route.tags(), route.draining());
    if (route.leaving()) hash++;
    // An enum's own hash differs between processes.
    int kinds = route.kinds().stream().mapToInt(kind -> kind.name().hashCode()).sum();
    hash = hash * 31 + Objects.hash(route.maxInFlight(), kinds, route.connectors());
    return hash * 0x9E3779B97F4A7C15L;
  }

  /** The route that is gone; empty when the executor has a newer connection (defect B3). */
  Optional<Route> disconnected(String executorId, String connectionId) {
    var known = routes.get(executorId);
    if (known == null || !known.connectionId().equals(connectionId)) return Optional.empty();
    seenAtMs.remove(executorId);
    return Optional.of(routes.remove(executorId));
  }

  void seen(Collection<String> executorIds, long atMs) {
    for (var executorId : executorIds) {
      seenAtMs.computeIfPresent(executorId, (_, before) -> Math.max(before, atMs));
    }
  }

  /** New control-plane tags; empty when the executor is not connected. */
  Optional<Route> retagged(String executorId, Collection<String> tags) {
    var known = routes.get(executorId);
    if (known == null) return Optional.empty();
    var route = known.withTags(Set.copyOf(tags));
    routes.put(executorId, route);
    return Optional.of(route);
  }

  /** One organization's own executors, or the managed pool when null, with fresh times. */
  List<Route> of(String organizationId) {
    return routes.values().stream()
        .filter(route ->
            organizationId == null
                ? route.pool() == Pool.MANAGED
                : organizationId.equals(route.organizationId()))
        .map(this::fresh)
        .toList();
  }

  List<Route> all() {
    return routes.values().stream().map(this::fresh).toList();
  }

  int size() {
    return routes.size();
  }

  private Route fresh(Route route) {
    return route.withLastSeenAtMs(seenAtMs.getOrDefault(route.executorId(), route.lastSeenAtMs()));
  }
}
