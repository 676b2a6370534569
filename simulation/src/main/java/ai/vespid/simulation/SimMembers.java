package ai.vespid.simulation;

import ai.vespid.kit.node.Member.State;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * As Hazelcast: tells every process who is alive, each at its own time. Who is not heard for
 * seconds is gone; who is heard again comes back, with everything it believes.
 */
final class SimMembers {
  /** A silence that lasts longer is the end. */
  static final long SILENT_MS = 5_000;

  private static final long MERGED_WITHIN_MS = 3_000;

  private final World world;
  private final List<SimNode> nodes;
  // Who does not see whom, and how many reasons there are.
  private final Map<String, Integer> apart = new HashMap<>();
  private int heals;

  SimMembers(World world, List<SimNode> nodes) {
    this.world = world;
    this.nodes = nodes;
  }

  /** A process joined, or ended: the others hear of it within this time. */
  void changed(long withinMs) {
    for (var node : nodes) {
      world.in(world.between(0, withinMs + 1), node.process, "members", () -> refresh(node));
    }
  }

  /** These two groups hear nothing of each other for so long. */
  void part(List<SimNode> some, List<SimNode> others, long ms) {
    if (ms < SILENT_MS) return;
    for (var one : some) {
      for (var other : others) {
        int before = heals;
        world.in(SILENT_MS, "apart", () -> count(one, other, 1, before));
        world.in(ms, "together", () -> count(one, other, -1, before));
      }
    }
    world.in(SILENT_MS, "apart", () -> changed(1_500));
    world.in(ms, "together", () -> changed(MERGED_WITHIN_MS));
  }

  private void count(SimNode one, SimNode other, int reasons, int before) {
    if (before == heals) apart.merge(pair(one, other), reasons, Integer::sum);
  }

  private static String pair(SimNode one, SimNode other) {
    return one.name().compareTo(other.name()) < 0
        ? one.name() + '|' + other.name()
        : other.name() + '|' + one.name();
  }

  /** Says to one process what it sees now. */
  void refresh(SimNode node) {
    node.alive(
        nodes.stream()
            .filter(other -> other == node || sees(node, other))
            .map(other -> other.member(other == node ? State.STARTING : State.UNKNOWN))
            .toList());
  }

  private boolean sees(SimNode node, SimNode other) {
    return other.process.alive() && apart.getOrDefault(pair(node, other), 0) == 0;
  }

  /** Everybody sees everybody. */
  void heal() {
    apart.clear();
    heals++;
    changed(MERGED_WITHIN_MS);
  }
}
