package ai.vespid.sql;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import io.vertx.sqlclient.Row;
import java.time.Instant;

/**
 * A node that a run has come to, in its latest attempt.
 *
 * @param attempt the run's attempt it belongs to
 * @param kind what a blocked one waits for: a kind of dispatch, or {@link #APPROVAL}
 * @param requestId what the answer will be about; while blocked no other node has it
 * @param timeoutAt when a blocked one has waited too long
 * @param result what came for a blocked one and is not applied yet, or null
 */
public record RunNode(
    String nodeId,
    String nodeType,
    NodeState state,
    int attempt,
    String kind,
    String requestId,
    Instant timeoutAt,
    DispatchResult result,
    RawJson output,
    String error,
    Instant startedAt,
    Instant finishedAt) {
  /** The kind of a node that waits for a person. */
  public static final String APPROVAL = "approval";

  /** The error of the result that a rejected approval is. */
  public static final String APPROVAL_REJECTED = "APPROVAL_REJECTED";

  static final String COLUMNS =
      """
      run_id, node_id, node_type, state, attempt, kind, request_id, timeout_at,
      result::text AS result, output::text AS output, error, started_at, finished_at
      """;

  static RunNode of(Row row) {
    var result = Rows.json(row, "result");
    return new RunNode(
        row.getString("node_id"),
        row.getString("node_type"),
        NodeState.of(row.getString("state")),
        row.getInteger("attempt"),
        row.getString("kind"),
        row.getString("request_id"),
        Rows.time(row, "timeout_at"),
        result == null ? null : Json.read(result.bytes(), DispatchResult.class),
        Rows.json(row, "output"),
        row.getString("error"),
        Rows.time(row, "started_at"),
        Rows.time(row, "finished_at"));
  }

  /** What a runner writes about a node; times are the database's. */
  public record Change(
      String nodeId,
      String nodeType,
      NodeState state,
      int attempt,
      String kind,
      String requestId,
      Instant timeoutAt,
      RawJson output,
      String error) {
    /** The node's own work begins. */
    public static Change running(String nodeId, String nodeType, int attempt) {
      return new Change(nodeId, nodeType, NodeState.RUNNING, attempt, null, null, null, null, null);
    }

    /** The node waits; to be committed before whatever is asked is asked (defect B9). */
    public static Change blocked(
        String nodeId,
        String nodeType,
        int attempt,
        String kind,
        String requestId,
        Instant timeoutAt) {
      return new Change(
          nodeId, nodeType, NodeState.BLOCKED, attempt, kind, requestId, timeoutAt, null, null);
    }

    /** The node is done; {@code error} only of a failed one. */
    public static Change ended(
        String nodeId,
        String nodeType,
        NodeState state,
        int attempt,
        RawJson output,
        String error) {
      return new Change(nodeId, nodeType, state, attempt, null, null, null, output, error);
    }
  }
}
