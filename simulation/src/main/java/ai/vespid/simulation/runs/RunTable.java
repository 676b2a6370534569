package ai.vespid.simulation.runs;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.RawJson;
import ai.vespid.sql.NodeState;
import ai.vespid.sql.Run;
import ai.vespid.sql.RunEvent;
import ai.vespid.sql.RunNode;
import ai.vespid.sql.RunNode.Change;
import ai.vespid.sql.RunRepository.Advance;
import ai.vespid.sql.RunRepository.Advanced;
import ai.vespid.sql.RunRepository.Claimed;
import ai.vespid.sql.RunRepository.Finished;
import ai.vespid.sql.RunRepository.Held;
import ai.vespid.sql.RunRepository.Keep;
import ai.vespid.sql.RunRepository.Lost;
import ai.vespid.sql.RunRepository.Renewed;
import ai.vespid.sql.RunRepository.Until;
import ai.vespid.sql.RunRepository.Written;
import ai.vespid.sql.RunStatus;
import ai.vespid.worker.workflow.RunnerShell;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The tables of runs, with the rules of the real statements: each call is one commit. */
final class RunTable {
  private static final RawJson NO_RULES = RawJson.of("[]");

  /** One run and all that is written of it. */
  static final class Row {
    final String id;
    final RawJson input;
    final Map<String, RunNode> nodes = new LinkedHashMap<>();
    final List<RunEvent.New> events = new ArrayList<>();
    RunStatus status = RunStatus.QUEUED;
    int attempt;
    int epoch;
    boolean owned;
    boolean canceled;
    long wakes;
    Instant due = Instant.EPOCH;
    Instant finishedAt;
    RawJson cursor;
    String error;

    Row(String id, RawJson input) {
      this.id = id;
      this.input = input;
    }

    private Run run() {
      var started = attempt == 0 ? null : Instant.EPOCH;
      return new Run(
          id,
          id,
          id,
          "manual",
          null,
          Instant.EPOCH,
          "api.manual",
          status,
          attempt,
          3,
          null,
          id,
          input,
          null,
          error,
          Instant.EPOCH,
          started,
          finishedAt);
    }
  }

  private final RunWorld world;
  private final RunMutant mutant;
  private final RunJudge judge;
  private final Map<String, Row> rows = new LinkedHashMap<>();
  private final Set<String> unwanted = new LinkedHashSet<>();

  RunTable(RunWorld world, RunMutant mutant, RunJudge judge) {
    this.world = world;
    this.mutant = mutant;
    this.judge = judge;
  }

  /** Dispatches the gateway has not heard of that nobody wants any more. */
  Set<String> unwanted() {
    return unwanted;
  }

  void add(Row row) {
    rows.put(row.id, row);
  }

  Iterable<Row> rows() {
    return rows.values();
  }

  List<Claimed> claim(Optional<String> only) {
    var claimed = new ArrayList<Claimed>();
    for (var row : rows.values()) {
      if (only.isPresent() && !only.get().equals(row.id)) continue;
      boolean due = row.due != null && !row.due.isAfter(world.instant());
      if (mutant == RunMutant.LEASE_NOT_AWAITED) due = row.due != null;
      if (mutant == RunMutant.LEASE_NEVER_ENDS && row.owned) due = false;
      if (!due) continue;
      world.say("table", row.id + " is claimed");
      row.epoch++;
      row.owned = true;
      row.due = world.instant().plus(RunnerShell.LEASE);
      claimed.add(
          new Claimed(
              row.run(), row.epoch, row.wakes, row.cursor, row.canceled, NO_RULES, told(row)));
    }
    return claimed;
  }

  private List<RunNode> told(Row row) {
    return row.nodes.values().stream()
        .filter(node ->
            mutant != RunMutant.FINISHED_NODES_FORGOTTEN || node.state() != NodeState.SUCCEEDED)
        .toList();
  }

