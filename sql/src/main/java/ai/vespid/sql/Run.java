package ai.vespid.sql;

import ai.vespid.protocol.RawJson;
import io.vertx.sqlclient.Row;
import java.time.Instant;

/** One execution of a published workflow, as everybody may see it (contract 4.6). */
public record Run(
    String id,
    String organizationId,
    String workflowId,
    String triggerType,
    String triggerKey,
    Instant triggeredAt,
    String triggerSource,
    RunStatus status,
    int attemptCount,
    int maxAttempts,
    Instant nextAttemptAt,
    String requestedByUserId,
    RawJson input,
    RawJson output,
    String error,
    Instant createdAt,
    Instant startedAt,
    Instant finishedAt) {
  /** What a statement must select for {@link #of}. */
  static final String COLUMNS =
      """
      id, organization_id, workflow_id, trigger_type, trigger_key, triggered_at, trigger_source,
      status, attempt_count, max_attempts, next_attempt_at, requested_by_user_id,
      input::text AS input, output::text AS output, error, created_at, started_at, finished_at
      """;

  static Run of(Row row) {
    return new Run(
        Rows.id(row, "id"),
        Rows.id(row, "organization_id"),
        Rows.id(row, "workflow_id"),
        row.getString("trigger_type"),
        row.getString("trigger_key"),
        Rows.time(row, "triggered_at"),
        row.getString("trigger_source"),
        RunStatus.of(row.getString("status")),
        row.getInteger("attempt_count"),
        row.getInteger("max_attempts"),
        Rows.time(row, "next_attempt_at"),
        Rows.id(row, "requested_by_user_id"),
        Rows.json(row, "input"),
        Rows.json(row, "output"),
        row.getString("error"),
        Rows.time(row, "created_at"),
        Rows.time(row, "started_at"),
        Rows.time(row, "finished_at"));
  }
}
