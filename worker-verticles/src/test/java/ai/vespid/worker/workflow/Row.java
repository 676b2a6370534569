package ai.vespid.worker.workflow;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.workflow.Definition;
import ai.vespid.sql.NodeState;
import ai.vespid.sql.Run;
import ai.vespid.sql.RunEvent;
import ai.vespid.sql.RunNode;
import ai.vespid.sql.RunNode.Change;
import ai.vespid.sql.RunStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A run as the database would hold it, with the same rules for whoever writes. */
final class Row {
  static final RunRules RULES =
      new RunRules(60_000, Duration.ofSeconds(5), Duration.ofSeconds(5), 50, 4_000);
  private static final String ID = "22222222-2222-4222-8222-222222222222";

  final Definition definition;
  final RawJson input;
  final Map<String, RunNode> nodes = new LinkedHashMap<>();
  final List<RunEvent.New> events = new ArrayList<>();
  final Map<String, Integer> successes = new HashMap<>();
  RunStatus status = RunStatus.QUEUED;
  int attempt;
  int epoch;
  RawJson cursor;
  RawJson output;
  String error;
  Instant due = Instant.EPOCH;

  Row(Definition definition, String input) {
    this.definition = definition;
    this.input = input == null ? null : RawJson.of(input);
  }

  Run run() {
    return new Run(
        ID,
        ID,
        ID,
        "manual",
        null,
        Instant.EPOCH,
        "api.manual",
        status,
        attempt,
        3,
        null,
        ID,
        input,
        output,
        error,
        Instant.EPOCH,
        null,
        null);
  }

  RunMachine machine(NodePolicy policy) {
    return new RunMachine(definition, run(), cursor, RULES, policy);
  }

  /** Refused, without a trace, when somebody claimed it since. */
  boolean commit(int byEpoch, Turn turn) {
    if (byEpoch != epoch || status.terminal()) return false;
    status = turn.status();
    attempt = turn.attempt();
    cursor = turn.cursor();
    output = turn.output();
    error = turn.error();
    events.addAll(turn.events());
    turn.changes().forEach(this::apply);
    if (turn.hold() instanceof Turn.Hold.Until(var until)) due = until;
    return true;
  }

  private void apply(Change change) {
    var before = nodes.get(change.nodeId());
    if (change.state() == NodeState.SUCCEEDED) successes.merge(change.nodeId(), 1, Integer::sum);
    boolean same =
        before != null
            && change.requestId() != null
            && change.requestId().equals(before.requestId());
    var result = same && change.state() == NodeState.BLOCKED ? before.result() : null;
    nodes.put(change.nodeId(), node(change, result));
  }

  private static RunNode node(Change change, DispatchResult result) {
    return new RunNode(
        change.nodeId(),
        change.nodeType(),
        change.state(),
        change.attempt(),
        change.kind(),
        change.requestId(),
        change.timeoutAt(),
        result,
        change.output(),
        change.error(),
        Instant.EPOCH,
        null);
  }

  /** As a continuation does. */
  void deliver(String requestId, DispatchResult result) {
    for (var node : List.copyOf(nodes.values())) {
      boolean waits =
          node.state() == NodeState.BLOCKED
              && node.result() == null
              && node.requestId().equals(requestId)
              && status == RunStatus.RUNNING;
      if (!waits) continue;
      var change =
          Change.blocked(
              node.nodeId(),
              node.nodeType(),
              node.attempt(),
              node.kind(),
              requestId,
              node.timeoutAt());
      nodes.put(node.nodeId(), node(change, result));
      due = Instant.EPOCH;
    }
  }

  List<String> told() {
    return events.stream()
        .map(e -> e.nodeId() == null ? e.eventType() : e.eventType() + ":" + e.nodeId())
        .toList();
  }
}
