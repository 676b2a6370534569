package ai.vespid.worker.workflow;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.RequestId;
import ai.vespid.protocol.ResultStatus;
import ai.vespid.protocol.workflow.Definition;
import ai.vespid.protocol.workflow.Node;
import ai.vespid.protocol.workflow.NodeConfig.Condition;
import ai.vespid.protocol.workflow.NodeConfig.ParallelJoin;
import ai.vespid.sql.ApprovalRepository.Asked;
import ai.vespid.sql.NodeState;
import ai.vespid.sql.Run;
import ai.vespid.sql.RunEvent.Level;
import ai.vespid.sql.RunNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * How a run moves through its graph.
 *
 * <pre>
 *   (none) ──ready──> RUNNING ──result──> SUCCEEDED | FAILED
 *     │                  ▲ approved
 *     ├──remote, or to be approved──> BLOCKED ──result──> SUCCEEDED | FAILED
 *     └──will never be ready──> SKIPPED
 * </pre>
 *
 * <p>A node that failed in an earlier attempt counts as one that has not begun.
 */
final class Walk {
  private static final Duration UNPOLLED_MAX = Duration.ofMinutes(10);

  private final Definition definition;
  private final Run run;
  private final RunRules rules;
  private final NodePolicy policy;
  private final Notes notes;
  private final Orders orders;
  private final Map<String, Step> steps = new LinkedHashMap<>();
  private final List<String> approved = new ArrayList<>();
  // When a dispatch that nobody could do is handed in again.
  private final Map<String, Instant> later = new HashMap<>();
  private int attempt;

  Walk(Definition definition, Run run, RunRules rules, NodePolicy policy, Notes notes) {
    this.definition = definition;
    this.run = run;
    this.rules = rules;
    this.policy = policy;
    this.notes = notes;
    this.orders = new Orders(run.id(), rules);
  }

  void place(Collection<RunNode> nodes) {
    for (var node : nodes) steps.put(node.nodeId(), Step.of(node));
  }

  void attempt(int present) {
    attempt = present;
  }

  Map<String, Step> steps() {
    return steps;
  }

  /** What was under way when the last runner had it is done once more. */
  void resume() {
    for (var node : definition.nodes().values()) {
      var step = steps.get(node.id());
      if (step == null) continue;
      if (step.state() == NodeState.RUNNING && !approved.contains(node.id())) {
        notes.effect(orders.execute(node, step));
      }
      if (waitsUnsent(step)) notes.effect(orders.send(node, step));
    }
  }

  private boolean waitsUnsent(Step step) {
    return step.state() == NodeState.BLOCKED
        && !step.needsApproval()
        && !notes.sent(step.requestId());
  }

  /** What came for a blocked node; ignored when it waits for something else, or no more. */
  void result(String nodeId, String requestId, DispatchResult result) {
    var step = steps.get(nodeId);
    if (step == null || !step.waitsFor(requestId)) return;
    var node = definition.node(nodeId);
    boolean well = result.status() == ResultStatus.SUCCEEDED;
    if (step.needsApproval()) {
      if (well) approve(node);
      else end(node, DispatchResult.failed(ErrorCode.APPROVAL_REJECTED));
      return;
    }
    // A result that is faster than the answer to its dispatch proves that it was taken.
    taken(nodeId, requestId);
    if (well) {
      var told = Story.cut(result.output(), rules.payloadCharsMax());
      tell("remote_result_received", node, Level.INFO, null, told);
    }
    end(node, result);
  }

  /** The node that waits for this request. */
  Optional<String> waitsFor(String requestId) {
    return steps.entrySet().stream()
        .filter(entry -> entry.getValue().waitsFor(requestId))
        .map(Map.Entry::getKey)
        .findFirst();
  }

  private void approve(Node node) {
    steps.put(node.id(), Step.running(attempt));
    approved.add(node.id());
  }

  void executed(String nodeId, int ofAttempt, DispatchResult result) {
    if (runs(nodeId, ofAttempt)) end(definition.node(nodeId), result);
  }

  boolean runs(String nodeId, int ofAttempt) {
    var step = steps.get(nodeId);
    return step != null && step.state() == NodeState.RUNNING && step.attempt() == ofAttempt;
  }

