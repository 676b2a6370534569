package ai.vespid.gateway.dispatch;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * When something has to be looked at again, one moment per request id. Moments are rounded up to a
 * tick, so that setting and clearing one costs next to nothing: most are cleared long before.
 */
final class Deadlines {
  private final long tickMs;
  private final TreeMap<Long, Set<String>> byTick = new TreeMap<>();
  private final Map<String, Long> tickOf = new HashMap<>();

  Deadlines(long tickMs) {
    this.tickMs = tickMs;
  }

  void set(String requestId, long atMs) {
    long tick = Math.ceilDiv(atMs, tickMs);
    var before = tickOf.put(requestId, tick);
    if (before != null && before == tick) return;
    if (before != null) leave(before, requestId);
    byTick.computeIfAbsent(tick, _ -> new LinkedHashSet<>()).add(requestId);
  }

  void clear(String requestId) {
    var tick = tickOf.remove(requestId);
    if (tick != null) leave(tick, requestId);
  }

  /** Takes out all whose moment has come. */
  List<String> due(long nowMs) {
    var due = new ArrayList<String>();
    while (!byTick.isEmpty() && byTick.firstKey() * tickMs <= nowMs) {
      due.addAll(byTick.pollFirstEntry().getValue());
    }
    due.forEach(tickOf::remove);
    return due;
  }

  private void leave(long tick, String requestId) {
    var ids = byTick.get(tick);
    ids.remove(requestId);
    if (ids.isEmpty()) byTick.remove(tick);
  }
}