  Renewed renew(List<Held> held) {
    var renewed = new Renewed(new HashMap<>(), new HashSet<>());
    for (var claim : held) {
      var row = rows.get(claim.runId());
      if (row.epoch != claim.epoch() || !row.owned) continue;
      row.due = world.instant().plus(RunnerShell.LEASE);
      renewed.kept().put(row.id, mutant == RunMutant.MISSED_NEWS_NOT_TOLD ? 0 : row.wakes);
      if (row.canceled) renewed.canceled().add(row.id);
    }
    return renewed;
  }

  List<RunNode> arrived(String runId) {
    return rows.get(runId).nodes.values().stream()
        .filter(node -> node.state() == NodeState.BLOCKED && node.result() != null)
        .toList();
  }

  Advanced advance(Advance step) {
    var row = rows.get(step.runId());
    boolean current = row.epoch == step.epoch() && row.owned;
    if (mutant == RunMutant.EPOCH_UNCHECKED) current = true;
    if (!current || row.status.terminal()) return new Lost();
    row.events.addAll(step.events());
    if (mutant == RunMutant.EVENTS_WRITTEN_APART && world.chance(0.05)) return new Lost();
    row.status = step.status();
    row.attempt = step.attemptCount();
    row.cursor = step.cursor();
    row.error = step.error();
    for (var change : step.nodes()) apply(row, change);
    unwanted.addAll(step.unwanted());
    row.owned = step.hold() instanceof Keep;
    row.due =
        switch (step.hold()) {
          case Keep(var lease) -> world.instant().plus(lease);
          case Until(var due, long seen) ->
              row.wakes > seen && mutant != RunMutant.WAKE_NOT_COUNTED ? world.instant() : due;
          case Finished() -> null;
        };
    if (row.status.terminal()) row.finishedAt = world.instant();
    world.say("table", row.id + " " + step.events().stream().map(RunTable::text).toList());
    return new Written(row.wakes);
  }

  private static String text(RunEvent.New event) {
    return event.eventType() + (event.nodeId() == null ? "" : ":" + event.nodeId());
  }

  private void apply(Row row, Change change) {
    var before = row.nodes.get(change.nodeId());
    judge.changes(row, before, change);
    boolean same =
        before != null
            && change.state() == NodeState.BLOCKED
            && change.requestId().equals(before.requestId());
    row.nodes.put(change.nodeId(), node(change, same ? before.result() : null));
  }

  private static RunNode node(Change c, DispatchResult result) {
    return new RunNode(
        c.nodeId(),
        c.nodeType(),
        c.state(),
        c.attempt(),
        c.kind(),
        c.requestId(),
        c.timeoutAt(),
        result,
        c.output(),
        c.error(),
        Instant.EPOCH,
        null);
  }

  /** Leaves a result at the node that waits for it; false when none does. */
  boolean deliver(String runId, String requestId, DispatchResult result) {
    var row = rows.get(runId);
    for (var node : row.nodes.values()) {
      boolean waits =
          node.state() == NodeState.BLOCKED
              && node.result() == null
              && node.requestId().equals(requestId)
              && row.status == RunStatus.RUNNING;
      if (!waits) continue;
      var change =
          Change.blocked(
              node.nodeId(),
              node.nodeType(),
              node.attempt(),
              node.kind(),
              requestId,
              node.timeoutAt());
      row.nodes.put(node.nodeId(), node(change, result));
      row.wakes++;
      if (!row.owned) row.due = world.instant();
      world.say("table", requestId + " is delivered, due " + row.due);
      return true;
    }
    return false;
  }

  /** Somebody wants it to end; false when it is over. */
  boolean cancel(Row row) {
    if (row.status.terminal() || row.canceled) return false;
    row.canceled = true;
    row.wakes++;
    if (!row.owned) row.due = world.instant();
    return true;
  }

  /** Nodes that wait for dispatches and have no result. */
  List<RunNode> waiting(Row row) {
    return row.nodes.values().stream()
        .filter(node -> node.state() == NodeState.BLOCKED && node.result() == null)
        .toList();
  }
}
