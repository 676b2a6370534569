package ai.vespid.protocol.workflow;

import ai.vespid.protocol.Check;
import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * What must have happened at {@code from} before {@code to} may run. A node waits for all edges
 * that lead to it.
 */
public record Edge(String id, String from, String to, Kind kind) {
  /** When an edge is satisfied. */
  public enum Kind {
    /** As soon as its source has succeeded. The default. */
    @JsonProperty("always")
    ALWAYS,
    /** When its source is a condition that came out true. */
    @JsonProperty("cond_true")
    COND_TRUE,
    /** When its source is a condition that came out false. */
    @JsonProperty("cond_false")
    COND_FALSE
  }

  public Edge {
    Check.text("graph.edges.id", id, 1, 2 * Dsl.NODE_ID_LENGTH_MAX + 10);
    Check.text("graph.edges.from", from, 1, Dsl.NODE_ID_LENGTH_MAX);
    Check.text("graph.edges.to", to, 1, Dsl.NODE_ID_LENGTH_MAX);
    if (kind == null) kind = Kind.ALWAYS;
  }

  /** The edge between two neighbours of a v2 list. */
  static Edge chained(String from, String to) {
    return new Edge("e:" + from + "->" + to, from, to, Kind.ALWAYS);
  }
}
