package ai.vespid.gateway.ingress;

import ai.vespid.protocol.Kind;
import ai.vespid.protocol.Pool;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.executor.ExecutorFrame.EngineAuth;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A route as workers and the control plane read it (contract 1.7); labels are the tags in force.
 */
record RouteView(
    String edgeId,
    String executorId,
    Pool pool,
    String organizationId,
    String name,
    List<String> labels,
    List<String> reportedLabels,
    int maxInFlight,
    Set<Kind> kinds,
    Map<String, EngineAuth> engineAuth,
    long lastSeenAtMs) {
  static RouteView of(Route route) {
    return new RouteView(
        route.edgeNode(),
        route.executorId(),
        route.pool(),
        route.organizationId(),
        route.name(),
        List.copyOf(route.tags()),
        route.reportedTags(),
        route.maxInFlight(),
        route.kinds(),
        route.engineAuth(),
        route.lastSeenAtMs());
  }
}
