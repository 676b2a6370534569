package ai.vespid.gateway.dispatch;

import ai.vespid.protocol.bus.ExecutorEdge.Holding;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Assignments that agents hold and whose dispatch this router was not told yet: their former home
 * died. Their caller says the dispatch again, or their row is read; until then they take their
 * executor's room, and a result is believed.
 */
final class Orphans {
  private record Kept(Holding holding, long untilMs) {}

  private final Map<String, Kept> orphans = new LinkedHashMap<>();
  private final ExecutorDirectory directory;

  Orphans(ExecutorDirectory directory) {
    this.directory = directory;
  }

  /** Of two attempts under one id only the later one counts. */
  void add(Holding holding, long untilMs) {
    var known = orphans.get(holding.requestId());
    if (known != null && known.holding().epoch() > holding.epoch()) return;
    take(holding.requestId());
    orphans.put(holding.requestId(), new Kept(holding, untilMs));
    directory.hold(holding.executorId(), holding.requestId());
  }

  /** Gives it up, and its room: its dispatch is known now. */
  Optional<Holding> take(String requestId) {
    var kept = orphans.remove(requestId);
    if (kept == null) return Optional.empty();
    directory.release(kept.holding().executorId(), requestId);
    return Optional.of(kept.holding());
  }

  /** Gives it up when this is its result; empty when that is not believed. */
  Optional<Holding> ended(String requestId, int epoch, String executorId) {
    return find(requestId)
        .filter(orphan -> orphan.epoch() == epoch && orphan.executorId().equals(executorId))
        .flatMap(_ -> take(requestId));
  }

  Optional<Holding> find(String requestId) {
    return Optional.ofNullable(orphans.get(requestId)).map(Kept::holding);
  }

  List<Holding> all() {
    return orphans.values().stream().map(Kept::holding).toList();
  }

  /** Gives up those that nobody asked for in time. */
  List<Holding> due(long nowMs) {
    if (orphans.isEmpty()) return List.of();
    return orphans.values().stream()
        .filter(kept -> kept.untilMs() <= nowMs)
        .map(kept -> kept.holding().requestId())
        .toList()
        .stream()
        .flatMap(requestId -> take(requestId).stream())
        .toList();
  }

  /** The attempts of a list, to look one up as {@link #attempt} names it. */
  static Set<String> attempts(List<Holding> holdings) {
    return holdings.stream()
        .map(holding -> attempt(holding.requestId(), holding.epoch()))
        .collect(Collectors.toSet());
  }

  static String attempt(String requestId, int epoch) {
    return requestId + '/' + epoch;
  }
}
