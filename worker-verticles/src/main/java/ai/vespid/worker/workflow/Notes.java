package ai.vespid.worker.workflow;

import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import ai.vespid.sql.AgentThought;
import ai.vespid.sql.ApprovalRepository.Asked;
import ai.vespid.sql.RunEvent;
import ai.vespid.sql.RunNode.Change;
import ai.vespid.sql.RunStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a machine has decided and nobody has committed yet, which dispatches the gateway is known to
 * have: these need not be sent again by whoever claims the run next, and which ones were told to
 * wait for an agent.
 */
final class Notes {
  private final TreeSet<String> sent = new TreeSet<>();
  private final TreeSet<String> waiting = new TreeSet<>();
  private final Map<String, Change> changes = new LinkedHashMap<>();
  private final List<RunEvent.New> events = new ArrayList<>();
  private final List<Asked> asked = new ArrayList<>();
  private final List<AgentThought> thoughts = new ArrayList<>();
  private final List<Effect> effects = new ArrayList<>();
  // What agents that think here have under way elsewhere, by their nodes.
  private final Map<String, Set<String>> dispatched = new HashMap<>();
  private boolean pressed;

  /** As it stands in the run's cursor. */
  private record Cursor(List<String> sent, List<String> waiting) {}

  static Notes of(RawJson cursor) {
    var notes = new Notes();
    if (cursor == null) return notes;
    var written = Json.read(cursor.bytes(), Cursor.class);
    if (written.sent() != null) notes.sent.addAll(written.sent());
    if (written.waiting() != null) notes.waiting.addAll(written.waiting());
    return notes;
  }

  boolean sent(String requestId) {
    return sent.contains(requestId);
  }

  void markSent(String requestId) {
    sent.add(requestId);
    waiting.remove(requestId);
  }

  /** True the first time. */
  boolean markWaiting(String requestId) {
    return waiting.add(requestId);
  }

  void forget(String requestId) {
    sent.remove(requestId);
    waiting.remove(requestId);
  }

  void change(Change change) {
    changes.put(change.nodeId(), change);
  }

  void tell(RunEvent.New event) {
    events.add(event);
  }

  /** As {@link #tell}, for people who look on while nothing else changes. */
  void tellNow(RunEvent.New event) {
    events.add(event);
    pressed = true;
  }

  void ask(Asked question) {
    asked.add(question);
  }

  void keep(AgentThought thought) {
    thoughts.add(thought);
  }

  void dispatched(String nodeId, String requestId) {
    dispatched.computeIfAbsent(nodeId, _ -> new TreeSet<>()).add(requestId);
  }

  void settled(String nodeId, String requestId) {
    var open = dispatched.get(nodeId);
    if (open != null) open.remove(requestId);
  }

  /** Of what a node has dispatched on its way nobody wants anything any more. */
  void unwanted(String nodeId) {
    var open = dispatched.remove(nodeId);
    if (open != null) open.forEach(id -> effects.add(new Effect.Cancel(nodeId, id)));
  }

  void effect(Effect effect) {
    effects.add(effect);
  }

  boolean hasEffects() {
    return !effects.isEmpty();
  }

  /** Nodes have moved, or something is to be done, kept or seen. */
  boolean urgent() {
    return pressed || !changes.isEmpty() || !effects.isEmpty() || !thoughts.isEmpty();
  }

  /** Everything since the last turn; then there is nothing left. */
  Turn turn(
      RunStatus status,
      int attempt,
      Instant nextAttemptAt,
      RawJson output,
      String error,
      Turn.Hold hold) {
    var waits = waiting.isEmpty() ? null : List.copyOf(waiting);
    var cursor =
        sent.isEmpty() && waits == null ? null : RawJson.from(new Cursor(List.copyOf(sent), waits));
    var turn =
        new Turn(
            status,
            attempt,
            nextAttemptAt,
            cursor,
            output,
            error,
            List.copyOf(changes.values()),
            events,
            asked,
            thoughts,
            effects,
            hold);
    changes.clear();
    events.clear();
    asked.clear();
    thoughts.clear();
    effects.clear();
    pressed = false;
    return turn;
  }
}
