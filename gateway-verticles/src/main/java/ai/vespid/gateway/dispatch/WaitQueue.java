package ai.vespid.gateway.dispatch;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Dispatches that wait for room. Organizations are served round-robin; inside one the oldest goes
 * first among those that can be placed now, so one that asks for a missing tag blocks nobody.
 */
final class WaitQueue {
  private record Waiting(String requestId, long sinceMs, long sequence)
      implements Comparable<Waiting> {
    @Override
    public int compareTo(Waiting other) {
      int first = Long.compare(sinceMs, other.sinceMs);
      return first != 0 ? first : Long.compare(sequence, other.sequence);
    }
  }

  private static final class Line {
    final Map<Demand, TreeSet<Waiting>> byDemand = new LinkedHashMap<>();
    int size;
  }

  // Round-robin: an organization that was served moves to the end.
  private final Map<String, LinkedHashMap<String, Line>> byQueue = new HashMap<>();
  private final Map<String, Waiting> byId = new HashMap<>();
  private long sequence;

  /**
   * Puts one where its age says, however often it has been here before.
   *
   * @param sinceMs since when its caller waits
   */
  void add(Demand demand, String organizationId, String requestId, long sinceMs) {
    var added = new Waiting(requestId, sinceMs, ++sequence);
    if (byId.putIfAbsent(requestId, added) != null) return;
    var line =
        byQueue
            .computeIfAbsent(demand.queueKey(), _ -> new LinkedHashMap<>())
            .computeIfAbsent(organizationId, _ -> new Line());
    line.byDemand.computeIfAbsent(demand, _ -> new TreeSet<>()).add(added);
    line.size++;
  }

  boolean remove(Demand demand, String organizationId, String requestId) {
    var waiting = byId.remove(requestId);
    if (waiting == null) return false;
    var lines = byQueue.get(demand.queueKey());
    var line = lines.get(organizationId);
    var same = line.byDemand.get(demand);
    same.remove(waiting);
    if (same.isEmpty()) line.byDemand.remove(demand);
    line.size--;
    if (line.byDemand.isEmpty()) lines.remove(organizationId);
    if (lines.isEmpty()) byQueue.remove(demand.queueKey());
    return true;
  }

  /**
   * Takes the next one that can be placed.
   *
   * @param mayRun whether an organization is below its quota
   * @param placeable whether an executor with room exists for a demand
   */
  Optional<String> next(String queueKey, Predicate<String> mayRun, Predicate<Demand> placeable) {
    var lines = byQueue.get(queueKey);
    if (lines == null) return Optional.empty();
    for (var organization : lines.entrySet()) {
      if (!mayRun.test(organization.getKey())) continue;
      var oldest = oldest(organization.getValue(), placeable);
      if (oldest == null) continue;
      var organizationId = organization.getKey();
      remove(oldest.getKey(), organizationId, oldest.getValue().requestId());
      var line = lines.remove(organizationId);
      if (line != null) lines.put(organizationId, line);
      return Optional.of(oldest.getValue().requestId());
    }
    return Optional.empty();
  }

  private static Map.Entry<Demand, Waiting> oldest(Line line, Predicate<Demand> placeable) {
    Map.Entry<Demand, Waiting> oldest = null;
    for (var demand : line.byDemand.entrySet()) {
      var head = demand.getValue().first();
      if (oldest != null && head.compareTo(oldest.getValue()) > 0) continue;
      if (placeable.test(demand.getKey())) oldest = Map.entry(demand.getKey(), head);
    }
    return oldest;
  }

  /** How many of the same organization and demand stand before it. */
  int positionOf(Demand demand, String organizationId, String requestId) {
    var waiting = byId.get(requestId);
    if (waiting == null) return 0;
    var line = byQueue.get(demand.queueKey()).get(organizationId);
    return line.byDemand.get(demand).headSet(waiting).size();
  }

  int size() {
    return byId.size();
  }

  int sizeOf(String queueKey, String organizationId) {
    var lines = byQueue.get(queueKey);
    var line = lines == null ? null : lines.get(organizationId);
    return line == null ? 0 : line.size;
  }
}
