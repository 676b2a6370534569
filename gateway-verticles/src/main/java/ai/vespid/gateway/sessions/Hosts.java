package ai.vespid.gateway.sessions;

import ai.vespid.kit.node.Homes;
import ai.vespid.protocol.Pool;
import ai.vespid.protocol.Selector;
import ai.vespid.protocol.bus.Route;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The executors that are connected just now, and when the others were lost. */
final class Hosts {
  /** Lost hosts are forgotten then; nobody waits that long for one. */
  private static final long LOST_MS_MAX = 600_000;

  private final long sinceMs;
  private final Map<String, Route> byId = new HashMap<>();
  private final Map<String, Map<String, Route>> byQueue = new HashMap<>();
  private final Map<String, Long> lostMs = new HashMap<>();

  /**
   * @param sinceMs since when it listens: what it never saw may have been lost then
   */
  Hosts(long sinceMs) {
    this.sinceMs = sinceMs;
  }

  void up(Route route) {
    forget(byId.put(route.executorId(), route));
    byQueue.computeIfAbsent(queue(route), _ -> new HashMap<>()).put(route.executorId(), route);
    lostMs.remove(route.executorId());
  }

  void down(String executorId, String connectionId, long nowMs) {
    var route = byId.get(executorId);
    if (route == null || !route.connectionId().equals(connectionId)) return;
    forget(byId.remove(executorId));
    lostMs.values().removeIf(at -> nowMs - at > LOST_MS_MAX);
    lostMs.put(executorId, nowMs);
  }

  private void forget(Route old) {
    if (old == null) return;
    var queue = byQueue.get(queue(old));
    queue.remove(old.executorId());
    if (queue.isEmpty()) byQueue.remove(queue(old));
  }

  private static String queue(Route route) {
    return Homes.queueKey(route.pool(), route.organizationId());
  }

  /** Where an executor is connected that this organization may use. */
  Optional<Route> find(String executorId, String organizationId) {
    return Optional.ofNullable(byId.get(executorId))
        .filter(
            route -> route.pool() == Pool.MANAGED || organizationId.equals(route.organizationId()));
  }

  /** Since when it is away. */
  long lostMs(String executorId) {
    return lostMs.getOrDefault(executorId, sinceMs);
  }

  /** Those of a pool that a session may be moved to, whatever they can do. */
  List<Route> candidates(Pool pool, String organizationId, Selector selector) {
    return byQueue.getOrDefault(Homes.queueKey(pool, organizationId), Map.of()).values().stream()
        .filter(route -> !route.draining())
        .filter(route -> selector == null || fits(route, selector))
        .toList();
  }

  private static boolean fits(Route route, Selector selector) {
    return (selector.executorId() == null || selector.executorId().equals(route.executorId()))
        && selector.accepts(route.tags());
  }
}
