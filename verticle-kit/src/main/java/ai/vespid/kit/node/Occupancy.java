package ai.vespid.kit.node;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntSupplier;

/** What a node still holds: a planned stop waits until it is nothing, or for its deadline. */
public final class Occupancy {
  private final Map<String, IntSupplier> held = new ConcurrentHashMap<>();

  /** Counts one kind of thing; called from other threads than the owner's. */
  public void counts(String what, IntSupplier count) {
    held.put(what, count);
  }

  /** How many of each kind are left; empty when nothing is. */
  public Map<String, Integer> left() {
    var left = new TreeMap<String, Integer>();
    held.forEach((what, count) -> {
      int now = count.getAsInt();
      if (now > 0) left.put(what, now);
    });
    return left;
  }
}
