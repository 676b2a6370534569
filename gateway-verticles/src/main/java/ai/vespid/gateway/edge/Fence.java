package ai.vespid.gateway.edge;

import ai.vespid.kit.bus.Fault;
import ai.vespid.kit.node.View;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/**
 * Whose offers an edge takes: those of nodes it sees, and of one that was gone only when it has
 * been back for a while. What a home said before it was gone may be under way still, and another
 * home was told that it never arrived.
 */
final class Fence {
  /** Longer than a connection between nodes lives that carries nothing. */
  static final long BACK_MS = 5_000;

  private static final int GONE_MAX = 1_000;

  private final LinkedHashSet<String> gone = new LinkedHashSet<>();
  private final Map<String, Long> backSinceMs = new HashMap<>();
  private View view;

  Fence(View view) {
    this.view = view;
  }

  void viewChanged(View now, long nowMs) {
    for (var member : view.members()) if (!now.has(member.id())) gone.add(member.id());
    while (gone.size() > GONE_MAX) gone.removeFirst();
    for (var member : now.members()) {
      if (gone.remove(member.id())) backSinceMs.put(member.id(), nowMs);
    }
    backSinceMs.keySet().removeIf(id -> !now.has(id));
    view = now;
  }

  /**
   * @param home null when the offer does not say, which is let through
   * @throws Fault NOT_HOME when no offer of this node may be taken now
   */
  void check(String home, long nowMs) {
    if (home == null || lets(home, nowMs)) return;
    throw new Fault(Fault.Code.NOT_HOME, "this home is not seen here, or not for long enough");
  }

  /**
   * @param homes who decides as a new home sees it; null when it does not matter
   * @throws Fault NOT_HOME while another one is seen here, whose offers would be taken
   */
  void agree(List<String> homes) {
    if (homes == null || view.decidedOnlyBy(homes)) return;
    throw new Fault(Fault.Code.NOT_HOME, "another home is seen here");
  }

  /** Whether an offer of this node may be taken. */
  boolean lets(String home, long nowMs) {
    if (!view.has(home)) return false;
    var since = backSinceMs.get(home);
    if (since == null) return true;
    if (nowMs - since < BACK_MS) return false;
    backSinceMs.remove(home);
    return true;
  }
}