  /** As what executors tell about their dispatches. */
  void progressed(String nodeId, int ofAttempt, String kind, RawJson payload) {
    if (!runs(nodeId, ofAttempt)) return;
    var told = Story.cut(payload, rules.payloadCharsMax());
    notes.tellNow(Story.ofNode("remote_event", definition.node(nodeId), Level.INFO, kind, told));
  }

  NodePolicy.Verdict judge(Node node) {
    return policy.judge(node);
  }

  void taken(String nodeId, String requestId) {
    var step = steps.get(nodeId);
    if (step == null || !step.waitsFor(requestId) || !waitsUnsent(step)) return;
    notes.markSent(requestId);
    later.remove(requestId);
    var payload = RawJson.from(Map.of("requestId", requestId, "kind", step.kind()));
    tell("node_dispatched", definition.node(nodeId), Level.INFO, null, payload);
  }

  /** Nobody who could do it is connected; it is handed in again then. Told once. */
  void waits(String nodeId, String requestId, String why, Instant again) {
    var step = steps.get(nodeId);
    if (step == null || !step.waitsFor(requestId) || !waitsUnsent(step)) return;
    later.put(requestId, again);
    if (!notes.markWaiting(requestId)) return;
    var node = definition.node(nodeId);
    notes.tellNow(Story.ofNode("node_waiting", node, Level.WARN, why, null));
  }

  /** It is handed in again just now. */
  void again(String requestId) {
    later.remove(requestId);
  }

  void refused(String nodeId, String requestId, String why) {
    var step = steps.get(nodeId);
    if (step == null || !step.waitsFor(requestId) || !waitsUnsent(step)) return;
    end(definition.node(nodeId), DispatchResult.failed(why, null));
  }

  /**
   * Ends what has waited too long. Dispatches are ended by the poller, which asks for their results
   * first: all workers may have been away while they came. Only when nobody polls they are ended
   * here.
   */
  void timeouts(Instant now) {
    for (var node : definition.nodes().values()) {
      var step = steps.get(node.id());
      boolean late =
          step != null && step.state() == NodeState.BLOCKED && !lateAt(step).isAfter(now);
      if (!late) continue;
      var code =
          step.needsApproval() ? ErrorCode.APPROVAL_EXPIRED : ErrorCode.NODE_EXECUTION_TIMEOUT;
      end(node, DispatchResult.failed(code));
    }
  }

  private static Instant lateAt(Step step) {
    return step.needsApproval() ? step.timeoutAt() : step.timeoutAt().plus(UNPOLLED_MAX);
  }

  /** Ends everything that is under way, at agents too. */
  void endAll(DispatchResult result) {
    for (var node : definition.nodes().values()) {
      var step = steps.get(node.id());
      if (step == null || !step.open()) continue;
      boolean dispatched = step.state() == NodeState.BLOCKED && !step.needsApproval();
      if (dispatched) notes.effect(new Effect.Cancel(node.id(), step.requestId()));
      notes.unwanted(node.id());
      end(node, result);
    }
  }

  private void end(Node node, DispatchResult result) {
    var step = steps.get(node.id());
    if (step.requestId() != null) notes.forget(step.requestId());
    boolean well = result.status() == ResultStatus.SUCCEEDED;
    var why = well ? null : orUnknown(result.error());
    var state = well ? NodeState.SUCCEEDED : NodeState.FAILED;
    put(node, Step.ended(state, step.attempt(), result.output(), why));
    var told = Story.cut(result.output(), rules.payloadCharsMax());
    if (well) tell("node_succeeded", node, Level.INFO, null, told);
    else tell("node_failed", node, Level.ERROR, why, told);
  }

  private static String orUnknown(String error) {
    return error == null ? ErrorCode.NODE_EXECUTION_FAILED.name() : error;
  }

  /** Begins everything that can begin; what begins may end at once and let others begin. */
  void advance(Instant now) {
    for (var id : approved) begin(definition.node(id), now);
    approved.clear();
    boolean again = true;
    while (again && failed().isEmpty()) {
      again = false;
      for (var node : definition.nodes().values()) again |= advance(node, now);
    }
  }

  /** True while something is under way, here or elsewhere. */
  boolean open() {
    return steps.values().stream().anyMatch(Step::open);
  }

