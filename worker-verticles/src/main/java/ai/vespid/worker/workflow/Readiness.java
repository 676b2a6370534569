package ai.vespid.worker.workflow;

import ai.vespid.protocol.workflow.Definition;
import ai.vespid.protocol.workflow.Edge;
import ai.vespid.protocol.workflow.NodeConfig.Condition;
import ai.vespid.sql.NodeState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Whether a node may begin, by what leads to it (contract 6). */
sealed interface Readiness {
  /** Everything that leads to it is satisfied. */
  record Ready() implements Readiness {}

  /** Something that leads to it is not decided yet. */
  record Waits() implements Readiness {}

  /** Something that leads to it will never be satisfied. */
  record Never(List<Blocker> blockers) implements Readiness {}

  /** One edge that keeps a node from running for ever, and why. */
  record Blocker(String from, Edge.Kind kind, String reasonCode) {}

  static Readiness of(String nodeId, Definition definition, Map<String, Step> steps) {
    var blockers = new ArrayList<Blocker>();
    boolean waits = false;
    for (var edge : definition.incoming(nodeId)) {
      var from = steps.get(edge.from());
      var state = from == null ? null : from.state();
      if (state == NodeState.SKIPPED) {
        blockers.add(new Blocker(edge.from(), edge.kind(), "UPSTREAM_NOT_SUCCEEDED"));
      } else if (state != NodeState.SUCCEEDED) {
        waits = true;
      } else if (!met(edge, definition, from)) {
        blockers.add(new Blocker(edge.from(), edge.kind(), "CONDITION_NOT_MET"));
      }
    }
    if (!blockers.isEmpty()) return new Never(blockers);
    return waits ? new Waits() : new Ready();
  }

  private static boolean met(Edge edge, Definition definition, Step from) {
    if (edge.kind() == Edge.Kind.ALWAYS) return true;
    boolean condition = definition.node(edge.from()).config() instanceof Condition;
    return condition && Conditions.resultOf(from.output()) == (edge.kind() == Edge.Kind.COND_TRUE);
  }
}
