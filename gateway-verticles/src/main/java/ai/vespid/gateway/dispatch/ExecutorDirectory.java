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
 *
 * <p>An executor that changes from one gateway to another is expected: between its two connections
 * nothing can be given to it, but whoever it could serve may wait for it.
 */
final class ExecutorDirectory {
  /** Demands that have an index; the one unused longest loses it and is indexed anew when asked. */
  static final int INDEXES_MAX = 20_000;

  private static final Comparator<Executor> LEAST_LOADED =
      Comparator.<Executor, Boolean>comparing(executor -> executor.leaving)
          .thenComparingDouble(executor -> executor.load)
          .thenComparingLong(executor -> executor.lastUsed)
          .thenComparing(executor -> executor.id);

  private final Map<String, Executor> executors = new HashMap<>();
  private final Map<String, Set<Executor>> byQueue = new HashMap<>();
  private final Map<String, Set<Index>> indexesByQueue = new HashMap<>();
  private final LinkedHashMap<Demand, Index> indexes = new LinkedHashMap<>(64, 0.75f, true);
  private final Map<String, Long> expectedUntilMs = new LinkedHashMap<>();
  private long useCount;

  private static final class Executor {
    final String id;
    // Where it is connected, or was, while it is expected.
    Route route;
    boolean expected;
    boolean leaving;
    // The connection before the one it said hello on.
    String over;
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

    boolean hasRoom() {
      return route != null && held.size() < route.maxInFlight();
    }

    boolean isThere() {
      return route != null && !expected;
    }

    boolean takesMore() {
      return isThere() && route.takesMore();
    }
  }

  private static final class Index {
    final Demand demand;
    final TreeSet<Executor> free = new TreeSet<>(LEAST_LOADED);
    final Set<Executor> freeSoon = new LinkedHashSet<>();
    int candidates;

    Index(Demand demand) {
      this.demand = demand;
    }

    void add(Executor executor) {
      if (!executor.hasRoom()) return;
      if (executor.takesMore()) free.add(executor);
      else freeSoon.add(executor);
    }

    void remove(Executor executor) {
      free.remove(executor);
      freeSoon.remove(executor);
    }
  }

  /**
   * An executor connected, or its attributes changed.
   *
   * @return false when that connection is over, and this comes late
   */
  boolean up(Route route) {
    var executor = executors.computeIfAbsent(route.executorId(), Executor::new);
    if (route.connectionId().equals(executor.over)) return false;
    executor.over = null;
    expectedUntilMs.remove(executor.id);
    become(executor, route, false);
    byQueue.computeIfAbsent(Demand.queueKey(route), _ -> new LinkedHashSet<>()).add(executor);
    return true;
  }

  private void become(Executor executor, Route route, boolean expected) {
    leaveIndexes(executor);
    executor.route = route;
    executor.expected = expected;
    executor.leaving = route.leaving();
    executor.load = executor.loadNow();
    for (var index : indexesByQueue.getOrDefault(Demand.queueKey(route), Set.of())) {
      join(executor, index);
    }
  }

  /**
   * An executor has said hello on another connection, which is to be told in a moment. This one is
   * over, also when it is told late that it changed.
   */
  void over(String executorId, String connectionId, long expectedUntilMs) {
    there(executorId, connectionId)
        .ifPresent(executor -> {
          expect(executor, expectedUntilMs);
          executor.over = connectionId;
        });
  }

  private Route expect(Executor executor, long untilMs) {
    become(executor, executor.route, true);
    expectedUntilMs.put(executor.id, untilMs);
    return executor.route;
  }

  /** Time passed: those that did not come are gone. */
  void tick(long nowMs) {
    if (expectedUntilMs.isEmpty()) return;
    var late = new ArrayList<String>();
    expectedUntilMs.forEach((id, untilMs) -> {
      if (untilMs <= nowMs) late.add(id);
    });
    late.forEach(id -> remove(executors.get(id)));
  }

  /** A connection is gone; one that its gateway asked to leave has left for the next one. */
  Optional<Route> left(String executorId, String connectionId, long expectedUntilMs) {
    return there(executorId, connectionId)
        .map(one -> one.leaving ? expect(one, expectedUntilMs) : remove(one));
  }

  /**
   * A connection is gone.
   *
   * @return its route, or empty when a newer connection of that executor is known (defect B3)
   */
  Optional<Route> down(String executorId, String connectionId) {
    return there(executorId, connectionId).map(this::remove);
  }

  private Optional<Executor> there(String executorId, String connectionId) {
    return Optional.ofNullable(executors.get(executorId))
        .filter(Executor::isThere)
        .filter(executor -> executor.route.connectionId().equals(connectionId));
  }

  private Route remove(Executor executor) {
    var gone = executor.route;
    leaveIndexes(executor);
    expectedUntilMs.remove(executor.id);
    executor.route = null;
    executor.expected = false;
    executor.over = null;
    var queue = byQueue.get(Demand.queueKey(gone));
    queue.remove(executor);
    if (queue.isEmpty()) byQueue.remove(Demand.queueKey(gone));
    forgetIfIdle(executor);
    return gone;
  }

  Optional<Route> route(String executorId) {
    return Optional.ofNullable(executors.get(executorId))
        .filter(Executor::isThere)
        .map(executor -> executor.route);
  }

  /** True when somebody connected, or expected, could take it, now or once it is less busy. */
  boolean hasCandidate(Demand demand) {
    return index(demand).candidates > 0;
  }

  /** The least loaded candidate with room, the least recently used of equals. */
  Optional<Route> choose(Demand demand) {
    var free = index(demand).free;
    return free.isEmpty() ? Optional.empty() : Optional.of(free.first().route);
  }

  /** True when somebody could take it who only has to change from one gateway to another. */
  boolean hasRoomSoon(Demand demand) {
    return !index(demand).freeSoon.isEmpty();
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

  /** Every executor a demand could mean that is connected or expected, for explain. */
  Collection<Route> routes(String queueKey) {
    return byQueue.getOrDefault(queueKey, Set.of()).stream().map(e -> e.route).toList();
  }

  boolean full(String executorId) {
    var executor = executors.get(executorId);
    return executor != null && executor.route != null && !executor.hasRoom();
  }

  /** True when nothing can be given to it until it has changed to another gateway. */
  boolean moves(String executorId) {
    var executor = executors.get(executorId);
    return executor != null && executor.route != null && !executor.takesMore();
  }

  int connected() {
    return byQueue.values().stream().mapToInt(Set::size).sum() - expectedUntilMs.size();
  }

  private void reorder(Executor executor, Runnable change) {
    for (var index : executor.memberships) index.remove(executor);
    change.run();
    executor.load = executor.loadNow();
    for (var index : executor.memberships) index.add(executor);
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
    index.add(executor);
  }

  private static void leaveIndexes(Executor executor) {
    for (var index : executor.memberships) {
      index.remove(executor);
      index.candidates--;
    }
    executor.memberships.clear();
  }

  private void forgetIfIdle(Executor executor) {
    if (executor.route == null && executor.held.isEmpty()) executors.remove(executor.id);
  }
}
