package ai.vespid.gateway.dispatch;

import ai.vespid.protocol.bus.Route;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Connected executors, the dispatches they hold, and for every demand that was asked for lately an
 * index of those that could take one more, least loaded first. Choosing costs the same with ten
 * executors and with ten thousand.
 *
 * <p>Capacity in use is the set of dispatches held, never a counter, so it cannot drift (defect
 * C6). A holder that lost its link keeps its set until its dispatches are decided.
 */
final class ExecutorDirectory {
  /** Demands that have an index; the one unused longest loses it and is indexed anew when asked. */
  static final int INDEXES_MAX = 20_000;

  private static final Comparator<Executor> LEAST_LOADED =
      Comparator.<Executor>comparingDouble(executor -> executor.load)
          .thenComparingLong(executor -> executor.lastUsed)
          .thenComparing(executor -> executor.id);

  private final Map<String, Executor> executors = new HashMap<>();
  private final Map<String, Set<Executor>> byQueue = new HashMap<>();
  private final Map<String, Set<Index>> indexesByQueue = new HashMap<>();
  private final LinkedHashMap<Demand, Index> indexes = new LinkedHashMap<>(64, 0.75f, true);
  private long useCount;

  private static final class Executor {
    final String id;
    Route route;
    final Set<String> held = new LinkedHashSet<>();
    final List<Index> memberships = new ArrayList<>();
    double load;
    long lastUsed;

    Executor(String id) {
      this.id = id;
    }

    double loadNow() {
      return route == null ? 0 : (double) held.size() / route.maxInFlight();
    }

    boolean free() {
      return route != null && held.size() < route.maxInFlight();
    }
  }

  private static final class Index {
    final Demand demand;
    final TreeSet<Executor> free = new TreeSet<>(LEAST_LOADED);
    int candidates;

    Index(Demand demand) {
      this.demand = demand;
    }
  }

  /** An executor connected, or its attributes changed. */
  void up(Route route) {
    var executor = executors.computeIfAbsent(route.executorId(), Executor::new);
    leaveIndexes(executor);
    executor.route = route;
    executor.load = executor.loadNow();
    byQueue.computeIfAbsent(Demand.queueKey(route), _ -> new LinkedHashSet<>()).add(executor);
    for (var index : indexesByQueue.getOrDefault(Demand.queueKey(route), Set.of())) {
      join(executor, index);
    }
  }

  /**
   * A connection is gone.
   *
   * @return its route, or empty when a newer connection of that executor is known (defect B3)
   */
  Optional<Route> down(String executorId, String connectionId) {
    var executor = executors.get(executorId);
    if (executor == null || executor.route == null) return Optional.empty();
    var gone = executor.route;
    if (!gone.connectionId().equals(connectionId)) return Optional.empty();
    leaveIndexes(executor);
    executor.route = null;
    var queue = byQueue.get(Demand.queueKey(gone));
    queue.remove(executor);
    if (queue.isEmpty()) byQueue.remove(Demand.queueKey(gone));
    forgetIfIdle(executor);
    return Optional.of(gone);
  }

  Optional<Route> route(String executorId) {
    return Optional.ofNullable(executors.get(executorId)).map(executor -> executor.route);
  }

  /** True when somebody connected could take it, now or once it is less busy. */
  boolean hasCandidate(Demand demand) {
    return index(demand).candidates > 0;
  }

  /** The least loaded candidate with room, the least recently used of equals. */
  Optional<Route> choose(Demand demand) {
    var free = index(demand).free;
    return free.isEmpty() ? Optional.empty() : Optional.of(free.first().route);
  }

  /** The executor holds this dispatch from now on. */
  void hold(String executorId, String requestId) {
    var executor = executors.computeIfAbsent(executorId, Executor::new);
    reorder(
        executor,
        () -> {
          executor.held.add(requestId);
          executor.lastUsed = ++useCount;
        });
  }

  void release(String executorId, String requestId) {
    var executor = executors.get(executorId);
    if (executor == null) return;
    reorder(executor, () -> executor.held.remove(requestId));
    forgetIfIdle(executor);
  }

  Set<String> heldBy(String executorId) {
    var executor = executors.get(executorId);
    // In their order: a simulated run must be the same in every process.
    return executor == null ? Set.of() : new LinkedHashSet<>(executor.held);
  }

  /** Every connected executor a demand could mean, for explain. */
  Collection<Route> routes(String queueKey) {
    return byQueue.getOrDefault(queueKey, Set.of()).stream().map(e -> e.route).toList();
  }

  boolean full(String executorId) {
    var executor = executors.get(executorId);
    return executor != null && executor.route != null && !executor.free();
  }

  int connected() {
    return byQueue.values().stream().mapToInt(Set::size).sum();
  }

  private void reorder(Executor executor, Runnable change) {
    for (var index : executor.memberships) index.free.remove(executor);
    change.run();
    executor.load = executor.loadNow();
    if (executor.free()) for (var index : executor.memberships) index.free.add(executor);
  }

  private Index index(Demand demand) {
    var known = indexes.get(demand);
    if (known != null) return known;
    var index = new Index(demand);
    for (var executor : byQueue.getOrDefault(demand.queueKey(), Set.of())) join(executor, index);
    indexes.put(demand, index);
    indexesByQueue.computeIfAbsent(demand.queueKey(), _ -> new LinkedHashSet<>()).add(index);
    if (indexes.size() > INDEXES_MAX) drop(indexes.firstEntry().getValue());
    return index;
  }

  private void drop(Index index) {
    indexes.remove(index.demand);
    var queue = indexesByQueue.get(index.demand.queueKey());
    queue.remove(index);
    if (queue.isEmpty()) indexesByQueue.remove(index.demand.queueKey());
    for (var executor : byQueue.getOrDefault(index.demand.queueKey(), Set.of())) {
      executor.memberships.remove(index);
    }
  }

  private static void join(Executor executor, Index index) {
    if (!index.demand.accepts(executor.route)) return;
    index.candidates++;
    executor.memberships.add(index);
    if (executor.free()) index.free.add(executor);
  }

  private static void leaveIndexes(Executor executor) {
    for (var index : executor.memberships) {
      index.free.remove(executor);
      index.candidates--;
    }
    executor.memberships.clear();
  }

  private void forgetIfIdle(Executor executor) {
    if (executor.route == null && executor.held.isEmpty()) executors.remove(executor.id);
  }
}
