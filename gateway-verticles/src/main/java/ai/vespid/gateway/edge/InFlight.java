package ai.vespid.gateway.edge;

import ai.vespid.protocol.bus.DispatchRouter.Reconcile.Adopted;
import ai.vespid.protocol.bus.ExecutorEdge.Holding;
import ai.vespid.sql.ExecutorIdentity;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The dispatches one socket holds. A result is believed only for one of these, under its epoch;
 * which arrived without a {@code dispatch_ack} is known too.
 */
final class InFlight {
  /** One attempt on this socket. */
  record Assignment(String requestId, int epoch, String organizationId) {}

  // What was offered twice may come a second time after its end.
  private static final int REMEMBERED_MAX = 256;
  private static final int TALKING = 3;

  private final Map<String, Assignment> assignments = new HashMap<>();
  private final Map<String, Integer> ended = remembered();
  private final Map<String, Integer> refused = remembered();
  private final Set<String> doubted = new HashSet<>();
  private final LinkedHashMap<String, Long> unacknowledged = new LinkedHashMap<>();

  // The last attempts that something became of.
  private static Map<String, Integer> remembered() {
    return new LinkedHashMap<>() {
      private static final long serialVersionUID = 1L;

      @Override
      protected boolean removeEldestEntry(Map.Entry<String, Integer> eldest) {
        return size() > REMEMBERED_MAX;
      }
    };
  }

  void add(Assignment assignment) {
    assignments.put(assignment.requestId(), assignment);
  }

  void adopt(Collection<Adopted> survived) {
    survived.forEach(a -> add(new Assignment(a.requestId(), a.epoch(), a.organizationId())));
  }

  /** The agent owes an acknowledgement for what was sent now. */
  void awaitAck(String requestId, long nowMs) {
    unacknowledged.put(requestId, nowMs);
  }

  void acknowledged(String requestId, int epoch) {
    var assignment = assignments.get(requestId);
    if (assignment == null || assignment.epoch() != epoch) return;
    unacknowledged.remove(requestId);
    doubted.remove(requestId);
  }

  /**
   * Assignments owed longer than {@code afterMs} for the first time; the oldest are looked at. What
   * an agent that talks owes is behind what it says, when it or this node is slow: it is waited for
   * three times as long, as one direction alone may be silent.
   */
  List<Assignment> doubtful(long afterMs, long heardMs, long nowMs) {
    var late = new ArrayList<Assignment>();
    long maxMs = nowMs - heardMs > afterMs ? afterMs : TALKING * afterMs;
    for (var owed : unacknowledged.entrySet()) {
      if (nowMs - owed.getValue() <= maxMs) break;
      if (doubted.add(owed.getKey())) late.add(assignments.get(owed.getKey()));
    }
    return late;
  }

  /** True when the oldest acknowledgement is owed longer than {@code maxMs}. */
  boolean silentFor(long maxMs, long nowMs) {
    var oldest = unacknowledged.firstEntry();
    return oldest != null && nowMs - oldest.getValue() > maxMs;
  }

  /** The assignment a result answers: same id, and same epoch when the agent names one. */
  Optional<Assignment> answeredBy(String requestId, Integer epoch) {
    return Optional.ofNullable(assignments.get(requestId))
        .filter(assignment -> epoch == null || epoch == assignment.epoch());
  }

  void remove(Assignment assignment) {
    if (assignments.remove(assignment.requestId(), assignment)) {
      ended.put(assignment.requestId(), assignment.epoch());
      unacknowledged.remove(assignment.requestId());
      doubted.remove(assignment.requestId());
    }
  }

  /** This attempt is over; false when it is not held. */
  boolean end(String requestId, int epoch) {
    var held = holds(requestId, epoch);
    if (held) remove(assignments.get(requestId));
    return held;
  }

  /** True when it holds this attempt or a later one, or held it. */
  boolean knows(String requestId, int epoch) {
    var assignment = assignments.get(requestId);
    boolean holds = assignment != null && assignment.epoch() >= epoch;
    return holds || endedSince(requestId, epoch);
  }

  /** True when this attempt or a later one was here and is over. */
  boolean endedSince(String requestId, int epoch) {
    var last = ended.get(requestId);
    return last != null && last >= epoch;
  }

  /**
   * Whether there is room for this attempt among {@code max}. Once refused it stays refused, for
   * whoever offers it: its home goes on with another one.
   */
  boolean admits(String requestId, int epoch, int max) {
    var last = refused.get(requestId);
    if (size() < max && (last == null || last < epoch)) return true;
    refused.merge(requestId, epoch, Math::max);
    return false;
  }

  /** Refuses an attempt before it is offered; false when it is known, and stays. */
  boolean withdraw(String requestId, int epoch) {
    return !knows(requestId, epoch) && !admits(requestId, epoch, 0);
  }

  boolean holds(String requestId, int epoch) {
    var assignment = assignments.get(requestId);
    return assignment != null && assignment.epoch() == epoch;
  }

  List<Assignment> all() {
    return List.copyOf(assignments.values());
  }

  /** As a router that became home is told of it. */
  Stream<Holding> holdings(ExecutorIdentity identity, String bootId) {
    return all().stream()
        .map(a ->
            new Holding(
                a.requestId(),
                a.epoch(),
                identity.pool(),
                a.organizationId(),
                identity.executorId(),
                bootId));
  }

  int size() {
    return assignments.size();
  }
}
