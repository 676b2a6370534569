package ai.vespid.simulation.runs;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.RequestId;
import ai.vespid.protocol.ResultStatus;
import ai.vespid.sql.NodeState;
import ai.vespid.sql.RunNode;
import ai.vespid.sql.RunNode.Change;
import ai.vespid.worker.workflow.RunnerShell;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What must hold, whoever dies when. It throws {@link Broken} at the first that does not. */
final class RunJudge {
  // Longer than the longest way: what was decided before that is known when a node is given up.
  private static final long KNOWN_MS = 30_000;

  private final RunWorld world;
  private final Map<String, Set<String>> keys = new HashMap<>();
  private final Set<String> blockedOnce = new HashSet<>();
  private final Set<String> done = new HashSet<>();
  private final Map<String, Integer> begun = new HashMap<>();
  private final Map<String, Asked> asking = new HashMap<>();
  private final Map<String, Long> blockedUntilMs = new HashMap<>();
  private final Set<String> unwanted = new HashSet<>();
  private RunGateway gateway;
  private String first;

  RunJudge(RunWorld world) {
    this.world = world;
  }

  private record Asked(SimWorker by, long atMs) {}

  /** A check that failed. */
  static final class Broken extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Broken(String what) {
      super(what, null, false, false);
    }
  }

  void watch(RunGateway decided) {
    gateway = decided;
  }

  // Kept too: what is thrown into a future is lost there.
  private void must(boolean holds, String what) {
    if (holds) return;
    if (first == null) first = what;
    throw new Broken(what);
  }

  Optional<String> first() {
    return Optional.ofNullable(first);
  }

  /** A step is being committed. */
  void changes(RunTable.Row row, RunNode before, Change change) {
    var node = row.id + ":" + change.nodeId();
    boolean finished = before != null && before.state() == NodeState.SUCCEEDED;
    must(!finished, node + " was finished and is moved again");
    if (change.state() == NodeState.BLOCKED) {
      blockedOnce.add(change.requestId());
      blockedUntilMs.put(change.requestId(), change.timeoutAt().toEpochMilli());
    }
    if (change.state() == NodeState.SUCCEEDED) done.add(node);
    boolean late =
        change.state() == NodeState.FAILED
            && ErrorCode.NODE_EXECUTION_TIMEOUT.name().equals(change.error());
    boolean blocked = before != null && before.requestId() != null;
    if (late && blocked) late(before.requestId());
    if (!blocked || change.state() != NodeState.FAILED) return;
    if (ErrorCode.RUN_CANCELED.name().equals(change.error())) unwanted.add(before.requestId());
    if (ErrorCode.NO_AGENT_AVAILABLE.name().equals(change.error())) impatient(before.requestId());
  }

  // An agent that comes back within its time is waited for.
  private void impatient(String requestId) {
    // Its time began when that was decided; a slow way to the database is a part of it.
    long beganMs = blockedUntilMs.get(requestId) - RunnerShell.NODE_TIME.toMillis();
    long waitedMs = world.millis() - beganMs;
    must(
        waitedMs >= RunnerShell.AGENT_WAIT.toMillis(),
        requestId + " was given up after " + waitedMs + " ms without an agent");
  }

  /** The gateway hears that nobody wants a dispatch any more. */
  void stops(String requestId) {
    unwanted.remove(requestId);
  }

  // What was decided long ago should have reached its run.
  private void late(String requestId) {
    gateway
        .decided(requestId)
        .filter(decided -> decided.result().status() == ResultStatus.SUCCEEDED)
        .ifPresent(decided ->
            must(
                world.millis() - decided.atMs() < KNOWN_MS,
                requestId + " had its result and was given up"));
  }

  /**
   * A worker asks a service to do something.
   *
   * @param by one life of a process: while it lives and its lease goes on nobody else asks
   */
  void asks(SimWorker by, String runId, String nodeId, String key) {
    var node = runId + ":" + nodeId;
    var before = asking.put(key, new Asked(by, world.millis()));
    boolean other = before != null && before.by != by && before.by.alive();
    boolean held = other && world.millis() - before.atMs < RunnerShell.LEASE.toMillis();
    must(!held, key + " is asked for by two at once");
    must(!done.contains(node), node + " is committed and done again");
    var all = keys.computeIfAbsent(node, _ -> new HashSet<>());
    all.add(key);
    must(all.size() <= 3, node + " has more keys than attempts");
    int attempt = Integer.parseInt(key.substring(key.lastIndexOf(':') + 1));
    must(key.equals(RequestId.of(runId, nodeId, attempt)), node + " has a key of its own: " + key);
  }

  /** A dispatch reaches the gateway. */
  void sends(String requestId) {
    must(blockedOnce.contains(requestId), requestId + " was sent before it was committed");
  }

  /** An agent begins to work. */
  void begins(String requestId) {
    int times = begun.merge(requestId, 1, Integer::sum);
    must(times == 1, requestId + " was begun " + times + " times");
  }

  /** All is quiet. */
  void whenQuiet(Iterable<RunTable.Row> rows) {
    must(unwanted.isEmpty(), "nobody told the gateway that these are not wanted: " + unwanted);
    for (var row : rows) {
      must(row.status.terminal(), row.id + " is " + row.status + " for ever");
      var told = new HashMap<String, Integer>();
      for (var event : row.events) {
        var what = event.eventType() + (event.nodeId() == null ? "" : ":" + event.nodeId());
        told.merge(what, 1, Integer::sum);
      }
      told.forEach((what, times) -> {
        boolean once = what.matches("(node_succeeded:.*|run_succeeded|run_failed)");
        must(!once || times == 1, row.id + " tells " + what + " " + times + " times");
      });
      row.nodes.values().stream()
          .filter(node -> node.state() == NodeState.SUCCEEDED)
          .forEach(node ->
              must(
                  told.containsKey("node_succeeded:" + node.nodeId()),
                  row.id + " does not tell the end of " + node.nodeId()));
      boolean canceled = ErrorCode.RUN_CANCELED.name().equals(row.error);
      must(!canceled || row.canceled, row.id + " was canceled by nobody");
    }
  }
}