  /** The first node that failed in this attempt. */
  Optional<Step> failed() {
    return inOrder()
        .filter(step -> step.state() == NodeState.FAILED && step.attempt() == attempt)
        .findFirst();
  }

  private Stream<Step> inOrder() {
    return definition.nodes().keySet().stream().map(steps::get).filter(step -> step != null);
  }

  private boolean advance(Node node, Instant now) {
    var step = steps.get(node.id());
    boolean untouched =
        step == null || step.state() == NodeState.FAILED && step.attempt() < attempt;
    if (!untouched) return false;
    var readiness = Readiness.of(node.id(), definition, steps);
    if (readiness instanceof Readiness.Waits || failed().isPresent()) return false;
    if (readiness instanceof Readiness.Never(var blockers)) {
      skip(node, blockers);
      return true;
    }
    if (steps.values().stream().filter(Step::open).count() >= rules.parallelMax()) return false;
    judge(node, now);
    return true;
  }

  private void skip(Node node, List<Readiness.Blocker> blockers) {
    put(node, Step.ended(NodeState.SKIPPED, attempt, null, null));
    tell("node_skipped", node, Level.INFO, null, Story.skipped(blockers));
  }

  private void judge(Node node, Instant now) {
    switch (policy.judge(node)) {
      case NodePolicy.Verdict.Allow() -> begin(node, now);
      case NodePolicy.Verdict.Deny(var reason) -> {
        steps.put(node.id(), Step.running(attempt));
        var why = ErrorCode.POLICY_DENIED.with(reason);
        tell("policy_denied", node, Level.ERROR, why, Story.denied(node, reason));
        end(node, DispatchResult.failed(why, null));
      }
      case NodePolicy.Verdict.Ask(var reason, var ttl) -> ask(node, reason, now.plus(ttl));
    }
  }

  private void ask(Node node, String reason, Instant expiresAt) {
    // Another id than the dispatch that may follow: their answers must not be mistaken.
    var request = RequestId.of(run.id(), node.id() + ":approval", attempt);
    var id = UUID.nameUUIDFromBytes(request.getBytes(StandardCharsets.UTF_8)).toString();
    put(node, Step.blocked(attempt, RunNode.APPROVAL, request, expiresAt));
    notes.ask(new Asked(id, node.id(), node.type(), reason, Story.context(node), expiresAt));
    var payload = Story.asking(node, id, reason, expiresAt);
    tell("approval_requested", node, Level.WARN, reason, payload);
  }

  private void begin(Node node, Instant now) {
    tell("node_started", node, Level.INFO, null, null);
    put(node, Step.running(attempt));
    if (node.config().remote()) {
      block(node, now);
      return;
    }
    switch (node.config()) {
      case Condition condition -> end(node, Conditions.evaluate(condition, run.input()));
      case ParallelJoin _ -> end(node, Story.joined(definition.incoming(node.id())));
      default -> notes.effect(orders.execute(node, steps.get(node.id())));
    }
  }

  private void block(Node node, Instant now) {
    var kind = Story.text(node.config().kind().orElseThrow());
    var request = RequestId.of(run.id(), node.id(), attempt);
    var until = now.plusMillis(orders.timeoutMs(node)).plus(rules.timeoutGrace());
    var step = Step.blocked(attempt, kind, request, until);
    put(node, step);
    notes.effect(orders.send(node, step));
  }

  private void put(Node node, Step step) {
    steps.put(node.id(), step);
    notes.change(step.change(node));
  }

  private void tell(String type, Node node, Level level, String message, RawJson payload) {
    notes.tell(Story.ofNode(type, node, level, message, payload));
  }

  boolean idle() {
    return steps.values().stream()
        .filter(Step::open)
        .allMatch(step ->
            step.state() == NodeState.BLOCKED
                && (!waitsUnsent(step) || later.containsKey(step.requestId())));
  }

  /** When the first of what waits has waited too long, or is handed in again. */
  Instant firstDue() {
    return steps.values().stream()
        .filter(Step::open)
        .map(step -> later.getOrDefault(step.requestId(), lateAt(step)))
        .min(Instant::compareTo)
        .orElseThrow();
  }
}
