package ai.vespid.worker.workflow;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.NetworkMode;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.workflow.Definition;
import ai.vespid.protocol.workflow.Edge;
import ai.vespid.protocol.workflow.Execution;
import ai.vespid.protocol.workflow.Node;
import ai.vespid.protocol.workflow.NodeConfig.AgentExecute;
import ai.vespid.protocol.workflow.NodeConfig.ConnectorAction;
import ai.vespid.protocol.workflow.PolicyScope;
import ai.vespid.sql.NodeState;
import ai.vespid.sql.RunEvent;
import ai.vespid.sql.RunEvent.Level;
import ai.vespid.sql.RunStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** How runs are told about: events (contract 5.3) and outputs (contract 5.2). */
final class Story {
  private static final int BLOCKERS_MAX = 500;

  /** A value too long to be told whole. */
  private record Cut(boolean truncated, String preview, int originalLength) {}

  private record Skipped(String reasonCode, List<Readiness.Blocker> blockers) {}

  private record Joined(
      boolean joined, int requiredIncoming, int satisfiedIncoming, List<String> incomingFrom) {}

  private Story() {}

  /** What a rule decided, and about what. */
  private record Judged(Decision decision, Context policyContext) {}

  private record Decision(String effect, String reason) {}

  private record Asking(
      String approvalRequestId, Instant expiresAt, Decision decision, Context policyContext) {}

  /** What a person has to know to decide about a node, and never what a secret is. */
  private record Context(
      String nodeId,
      String nodeType,
      String taskType,
      NetworkMode networkMode,
      String connectorId,
      String actionId,
      Execution execution) {
    static Context of(Node node) {
      var script = node.config() instanceof AgentExecute execute ? execute : null;
      var action = node.config() instanceof ConnectorAction known ? known : null;
      return new Context(
          node.id(),
          node.type(),
          script == null || script.task() == null ? null : script.task().type(),
          script == null ? null : PolicyScope.networkOf(script),
          action == null ? null : action.connectorId(),
          action == null ? null : action.actionId(),
          node.config().execution());
    }
  }

  /** Why a node may not run (contract 5.3). */
  static RawJson denied(Node node, String reason) {
    return RawJson.from(new Judged(new Decision("deny", reason), Context.of(node)));
  }

  /** What a person is asked about a node (contract 5.3). */
  static RawJson asking(Node node, String approvalRequestId, String reason, Instant expiresAt) {
    var decision = new Decision("require_approval", reason);
    return RawJson.from(new Asking(approvalRequestId, expiresAt, decision, Context.of(node)));
  }

  /** The same for the person's list. */
  static RawJson context(Node node) {
    return RawJson.from(Context.of(node));
  }

  /** Why a node will never run. */
  static RawJson skipped(List<Readiness.Blocker> blockers) {
    var told = blockers.stream().limit(BLOCKERS_MAX).toList();
    return RawJson.from(new Skipped("DEPENDENCIES_NOT_SATISFIED", told));
  }

  /** What comes of a join that all of these have reached. */
  static DispatchResult joined(List<Edge> incoming) {
    var from = incoming.stream().map(Edge::from).toList();
    return DispatchResult.succeeded(RawJson.from(new Joined(true, from.size(), from.size(), from)));
  }

  static RunEvent.New ofRun(String type, Level level, String message, Object payload) {
    return RunEvent.New.ofRun(type, level, message, RawJson.from(payload));
  }

  static RunEvent.New ofNode(String type, Node node, Level level, String message, RawJson payload) {
    return new RunEvent.New(type, node.id(), node.type(), level, message, payload);
  }

  /** The value, or its beginning when its JSON is longer than {@code charsMax}. */
  static RawJson cut(RawJson value, int charsMax) {
    if (value == null || value.size() <= charsMax) return value;
    var text = value.text();
    if (text.length() <= charsMax) return value;
    return RawJson.from(new Cut(true, text.substring(0, charsMax), text.length()));
  }

  /** A constant as it stands in JSON. */
  static String text(Enum<?> constant) {
    return Json.read(Json.write(constant), String.class);
  }

  static long completed(Map<String, Step> steps) {
    return steps.values().stream().filter(step -> step.state() == NodeState.SUCCEEDED).count();
  }

  /** What a run comes to, and what came of each of its nodes. */
  static RawJson output(
      RunStatus status, Definition definition, Map<String, Step> steps, int charsMax) {
    var failed =
        definition.nodes().keySet().stream()
            .filter(id -> steps.containsKey(id) && steps.get(id).state() == NodeState.FAILED)
            .findFirst();
    var summary = new LinkedHashMap<String, Object>();
    summary.put("completedNodeCount", completed(steps));
    summary.put("failedNodeId", failed.map(RawJson::from).orElse(RawJson.NULL));
    var whole = new LinkedHashMap<String, Object>();
    whole.put("status", status.text());
    whole.put("steps", steps(definition, steps, charsMax));
    whole.put("output", summary);
    return RawJson.from(whole);
  }

  /** One entry for each node that has ended, in the order they were written. */
  static List<RawJson> steps(Definition definition, Map<String, Step> steps, int charsMax) {
    var told = new ArrayList<RawJson>();
    for (var node : definition.nodes().values()) {
      var step = steps.get(node.id());
      if (step == null || step.open()) continue;
      var entry = new LinkedHashMap<String, Object>();
      entry.put("nodeId", node.id());
      entry.put("nodeType", node.type());
      entry.put("status", step.state().name().toLowerCase(Locale.ROOT));
      if (step.output() != null) entry.put("output", cut(step.output(), charsMax));
      if (step.error() != null) entry.put("error", step.error());
      told.add(RawJson.from(entry));
    }
    return told;
  }
}
