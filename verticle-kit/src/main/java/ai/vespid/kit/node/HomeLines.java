package ai.vespid.kit.node;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Calls whose home cannot answer yet, in a line for each place. The first of a line asks at short
 * intervals for all of it: hundreds that did would keep their home from ever being able to.
 */
final class HomeLines<C> {
  private final Map<String, LinkedHashSet<C>> lines = new HashMap<>();

  /** Joins the line; true when it is the first, or was already. */
  boolean join(String place, C call) {
    var line = lines.computeIfAbsent(place, _ -> new LinkedHashSet<>());
    line.add(call);
    return line.getFirst().equals(call);
  }

  /** The home answers: all that waited for it, in their order, and none of them waits any more. */
  List<C> open(String place) {
    var line = lines.remove(place);
    return line == null ? List.of() : List.copyOf(line);
  }

  /** Leaves the line; the first one of the rest when it was this one until now. */
  Optional<C> leave(String place, C call) {
    var line = lines.get(place);
    if (line == null) return Optional.empty();
    boolean first = line.getFirst().equals(call);
    line.remove(call);
    if (line.isEmpty()) lines.remove(place);
    return first && !line.isEmpty() ? Optional.of(line.getFirst()) : Optional.empty();
  }
}
