package ai.vespid.protocol.workflow;

import ai.vespid.protocol.RawJson;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The normal form of a workflow, whichever version it was written in: what a run walks through. A
 * node is ready when all edges that lead to it are satisfied; the entries are ready at once. It has
 * no cycles, every edge joins two of its nodes, and node ids are unique.
 *
 * <p>A published workflow never changes, so its definition may be kept by workflow id for ever.
 */
public final class Definition {
  private final Trigger trigger;
  private final Map<String, Node> nodes;
  private final List<Edge> edges;
  private final Map<String, List<Edge>> incoming;
  private final Map<String, List<Edge>> outgoing;
  private final List<String> entries;

  /** For {@link Dsl}, which has checked the rules. */
  Definition(Trigger trigger, Map<String, Node> nodes, List<Edge> edges) {
    this.trigger = trigger;
    this.nodes = Collections.unmodifiableMap(new LinkedHashMap<>(nodes));
    this.edges = List.copyOf(edges);
    incoming = edges.stream().collect(Collectors.groupingBy(Edge::to));
    outgoing = edges.stream().collect(Collectors.groupingBy(Edge::from));
    entries = nodes.keySet().stream().filter(id -> !incoming.containsKey(id)).toList();
  }

  /**
   * Reads and checks either version of the DSL.
   *
   * @throws ai.vespid.protocol.InvalidMessage when a part has the wrong shape
   * @throws InvalidDefinition when the parts do not fit together
   */
  public static Definition of(RawJson dsl) {
    return Dsl.read(dsl).definition();
  }

  public Trigger trigger() {
    return trigger;
  }

  /** By id, in the order they were written. */
  public Map<String, Node> nodes() {
    return nodes;
  }

  /**
   * @throws IllegalArgumentException when it has no such node
   */
  public Node node(String id) {
    var node = nodes.get(id);
    if (node == null) throw new IllegalArgumentException("no node " + id);
    return node;
  }

  public List<Edge> edges() {
    return edges;
  }

  /** The nodes that nothing leads to, in the order they were written; never empty. */
  public List<String> entries() {
    return entries;
  }

  /** What leads to this node. */
  public List<Edge> incoming(String nodeId) {
    return incoming.getOrDefault(nodeId, List.of());
  }

  /** What leads from this node. */
  public List<Edge> outgoing(String nodeId) {
    return outgoing.getOrDefault(nodeId, List.of());
  }
}
