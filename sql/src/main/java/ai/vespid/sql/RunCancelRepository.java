package ai.vespid.sql;

import io.vertx.core.Future;
import io.vertx.sqlclient.Tuple;
import java.util.UUID;

/**
 * Asks for runs to be ended. Only a runner ends one: it is due at once, or whoever holds it reads
 * the wish when it renews its claim, if it was not told before.
 */
public final class RunCancelRepository {
  private static final String CANCEL =
      """
      WITH run AS (
        UPDATE workflow_runs SET cancel_requested_at = now(), wake_seq = wake_seq + 1,
            event_seq = event_seq + 1,
            due_at = CASE WHEN claim_owner IS NULL THEN now() ELSE due_at END
        WHERE id = $1 AND workflow_id = $2 AND status IN ('queued', 'running')
          AND cancel_requested_at IS NULL
        RETURNING id, organization_id, workflow_id, attempt_count, event_seq)
      INSERT INTO workflow_run_events (run_id, seq, organization_id, workflow_id, attempt_count,
          event_type, level, payload)
      SELECT id, event_seq, organization_id, workflow_id, attempt_count, 'run_cancel_requested',
          'warn', json_build_object('requestedByUserId', $3::text)
      FROM run
      """;

  private final Database database;

  public RunCancelRepository(Database database) {
    this.database = database;
  }

  /**
   * Notes the wish.
   *
   * @return false when there is no such run, it is over, or the wish is known
   */
  public Future<Boolean> cancel(
      String organizationId, String workflowId, String runId, String userId) {
    var values = Tuple.of(UUID.fromString(runId), UUID.fromString(workflowId), userId);
    return database.tenant(
        organizationId,
        connection ->
            connection.preparedQuery(CANCEL).execute(values).map(rows -> rows.rowCount() == 1));
  }
}
