package ai.vespid.gateway.registry;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** How far the feed of every other node was followed. */
final class FeedPositions {
  /** Nothing of that node was read yet. */
  static final long UNKNOWN = -1;

  private final Map<String, Long> positions = new HashMap<>();
  private final Set<String> reading = new HashSet<>();

  long at(String node) {
    return positions.getOrDefault(node, UNKNOWN);
  }

  /** True, and taken, when this is the next change of that node; false after a gap. */
  boolean follows(String node, long seq) {
    if (at(node) == UNKNOWN || reading.contains(node) || seq != at(node) + 1) return false;
    positions.put(node, seq);
    return true;
  }

  /** Starts to read a node's routes; false when that is under way. */
  boolean reads(String node) {
    return reading.add(node);
  }

  void read(String node, long seq) {
    reading.remove(node);
    positions.put(node, seq);
  }

  void unread(String node) {
    reading.remove(node);
  }

  /** Forgets who is gone. */
  void keepOnly(Predicate<String> alive) {
    positions.keySet().removeIf(node -> !alive.test(node));
  }
}
