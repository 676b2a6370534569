package ai.vespid.kit.node;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntSupplier;

/**
 * What a node still holds: a planned stop waits until it is nothing, or for its deadline. Where
 * nobody takes over it waits for what it owes alone, which would be lost; the rest is found again.
 */
public final class Occupancy {
  private final Map<String, IntSupplier> held = new ConcurrentHashMap<>();
  private final Map<String, IntSupplier> owed = new ConcurrentHashMap<>();

  /** Counts one kind of thing; called from other threads than the owner's. */
  public void counts(String what, IntSupplier count) {
    held.put(what, count);
  }

  /** As {@link #counts}, of what nobody else can bring to its end. */
  public void owes(String what, IntSupplier count) {
    owed.put(what, count);
  }

  /** How many of each kind are left; empty when nothing is. */
  public Map<String, Integer> left() {
    return left(held);
  }

  /** How many of each kind it owes; empty when nothing. */
  public Map<String, Integer> owed() {
    return left(owed);
  }

  private static Map<String, Integer> left(Map<String, IntSupplier> kinds) {
    var left = new TreeMap<String, Integer>();
    kinds.forEach((what, count) -> {
      int now = count.getAsInt();
      if (now > 0) left.put(what, now);
    });
    return left;
  }
}
