package ai.vespid.protocol.workflow;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.workflow.NodeConfig.Condition;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The rules of a graph (contract 6). All are tried, so that whoever wrote it is told everything at
 * once. The original's {@code PARALLEL_REMOTE_NOT_SUPPORTED} is no rule here: branches do run in
 * parallel, remote nodes included.
 */
final class GraphRules {
  private final List<GraphIssue> issues = new ArrayList<>();

  void check(Map<String, Node> nodes, List<Edge> edges) {
    if (nodes.isEmpty()) add(ErrorCode.GRAPH_NODE_MISSING, null, "the graph has no nodes");
    nodes.forEach(this::sameIdAsKey);
    var sound = soundEdges(nodes, edges);
    nodes.values().forEach(node -> branches(node, edges));
    cycles(nodes, sound);
  }

  void twice(String nodeId) {
    add(ErrorCode.GRAPH_NODE_INVALID, nodeId, "the node id stands there twice: " + nodeId);
  }

  void throwIfAny() {
    if (!issues.isEmpty()) throw new InvalidDefinition(issues);
  }

  // Steps are recorded by node id and looked up by key: when they differ, the same node would run
  // for ever (defect B17).
  private void sameIdAsKey(String key, Node node) {
    if (key.equals(node.id())) return;
    add(ErrorCode.GRAPH_NODE_INVALID, key, "the node's id must be its key: " + key);
  }

  private List<Edge> soundEdges(Map<String, Node> nodes, List<Edge> edges) {
    var ids = new HashSet<String>();
    var sound = new ArrayList<Edge>();
    for (var edge : edges) {
      var known = nodes.containsKey(edge.from()) && nodes.containsKey(edge.to());
      if (known) sound.add(edge);
      else {
        add(ErrorCode.GRAPH_EDGE_INVALID, edge.id(), "the edge leads from or to an unknown node");
      }
      if (!ids.add(edge.id())) {
        add(ErrorCode.GRAPH_EDGE_INVALID, edge.id(), "the edge id stands there twice");
      }
    }
    return sound;
  }

  private void branches(Node node, List<Edge> edges) {
    var kinds =
        edges.stream()
            .filter(edge -> edge.from().equals(node.id()))
            .map(Edge::kind)
            .sorted()
            .toList();
    if (node.config() instanceof Condition) {
      if (kinds.equals(List.of(Edge.Kind.COND_TRUE, Edge.Kind.COND_FALSE))) return;
      add(
          ErrorCode.CONDITION_EDGE_CONSTRAINTS,
          node.id(),
          "a condition needs exactly one cond_true and one cond_false edge");
    } else if (kinds.stream().anyMatch(kind -> kind != Edge.Kind.ALWAYS)) {
      add(
          ErrorCode.CONDITION_EDGE_CONSTRAINTS,
          node.id(),
          "only a condition may have cond_true and cond_false edges");
    }
  }

  /** Takes away what nothing leads to until nothing is left; what remains goes in circles. */
  private void cycles(Map<String, Node> nodes, List<Edge> edges) {
    var incoming = new HashMap<String, Integer>();
    for (var key : nodes.keySet()) incoming.put(key, 0);
    for (var edge : edges) incoming.merge(edge.to(), 1, Integer::sum);
    var from = edges.stream().collect(Collectors.groupingBy(Edge::from));
    var free = new ArrayDeque<String>();
    incoming.forEach((key, count) -> {
      if (count == 0) free.add(key);
    });
    while (!free.isEmpty()) {
      var key = free.remove();
      incoming.remove(key);
      for (var edge : from.getOrDefault(key, List.of())) {
        if (incoming.merge(edge.to(), -1, Integer::sum) == 0) free.add(edge.to());
      }
    }
    if (incoming.isEmpty()) return;
    var first = new TreeSet<>(incoming.keySet()).first();
    add(ErrorCode.GRAPH_CYCLE_DETECTED, first, "the graph goes in circles at " + first);
  }

  private void add(ErrorCode code, String subject, String message) {
    issues.add(new GraphIssue(code, subject, message));
  }
}
