package ai.vespid.sql;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * What people are asked before a node may run. A runner asks by blocking the node with the kind
 * {@link RunNode#APPROVAL} and an {@link Asked} in the same {@link RunRepository.Advance}; a
 * decision is left at that node like any other result, and the run becomes due.
 */
public final class ApprovalRepository {
  private static final String COLUMNS =
      """
      id, organization_id, workflow_id, run_id, node_id, node_type, request_kind, status, reason,
      context::text AS context, requested_by_user_id, decided_by_user_id, decision_note, expires_at,
      decided_at, created_at, updated_at
      """;
  private static final String LIST =
      "SELECT "
          + COLUMNS
          + """
          FROM workflow_approval_requests
          WHERE ($1::text IS NULL OR status = $1)
            AND ($2::timestamptz IS NULL OR (created_at, id) < ($2, $3::uuid))
          ORDER BY created_at DESC, id DESC LIMIT $4
          """;
  private static final String EXISTS = "SELECT FROM workflow_approval_requests WHERE id = $1";
  private static final String DECIDE =
      """
      UPDATE workflow_approval_requests SET status = $2, decided_by_user_id = $3,
          decision_note = $4, decided_at = now(), updated_at = now()
      WHERE id = $1 AND status = 'pending' AND expires_at > now()
      RETURNING
      """
          + COLUMNS;
  private static final String WAKE =
      """
      WITH run AS (SELECT id FROM workflow_runs WHERE id = $1 FOR UPDATE),
      node AS (
        UPDATE workflow_run_nodes n SET result = $3::text::json FROM run
        WHERE n.run_id = run.id AND n.node_id = $2 AND n.state = 'blocked'
          AND n.kind = 'approval' AND n.result IS NULL
        RETURNING n.run_id, n.node_id, n.node_type),
      woken AS (
        UPDATE workflow_runs r SET wake_seq = r.wake_seq + 1, event_seq = r.event_seq + 1,
            due_at = CASE WHEN r.claim_owner IS NULL THEN now() ELSE r.due_at END
        FROM node WHERE r.id = node.run_id AND r.status = 'running'
        RETURNING r.id, r.organization_id, r.workflow_id, r.attempt_count, r.event_seq,
            node.node_id, node.node_type)
      INSERT INTO workflow_run_events (run_id, seq, organization_id, workflow_id, attempt_count,
          event_type, node_id, node_type, level, message, payload)
      SELECT id, event_seq, organization_id, workflow_id, attempt_count, $4, node_id, node_type,
          $5, $6, $7::text::json
      FROM woken
      """;
  private static final String EXPIRE =
      """
      UPDATE workflow_approval_requests SET status = 'expired', updated_at = now()
      WHERE id IN (
        SELECT id FROM workflow_approval_requests
        WHERE status = 'pending' AND expires_at <= now() LIMIT $1 FOR UPDATE SKIP LOCKED)
      """;

  private final Database database;

  public ApprovalRepository(Database database) {
    this.database = database;
  }

  /** A request and what became of it (contract 4.8). */
  public record Approval(
      String id,
      String organizationId,
      String workflowId,
      String runId,
      String nodeId,
      String nodeType,
      String requestKind,
      String status,
      String reason,
      RawJson context,
      String requestedByUserId,
      String decidedByUserId,
      String decisionNote,
      Instant expiresAt,
      Instant decidedAt,
      Instant createdAt,
      Instant updatedAt) {}

  /** A request to be made; the runner chooses its id, which it tells in its event. */
  public record Asked(
      String id,
      String nodeId,
      String nodeType,
      String reason,
      RawJson context,
      Instant expiresAt) {}

  /** What became of a decision. */
  public sealed interface Outcome {
    /**
     * @param resumed whether a run waited for it
     */
    record Decided(Approval approval, boolean resumed) implements Outcome {}

    record Unknown() implements Outcome {}

    /** It was decided before, or nobody did in time. */
    record Final() implements Outcome {}
  }

  /**
   * Newest first.
   *
   * @param status null for all
   */
  public Future<List<Approval>> list(String organizationId, String status, Page page) {
    var values = Tuple.of(status, Rows.at(page.at()), Rows.uuid(page.id()), page.limit());
    return database.tenant(
        organizationId,
        connection ->
            connection
                .preparedQuery(LIST)
                .execute(values)
                .map(rows -> Rows.list(rows, ApprovalRepository::approval)));
  }

  /** Lets the node run. */
  public Future<Outcome> approve(String organizationId, String id, String userId, String note) {
    return decide(organizationId, id, userId, note, true);
  }

  /** Ends the run. */
  public Future<Outcome> reject(String organizationId, String id, String userId, String note) {
    return decide(organizationId, id, userId, note, false);
  }

  private Future<Outcome> decide(
      String organizationId, String id, String userId, String note, boolean approved) {
    var values =
        Tuple.of(
            UUID.fromString(id), approved ? "approved" : "rejected", UUID.fromString(userId), note);
    return database.tenant(
        organizationId,
        connection ->
            connection
                .preparedQuery(DECIDE)
                .execute(values)
                .map(rows -> Rows.first(rows, ApprovalRepository::approval))
                .compose(decided ->
                    decided.isPresent()
                        ? wake(connection, decided.get(), approved)
                        : whyNot(connection, id)));
  }

  private static Future<Outcome> wake(
      SqlConnection connection, Approval approval, boolean approved) {
    var result =
        approved
            ? DispatchResult.succeeded(null)
            : DispatchResult.failed(RunNode.APPROVAL_REJECTED, null);
    var payload =
        RawJson.from(
            Map.of(
                "approvalRequestId", approval.id(), "decidedByUserId", approval.decidedByUserId()));
    var values =
        Tuple.of(
            UUID.fromString(approval.runId()),
            approval.nodeId(),
            new String(Json.write(result), StandardCharsets.UTF_8),
            approved ? "approval_approved" : "approval_rejected",
            approved ? "info" : "warn",
            approval.decisionNote());
    return connection
        .preparedQuery(WAKE)
        .execute(values.addValue(Rows.text(payload)))
        .map(rows -> new Outcome.Decided(approval, rows.rowCount() == 1));
  }

  private static Future<Outcome> whyNot(SqlConnection connection, String id) {
    return connection
        .preparedQuery(EXISTS)
        .execute(Tuple.of(UUID.fromString(id)))
        .map(rows -> rows.size() == 0 ? new Outcome.Unknown() : new Outcome.Final());
  }

  /**
   * Marks what nobody has decided in time, of all organizations. Their runs become due by their
   * nodes' own timeouts.
   *
   * @return how many; as many as {@code limit} means that there may be more
   */
  public Future<Integer> expire(int limit) {
    return database
        .worker()
        .preparedQuery(EXPIRE)
        .execute(Tuple.of(limit))
        .map(rows -> rows.rowCount());
  }

  private static Approval approval(Row row) {
    return new Approval(
        Rows.id(row, "id"),
        Rows.id(row, "organization_id"),
        Rows.id(row, "workflow_id"),
        Rows.id(row, "run_id"),
        row.getString("node_id"),
        row.getString("node_type"),
        row.getString("request_kind"),
        row.getString("status"),
        row.getString("reason"),
        Rows.json(row, "context"),
        Rows.id(row, "requested_by_user_id"),
        Rows.id(row, "decided_by_user_id"),
        row.getString("decision_note"),
        Rows.time(row, "expires_at"),
        Rows.time(row, "decided_at"),
        Rows.time(row, "created_at"),
        Rows.time(row, "updated_at"));
  }
}
