package ai.vespid.protocol.workflow;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A workflow as people write it (contract 6): {@code v2} is a list of nodes in their order, {@code
 * v3} a graph. Reading checks shapes; {@link #definition} checks what they mean together.
 */
public sealed interface Dsl {
  int NODES_MAX = 1_000;
  int EDGES_MAX = 5_000;

  /** Node ids and keys; they become part of request ids. */
  int NODE_ID_LENGTH_MAX = 120;

  Trigger trigger();

  /** Nodes in the order they run. */
  record V2(Trigger trigger, List<Node> nodes) implements Dsl {
    public V2 {
      nodes = List.copyOf(nodes);
    }

    @Override
    public Definition definition() {
      var rules = new GraphRules();
      var byId = new LinkedHashMap<String, Node>();
      var edges = new ArrayList<Edge>();
      Node last = null;
      for (var node : nodes) {
        if (byId.putIfAbsent(node.id(), node) != null) rules.twice(node.id());
        if (last != null) edges.add(Edge.chained(last.id(), node.id()));
        last = node;
      }
      rules.throwIfAny();
      return new Definition(trigger, byId, edges);
    }
  }

  /** Nodes by key, and what leads from one to the next. */
  record V3(Trigger trigger, Map<String, Node> nodes, List<Edge> edges) implements Dsl {
    public V3 {
      nodes = Collections.unmodifiableMap(new LinkedHashMap<>(nodes));
      edges = List.copyOf(edges);
    }

    @Override
    public Definition definition() {
      var rules = new GraphRules();
      rules.check(nodes, edges);
      rules.throwIfAny();
      return new Definition(trigger, nodes, edges);
    }
  }

  /**
   * The normal form of this workflow.
   *
   * @throws InvalidDefinition with every rule that it breaks
   */
  Definition definition();

  /**
   * Reads either version.
   *
   * @throws InvalidMessage naming the field whose shape is wrong, by its path
   */
  static Dsl read(RawJson json) {
    var document = Json.read(json.bytes(), Document.class);
    var trigger = Trigger.read(Check.required("trigger", document.trigger()));
    return switch (Check.required("version", document.version())) {
      case "v2" -> new V2(trigger, list(Check.required("nodes", document.nodes())));
      case "v3" -> graph(trigger, Check.required("graph", document.graph()));
      default -> throw new InvalidMessage("version", "must be v2 or v3");
    };
  }

  private static List<Node> list(List<RawJson> written) {
    if (written.isEmpty()) throw new InvalidMessage("nodes", "must not be empty");
    limit("nodes", written.size(), NODES_MAX);
    var nodes = new ArrayList<Node>();
    for (var json : written) nodes.add(Node.read("nodes[" + nodes.size() + "]", json, null));
    return nodes;
  }

  private static V3 graph(Trigger trigger, Graph graph) {
    var written = Check.required("graph.nodes", graph.nodes());
    var edges = graph.edges() == null ? List.<Edge>of() : graph.edges();
    limit("graph.nodes", written.size(), NODES_MAX);
    limit("graph.edges", edges.size(), EDGES_MAX);
    var nodes = new LinkedHashMap<String, Node>();
    written.forEach((key, json) -> {
      Check.text("graph.nodes", key, 1, NODE_ID_LENGTH_MAX);
      nodes.put(key, Node.read("graph.nodes." + key, json, key));
    });
    for (var edge : edges) Check.required("graph.edges", edge);
    return new V3(trigger, nodes, edges);
  }

  private static void limit(String field, int size, int max) {
    if (size > max) throw new InvalidMessage(field, "must have at most " + max + " items");
  }

  /** Both versions as they stand in JSON. */
  record Document(String version, RawJson trigger, List<RawJson> nodes, Graph graph) {}

  /** The graph as it stands in JSON, in the order it was written. */
  record Graph(LinkedHashMap<String, RawJson> nodes, List<Edge> edges) {}
}
