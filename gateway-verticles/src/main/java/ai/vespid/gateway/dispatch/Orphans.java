package ai.vespid.gateway.dispatch;

import ai.vespid.protocol.bus.ExecutorEdge.Holding;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Assignments that agents hold and whose dispatch this router was not told yet: their former home
 * died. Their caller says the dispatch again, or their row is read; until then they take their
 * executor's room, and a result is believed.
 */
final class Orphans {
  private record Kept(Holding holding, long untilMs) {}

  private final Map<String, Kept> orphans = new HashMap<>();

  void add(Holding holding, long untilMs) {
    orphans.put(holding.requestId(), new Kept(holding, untilMs));
  }

  /** The assignment of this dispatch; from now on it is its own entry's. */
  Optional<Holding> take(String requestId) {
    return Optional.ofNullable(orphans.remove(requestId)).map(Kept::holding);
  }

  Optional<Holding> find(String requestId) {
    return Optional.ofNullable(orphans.get(requestId)).map(Kept::holding);
  }

  /** Those that nobody asked for in time. */
  List<Holding> due(long nowMs) {
    if (orphans.isEmpty()) return List.of();
    var due =
        orphans.values().stream()
            .filter(kept -> kept.untilMs() <= nowMs)
            .map(Kept::holding)
            .toList();
    due.forEach(holding -> orphans.remove(holding.requestId()));
    return due;
  }

  int size() {
    return orphans.size();
  }
}
