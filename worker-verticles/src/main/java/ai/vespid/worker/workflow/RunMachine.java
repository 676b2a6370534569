package ai.vespid.worker.workflow;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.RequestId;
import ai.vespid.protocol.workflow.Definition;
import ai.vespid.protocol.workflow.Node;
import ai.vespid.sql.AgentThought;
import ai.vespid.sql.Run;
import ai.vespid.sql.RunEvent.Level;
import ai.vespid.sql.RunNode;
import ai.vespid.sql.RunStatus;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * Decides what a claimed run does next. Events go in, each with the time; {@link #turn} gives out
 * what they came to: one commit, and what to do after it.
 *
 * <pre>
 *   QUEUED ──claimed──> RUNNING ──all nodes ended──> SUCCEEDED | FAILED
 *     ▲                    │ a node failed and attempts are left
 *     └────────────────────┘
 * </pre>
 *
 * <p>A node is committed as under way before anything of it is done (defect B9). One that succeeded
 * never runs again: the next attempt begins with the one that failed (defect B16). After a failure
 * nothing new begins, and what is under way is awaited. A run that was claimed again does once more
 * what was under way, with the same keys.
 */
final class RunMachine {
  /** A longer output of a node is cut in the output of the run; the node's own row has it all. */
  private static final int OUTPUT_CHARS_MAX = 200_000;

  private final Definition definition;
  private final Run run;
  private final RunRules rules;
  private final Notes notes;
  private final Walk walk;

  private RunStatus status;
  private int attempt;
  private Instant nextAttemptAt;
  private String error;

  /**
   * @param cursor what the last runner noted down, or null
   */
  RunMachine(Definition definition, Run run, RawJson cursor, RunRules rules, NodePolicy policy) {
    this.definition = definition;
    this.run = run;
    this.rules = rules;
    notes = Notes.of(cursor);
    walk = new Walk(definition, run, rules, policy, notes);
    status = run.status();
    attempt = run.attemptCount();
    error = run.error();
  }

  private record Started(String runId, String workflowId, String orgId, int attemptCount) {}

  private record Tried(int attemptCount, int maxAttempts, String error) {}

  /**
   * The run was claimed: a new attempt begins, or the present one is taken up where it stands.
   *
   * @param nodes all that it has come to
   */
  void claimed(Collection<RunNode> nodes, Instant now) {
    if (status.terminal()) return;
    walk.place(nodes);
    if (status == RunStatus.QUEUED) {
      attempt++;
      status = RunStatus.RUNNING;
      error = null;
      var started = new Started(run.id(), run.workflowId(), run.organizationId(), attempt);
      notes.tell(Story.ofRun("run_started", Level.INFO, null, started));
    }
    walk.attempt(attempt);
    for (var node : nodes) {
      if (node.result() != null) walk.result(node.nodeId(), node.requestId(), node.result());
    }
    walk.timeouts(now);
    walk.resume();
    proceed(now);
  }

  /** Results that were left at blocked nodes; those that are known or not wanted are ignored. */
  void arrived(Collection<RunNode> nodes, Instant now) {
    for (var node : nodes) {
      if (node.result() != null) walk.result(node.nodeId(), node.requestId(), node.result());
    }
    walk.timeouts(now);
    proceed(now);
  }

  /** The result of one dispatch; ignored when nothing waits for it. */
  void result(String requestId, DispatchResult result, Instant now) {
    walk.waitsFor(requestId).ifPresent(node -> walk.result(node, requestId, result));
    walk.timeouts(now);
    proceed(now);
  }

  /** A node that was carried out here has ended. */
  void executed(String nodeId, int ofAttempt, DispatchResult result, Instant now) {
    walk.executed(nodeId, ofAttempt, result);
    proceed(now);
  }

  /** A node that is carried out here has done something on its way. */
  void progressed(String nodeId, int ofAttempt, String kind, RawJson payload) {
    walk.progressed(nodeId, ofAttempt, kind, payload);
  }

  /** An agent that thinks here has come to something, which counts when it is committed. */
  void thought(AgentThought thought, int ofAttempt) {
    if (walk.runs(thought.nodeId(), ofAttempt)) notes.keep(thought);
  }

  /** A node that is carried out here has a dispatch under way; it ends with the run. */
  void dispatched(String nodeId, String requestId) {
    notes.dispatched(nodeId, requestId);
  }

  /** That dispatch is answered. */
  void settled(String nodeId, String requestId) {
    notes.settled(nodeId, requestId);
  }

  /** Whether something that a node wants done may be. */
  NodePolicy.Verdict judge(Node node) {
    return walk.judge(node);
  }

  /** The gateway has this dispatch. */
  void taken(String nodeId, String requestId) {
    walk.taken(nodeId, requestId);
  }

  /**
   * The gateway will have this dispatch when somebody is there who can do it.
   *
   * @param again when it is handed in again; until then nobody has to hold the run for it
   */
  void waits(String nodeId, String requestId, String why, Instant again) {
    walk.waits(nodeId, requestId, why, again);
  }

  /** It is handed in again just now. */
  void again(String requestId) {
    walk.again(requestId);
  }

  /** The gateway will never have this dispatch. */
  void refused(String nodeId, String requestId, String why, Instant now) {
    walk.refused(nodeId, requestId, why);
    proceed(now);
  }

  /** Time has passed. */
  void tick(Instant now) {
    walk.timeouts(now);
    proceed(now);
  }

  /** The run was claimed, only to be ended: somebody wants that. */
  void canceled(Collection<RunNode> nodes) {
    if (status.terminal()) return;
    walk.place(nodes);
    walk.attempt(attempt);
    cancel();
  }

  /** Somebody wants it to end; what runs elsewhere is told to stop and not awaited. */
  void cancel() {
    end(ErrorCode.RUN_CANCELED.name());
  }

  /** It cannot go on at all, such as when its definition is gone. */
  void end(String why) {
    if (status.terminal()) return;
    walk.endAll(DispatchResult.failed(why, null));
    fail(why);
  }

  private void proceed(Instant now) {
    if (status != RunStatus.RUNNING) return;
    walk.advance(now);
    if (walk.open()) return;
    var failed = walk.failed();
    if (failed.isPresent()) endAttempt(failed.get(), now);
    else succeed();
  }

  private void endAttempt(Step failed, Instant now) {
    if (attempt >= Math.min(run.maxAttempts(), RequestId.ATTEMPT_MAX) || isFinal(failed.error())) {
      fail(failed.error());
      return;
    }
    status = RunStatus.QUEUED;
    error = failed.error();
    nextAttemptAt = now.plus(rules.backoffAfter(attempt));
    var tried = new Tried(attempt, run.maxAttempts(), error);
    notes.tell(Story.ofRun("run_retried", Level.WARN, error, tried));
  }

  // What a person or a rule has said does not change by asking again.
  private static boolean isFinal(String error) {
    return error.startsWith(ErrorCode.POLICY_DENIED.name())
        || error.equals(ErrorCode.APPROVAL_REJECTED.name())
        || error.equals(ErrorCode.APPROVAL_EXPIRED.name());
  }

  private void fail(String why) {
    status = RunStatus.FAILED;
    error = why;
    var tried = new Tried(attempt, run.maxAttempts(), why);
    notes.tell(Story.ofRun("run_failed", Level.ERROR, why, tried));
  }

  private void succeed() {
    status = RunStatus.SUCCEEDED;
    error = null;
    var payload = Map.of("completedNodeCount", Story.completed(walk.steps()));
    notes.tell(Story.ofRun("run_succeeded", Level.INFO, null, payload));
  }

  /** True when something must be committed before anything else may happen. */
  boolean urgent() {
    return notes.urgent() || status != RunStatus.RUNNING;
  }

  /** True when everything waits for others, so that the claim may be given back. */
  boolean idle() {
    return walk.idle();
  }

  RunStatus status() {
    return status;
  }

  /** The nodes that have ended, as dispatches tell them. */
  List<RawJson> told() {
    return Story.steps(definition, walk.steps(), rules.payloadCharsMax());
  }

  /** What changed since the last turn; the claim is given back when everything waits. */
  Turn turn() {
    var output =
        status.terminal() ? Story.output(status, definition, walk.steps(), OUTPUT_CHARS_MAX) : null;
    return notes.turn(status, attempt, nextAttemptAt, output, error, hold());
  }

  private Turn.Hold hold() {
    if (status.terminal()) return new Turn.Hold.Over();
    if (status == RunStatus.QUEUED) return new Turn.Hold.Until(nextAttemptAt);
    if (notes.hasEffects() || !walk.idle()) return new Turn.Hold.Keep();
    return new Turn.Hold.Until(walk.firstDue());
  }
}
