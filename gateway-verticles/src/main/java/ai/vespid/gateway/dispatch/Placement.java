package ai.vespid.gateway.dispatch;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.bus.Dispatch;
import ai.vespid.protocol.bus.Route;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Room: which executor takes a dispatch, whether its organization may run one more, and who waits
 * for either. What is in use is sets of request ids, of executors and of organizations alike.
 */
final class Placement {
  private static final long RETRY_FULL_MS = 50;

  private final ExecutorDirectory directory;
  private final DispatchTable.Rules rules;
  private final WaitQueue queue = new WaitQueue();
  private final Map<String, Set<String>> heldByOrg = new HashMap<>();
  private final Map<String, Long> serveAgainAt = new LinkedHashMap<>();

  Placement(ExecutorDirectory directory, DispatchTable.Rules rules) {
    this.directory = directory;
    this.rules = rules;
  }

  WaitQueue queue() {
    return queue;
  }

  /**
   * Why nobody could ever take it, or nobody more may wait; empty when it can be taken.
   *
   * @param expected somebody may be on the way who could
   */
  Optional<ErrorCode> refusal(Dispatch dispatch, boolean expected) {
    var demand = Demand.of(dispatch);
    if (!expected && !directory.hasCandidate(demand)) {
      return Optional.of(ErrorCode.NO_AGENT_AVAILABLE);
    }
    return queue.sizeOf(demand.queueKey(), dispatch.organizationId()) >= rules.orgQueueMax()
        ? Optional.of(ErrorCode.GATEWAY_OVERLOADED)
        : Optional.empty();
  }

  /** Takes room for the next attempt; null when there is none. */
  Route reserve(Entry entry) {
    if (!mayRun(entry.organizationId())) return null;
    var route = directory.choose(entry.demand).orElse(null);
    if (route == null) return null;
    entry.epoch++;
    entry.attempts++;
    hold(entry, route.executorId());
    return route;
  }

  /**
   * The attempt that room was taken for was never written, as far as is known. The next one has the
   * same number: a higher one would pass over what another home may have written meanwhile.
   */
  void takeBack(Entry entry) {
    if (entry.executorId() != null) {
      entry.epoch--;
      entry.attempts--;
    }
    release(entry);
  }

  /** The executor has it, whether it was chosen now or by an earlier process. */
  void hold(Entry entry, String executorId) {
    directory.hold(executorId, entry.id());
    heldByOrg.computeIfAbsent(entry.organizationId(), _ -> new LinkedHashSet<>()).add(entry.id());
  }

  /** Gives back the room that an entry holds, if any. */
  void release(Entry entry) {
    var executorId = entry.executorId();
    if (executorId == null || entry.state instanceof Entry.State.Settling) return;
    directory.release(executorId, entry.id());
    var held = heldByOrg.get(entry.organizationId());
    if (held != null && held.remove(entry.id()) && held.isEmpty()) {
      heldByOrg.remove(entry.organizationId());
    }
  }

  /** Why there is no room for it now. */
  ErrorCode shortage(Entry entry) {
    if (!mayRun(entry.organizationId())) return ErrorCode.ORG_QUOTA_EXCEEDED;
    return directory.hasCandidate(entry.demand)
        ? ErrorCode.EXECUTOR_OVER_CAPACITY
        : ErrorCode.NO_AGENT_AVAILABLE;
  }

  void enqueue(Entry entry) {
    queue.add(entry.demand, entry.organizationId(), entry.id(), entry.sinceMs());
  }

  void leaveQueue(Entry entry) {
    queue.remove(entry.demand, entry.organizationId(), entry.id());
  }

  /** Who is next among those that could be placed now. */
  Optional<String> next(String queueKey) {
    return queue.next(queueKey, this::mayRun, demand -> directory.choose(demand).isPresent());
  }

  /** A socket was full although its executor has room: look again in a moment. */
  void serveAgain(String queueKey, long nowMs) {
    serveAgainAt.put(queueKey, nowMs + RETRY_FULL_MS);
  }

  /** Queues whose moment has come. */
  List<String> dueAgain(long nowMs) {
    if (serveAgainAt.isEmpty()) return List.of();
    var due =
        serveAgainAt.entrySet().stream()
            .filter(again -> again.getValue() <= nowMs)
            .map(Map.Entry::getKey)
            .toList();
    due.forEach(serveAgainAt::remove);
    return due;
  }

  private boolean mayRun(String organizationId) {
    return heldByOrg.getOrDefault(organizationId, Set.of()).size() < rules.orgInFlightMax();
  }
}
