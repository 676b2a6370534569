package ai.vespid.gateway.dispatch;

import ai.vespid.kit.node.Homes;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.Selector;
import ai.vespid.protocol.bus.Dispatch;
import ai.vespid.protocol.bus.Route;
import java.util.Optional;

/**
 * What a dispatch asks of an executor, without the dispatch itself: equal demands share one index.
 *
 * @param queueKey whose executors: one organization's own, or the managed pool
 * @param connectorId null when any will do
 */
record Demand(String queueKey, Kind kind, String connectorId, Selector selector) {
  /** Why an executor cannot serve a demand; the names appear in explain. */
  enum Filter {
    KIND,
    CONNECTOR,
    LABELS,
    EXECUTOR_ID,
    DRAINING,
    FULL,
    /** It changes to another gateway just now. */
    MOVING
  }

  static Demand of(Dispatch dispatch) {
    return new Demand(
        Homes.queueKey(dispatch.selector().pool(), dispatch.organizationId()),
        dispatch.kind(),
        dispatch.connectorId(),
        dispatch.selector());
  }

  static String queueKey(Route route) {
    return Homes.queueKey(route.pool(), route.organizationId());
  }

  boolean accepts(Route route) {
    return excludedBy(route).isEmpty();
  }

  /** The first lasting reason why this executor is not a candidate. */
  Optional<Filter> excludedBy(Route route) {
    if (selector.executorId() != null && !selector.executorId().equals(route.executorId())) {
      return Optional.of(Filter.EXECUTOR_ID);
    }
    if (!route.kinds().contains(kind)) return Optional.of(Filter.KIND);
    if (connectorId != null
        && route.connectors() != null
        && !route.connectors().contains(connectorId)) {
      return Optional.of(Filter.CONNECTOR);
    }
    if (!selector.accepts(route.tags())) return Optional.of(Filter.LABELS);
    if (route.draining()) return Optional.of(Filter.DRAINING);
    return Optional.empty();
  }
}
