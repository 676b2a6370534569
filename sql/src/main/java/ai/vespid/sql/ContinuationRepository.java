package ai.vespid.sql;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RequestId;
import io.vertx.core.Future;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * What blocked runs wait for, by request id, whoever's runs they are. Nothing here moves a run on:
 * what came is left at its node and the run becomes due, so that only its runner decides about it.
 * Everything is idempotent by request id.
 */
public final class ContinuationRepository {
  private static final String BLOCKED_COLUMNS =
      """
      SELECT n.request_id, n.run_id, n.organization_id, n.node_id, n.kind, n.timeout_at
      FROM workflow_run_nodes n WHERE n.state = 'blocked' AND n.result IS NULL
      """;
  private static final String FIND = BLOCKED_COLUMNS + " AND n.request_id = $1";
  private static final String WAITING =
      BLOCKED_COLUMNS + " AND n.kind <> 'approval' AND n.request_id > $1 ORDER BY 1 LIMIT $2";
  private static final String EXPIRED =
      BLOCKED_COLUMNS + " AND n.timeout_at <= now() ORDER BY n.timeout_at LIMIT $1";
  // The run is locked first, as its runner does.
  private static final String DELIVER =
      """
      WITH run AS (SELECT id FROM workflow_runs WHERE id = $1 FOR UPDATE),
      node AS (
        UPDATE workflow_run_nodes n SET result = $3::text::json FROM run
        WHERE n.run_id = run.id AND n.request_id = $2 AND n.state = 'blocked' AND n.result IS NULL
        RETURNING n.run_id)
      UPDATE workflow_runs r SET wake_seq = r.wake_seq + 1,
          due_at = CASE WHEN r.claim_owner IS NULL THEN now() ELSE r.due_at END
      FROM node WHERE r.id = node.run_id AND r.status = 'running'
      RETURNING r.id, r.organization_id, r.claim_owner
      """;
  private static final String REMOTE_EVENT =
      """
      WITH run AS (
        UPDATE workflow_runs r SET event_seq = r.event_seq + 1 FROM workflow_run_nodes n
        WHERE r.id = $1 AND n.run_id = r.id AND n.request_id = $2 AND n.state = 'blocked'
          AND NOT EXISTS (
            SELECT FROM workflow_run_events e WHERE e.run_id = r.id AND e.remote_key = $3)
        RETURNING r.id, r.organization_id, r.workflow_id, r.attempt_count, r.event_seq, n.node_id,
            n.node_type)
      INSERT INTO workflow_run_events (run_id, seq, organization_id, workflow_id, attempt_count,
          event_type, node_id, node_type, level, message, payload, remote_key)
      SELECT id, event_seq, organization_id, workflow_id, attempt_count, 'remote_event', node_id,
          node_type, $4, $5, $6::text::json, $3
      FROM run
      """;
  private static final String REMOTE_KEY = "workflow_run_events_remote";

  private final Pool pool;

  /**
   * @param pool connections with the worker's cross-tenant role
   */
  public ContinuationRepository(Pool pool) {
    this.pool = pool;
  }

  /** A node that waits and for which nothing has come yet. */
  public record Blocked(
      String requestId,
      String runId,
      String organizationId,
      String nodeId,
      String kind,
      Instant timeoutAt) {}

  /**
   * The run that a result was for.
   *
   * @param claimOwner who holds it and must look at its nodes again; null when it is due now
   */
  public record Delivered(String runId, String organizationId, String claimOwner) {}

  /** The node that waits for this request, if one does. */
  public Future<Optional<Blocked>> find(String requestId) {
    return pool.preparedQuery(FIND)
        .execute(Tuple.of(requestId))
        .map(rows -> Rows.first(rows, ContinuationRepository::blocked));
  }

  /** Nodes that wait for dispatches, in the order of request ids, after {@code afterRequestId}. */
  public Future<List<Blocked>> waiting(String afterRequestId, int limit) {
    return blocked(WAITING, Tuple.of(afterRequestId, limit));
  }

  /** Nodes that have waited too long, approvals among them, the longest first. */
  public Future<List<Blocked>> expired(int limit) {
    return blocked(EXPIRED, Tuple.of(limit));
  }

  private Future<List<Blocked>> blocked(String statement, Tuple values) {
    return pool.preparedQuery(statement)
        .execute(values)
        .map(rows -> Rows.list(rows, ContinuationRepository::blocked));
  }

  private static Blocked blocked(Row row) {
    return new Blocked(
        row.getString("request_id"),
        Rows.id(row, "run_id"),
        Rows.id(row, "organization_id"),
        row.getString("node_id"),
        row.getString("kind"),
        Rows.time(row, "timeout_at"));
  }

  /**
   * Leaves the result at the node that waits for it and wakes its run. The first one counts; empty
   * when nothing waits for it any more.
   */
  public Future<Optional<Delivered>> deliver(String requestId, DispatchResult result) {
    var json = new String(Json.write(result.withoutWorkspace()), StandardCharsets.UTF_8);
    return pool.preparedQuery(DELIVER)
        .execute(Tuple.of(runOf(requestId), requestId, json))
        .map(rows ->
            Rows.first(
                rows,
                row ->
                    new Delivered(
                        Rows.id(row, "id"),
                        Rows.id(row, "organization_id"),
                        row.getString("claim_owner"))));
  }

  /**
   * Adds a {@code remote_event} while its node is blocked.
   *
   * @param eventKey tells it from others of the same dispatch; the second of the same key is none
   * @return whether it was added
   */
  public Future<Boolean> remoteEvent(String requestId, String eventKey, RunEvent.New event) {
    var values =
        Tuple.of(
            runOf(requestId),
            requestId,
            requestId + '#' + eventKey,
            event.level().text(),
            event.message(),
            Rows.text(event.payload()));
    return pool.preparedQuery(REMOTE_EVENT)
        .execute(values)
        .map(rows -> rows.rowCount() == 1)
        .recover(cause ->
            DatabaseFailures.duplicate(cause, REMOTE_KEY)
                ? Future.succeededFuture(false)
                : Future.failedFuture(cause));
  }

  private static UUID runOf(String requestId) {
    return UUID.fromString(RequestId.runIdOf(requestId));
  }
}
