package ai.vespid.gateway.dispatch;

import ai.vespid.protocol.bus.Dispatch;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Dispatches whose home died with what it knew of them: their agent may come back and say that it
 * has them. Nobody can tell whether they were begun, so nobody may begin them again.
 */
final class Suspended {
  private record Waiting(Dispatch dispatch, long untilMs) {}

  private final Map<String, Waiting> waiting = new LinkedHashMap<>();

  void add(Dispatch dispatch, long untilMs) {
    waiting.put(dispatch.requestId(), new Waiting(dispatch, untilMs));
  }

  /** The dispatch that waits under this id; it waits no longer. */
  Optional<Dispatch> take(String requestId) {
    return Optional.ofNullable(waiting.remove(requestId)).map(Waiting::dispatch);
  }

  /** Those whose agent did not come back in time. */
  List<Dispatch> due(long nowMs) {
    if (waiting.isEmpty()) return List.of();
    var due =
        waiting.values().stream()
            .filter(one -> one.untilMs() <= nowMs)
            .map(Waiting::dispatch)
            .toList();
    due.forEach(dispatch -> waiting.remove(dispatch.requestId()));
    return due;
  }

  List<Dispatch> all() {
    return waiting.values().stream().map(Waiting::dispatch).toList();
  }

  int size() {
    return waiting.size();
  }
}
