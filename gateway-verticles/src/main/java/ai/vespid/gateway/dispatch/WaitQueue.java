package ai.vespid.gateway.dispatch;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Dispatches that wait for room. Organizations are served round-robin; inside one the oldest goes
 * first among those that can be placed now, so one that asks for a missing tag blocks nobody.
 */
final class WaitQueue {
  private record Waiting(String requestId, long sequence) {}

  private static final class Line {
    final Map<Demand, LinkedHashMap<String, Waiting>> byDemand = new LinkedHashMap<>();
    int size;
  }

  // Round-robin: an organization that was served moves to the end.
  private final Map<String, LinkedHashMap<String, Line>> byQueue = new HashMap<>();
  private long sequence;
  private int size;

  void add(Demand demand, String organizationId, String requestId) {
    var line =
        byQueue
            .computeIfAbsent(demand.queueKey(), _ -> new LinkedHashMap<>())
            .computeIfAbsent(organizationId, _ -> new Line());
    var added =
        line.byDemand
            .computeIfAbsent(demand, _ -> new LinkedHashMap<>())
            .putIfAbsent(requestId, new Waiting(requestId, ++sequence));
    if (added != null) return;
    line.size++;
    size++;
  }

  boolean remove(Demand demand, String organizationId, String requestId) {
    var lines = byQueue.get(demand.queueKey());
    var line = lines == null ? null : lines.get(organizationId);
    var waiting = line == null ? null : line.byDemand.get(demand);
    if (waiting == null || waiting.remove(requestId) == null) return false;
    if (waiting.isEmpty()) line.byDemand.remove(demand);
    line.size--;
    size--;
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
      var head = demand.getValue().firstEntry().getValue();
      if (oldest != null && head.sequence() > oldest.getValue().sequence()) continue;
      if (placeable.test(demand.getKey())) oldest = Map.entry(demand.getKey(), head);
    }
    return oldest;
  }

  /** How many of the same organization and demand stand before it. */
  int positionOf(Demand demand, String organizationId, String requestId) {
    var line = byQueue.getOrDefault(demand.queueKey(), new LinkedHashMap<>()).get(organizationId);
    if (line == null) return 0;
    int position = 0;
    for (var waiting : line.byDemand.getOrDefault(demand, new LinkedHashMap<>()).keySet()) {
      if (waiting.equals(requestId)) return position;
      position++;
    }
    return position;
  }

  int size() {
    return size;
  }

  int sizeOf(String queueKey, String organizationId) {
    var lines = byQueue.get(queueKey);
    var line = lines == null ? null : lines.get(organizationId);
    return line == null ? 0 : line.size;
  }
}
