package ai.vespid.sql;

import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * What starts runs besides people: one subscription for each trigger of a published workflow.
 *
 * <p>How a scheduler uses it: {@link #due} names the subscriptions whose slot has come and those it
 * has never seen ({@code nextFireAt} null). A new one gets its first slot by {@link #schedule}; one
 * that is due is fired by {@link RunStartRepository#fire}, which moves {@code nextFireAt} on and
 * starts the run in one transaction, so that a slot fires once however many schedulers see it. A
 * slot that is left out (the last run still goes on) is moved on by {@link #schedule} as well, one
 * that failed by {@link #failed}.
 */
public final class TriggerRepository {
  private static final String COLUMNS =
      """
      id, organization_id, workflow_id, workflow_revision, requested_by_user_id, trigger_type,
      enabled, cron_expr, heartbeat_interval_sec, heartbeat_jitter_sec, heartbeat_max_skew_sec,
      next_fire_at, last_triggered_at, last_trigger_key, last_error, failure_count, created_at,
      updated_at
      """;
  private static final String LIST =
      "SELECT "
          + COLUMNS
          + """
          FROM workflow_trigger_subscriptions WHERE $1::uuid IS NULL OR workflow_id = $1
          ORDER BY created_at DESC, id DESC LIMIT $2
          """;
  // Off and on again begins anew: slots that passed meanwhile are not fired, and what somebody had
  // to be told about it is settled.
  private static final String ENABLE =
      """
      WITH settled AS (
        UPDATE organization_alerts SET acknowledged_at = now(), acknowledged_by_user_id = $3
        WHERE subscription_id = $1 AND acknowledged_at IS NULL AND $2)
      UPDATE workflow_trigger_subscriptions SET enabled = $2, updated_at = now(),
          next_fire_at = CASE WHEN $2 AND enabled THEN next_fire_at END,
          failure_count = CASE WHEN $2 THEN 0 ELSE failure_count END
      WHERE id = $1
      RETURNING
      """
          + COLUMNS;
  private static final String BY_WEBHOOK =
      "SELECT "
          + COLUMNS
          + """
          FROM workflow_trigger_subscriptions
          WHERE webhook_token_hash = $1 AND enabled AND trigger_type = 'webhook'
          """;
  private static final String DUE =
      "SELECT "
          + COLUMNS
          + """
          , EXISTS (SELECT FROM workflow_runs r
              WHERE r.organization_id = s.organization_id AND r.workflow_id = s.workflow_id
                AND r.trigger_key = s.last_trigger_key AND r.status IN ('queued', 'running'))
              AS last_run_open
          FROM workflow_trigger_subscriptions s
          WHERE enabled AND trigger_type IN ('cron', 'heartbeat')
            AND (next_fire_at IS NULL OR next_fire_at <= $1)
          ORDER BY next_fire_at NULLS FIRST LIMIT $2
          """;
  private static final String SCHEDULE =
      """
      UPDATE workflow_trigger_subscriptions SET next_fire_at = $3, last_error = $4
      WHERE id = $1 AND next_fire_at IS NOT DISTINCT FROM $2 AND enabled
      """;
  private static final String FAILED =
      """
      WITH moved AS (
        UPDATE workflow_trigger_subscriptions SET next_fire_at = $3, last_error = $4,
            failure_count = failure_count + 1, enabled = failure_count + 1 < $5,
            updated_at = now()
        WHERE id = $1 AND next_fire_at IS NOT DISTINCT FROM $2 AND enabled
        RETURNING *),
      alert AS (
        INSERT INTO organization_alerts (organization_id, kind, message, workflow_id,
            subscription_id, details)
        SELECT organization_id, 'trigger_disabled', last_error, workflow_id, id,
            json_build_object('triggerType', trigger_type, 'failureCount', failure_count)
        FROM moved WHERE NOT enabled)
      SELECT
      """
          + COLUMNS
          + " FROM moved";

  private final Database database;

  public TriggerRepository(Database database) {
    this.database = database;
  }

  /**
   * One trigger of a published workflow; fields of other types are null.
   *
   * @param nextFireAt its next slot; null before a scheduler has seen it
   */
  public record Subscription(
      String id,
      String organizationId,
      String workflowId,
      int workflowRevision,
      String requestedByUserId,
      String triggerType,
      boolean enabled,
      String cron,
      Integer intervalSec,
      Integer jitterSec,
      Integer maxSkewSec,
      Instant nextFireAt,
      Instant lastTriggeredAt,
      String lastTriggerKey,
      String lastError,
      int failureCount,
      Instant createdAt,
      Instant updatedAt) {}

  /** A subscription whose slot has come, and whether the run of its last one still goes on. */
  public record Due(Subscription subscription, boolean lastRunOpen) {}

  /** Of an organization, or of one workflow; the newest first. */
  public Future<List<Subscription>> list(String organizationId, String workflowId, int limit) {
    return database.tenant(
        organizationId,
        connection ->
            connection
                .preparedQuery(LIST)
                .execute(Tuple.of(Rows.uuid(workflowId), limit))
                .map(rows -> Rows.list(rows, TriggerRepository::subscription)));
  }

  /**
   * Switches it on or off; empty when there is no such subscription. Switching it on settles its
   * alerts.
   */
  public Future<Optional<Subscription>> enable(
      String organizationId, String id, boolean enabled, String userId) {
    return database.tenant(
        organizationId,
        connection ->
            connection
                .preparedQuery(ENABLE)
                .execute(Tuple.of(UUID.fromString(id), enabled, Rows.uuid(userId)))
                .map(rows -> Rows.first(rows, TriggerRepository::subscription)));
  }

  /** Whose webhook this token opens, of all organizations. */
  public Future<Optional<Subscription>> byWebhook(String tokenHash) {
    return database
        .worker()
        .preparedQuery(BY_WEBHOOK)
        .execute(Tuple.of(tokenHash))
        .map(rows -> Rows.first(rows, TriggerRepository::subscription));
  }

  /** Schedules whose slot has come at {@code now} or that nobody has seen, of all organizations. */
  public Future<List<Due>> due(Instant now, int limit) {
    return database
        .worker()
        .preparedQuery(DUE)
        .execute(Tuple.of(Rows.at(now), limit))
        .map(rows ->
            Rows.list(rows, row -> new Due(subscription(row), row.getBoolean("last_run_open"))));
  }

  /**
   * Moves a slot on without a run.
   *
   * @param slot the one the caller has seen, null of a subscription nobody has scheduled yet
   * @param note why nothing was started, or null
   * @return false when somebody else has moved it
   */
  public Future<Boolean> schedule(String id, Instant slot, Instant next, String note) {
    return database
        .worker()
        .preparedQuery(SCHEDULE)
        .execute(Tuple.of(UUID.fromString(id), Rows.at(slot), Rows.at(next), note))
        .map(rows -> rows.rowCount() == 1);
  }

  /**
   * A slot could not be fired; the subscription is switched off after {@code failuresMax} of them
   * in a row, with an alert to its organization. Empty when somebody else has moved it.
   */
  public Future<Optional<Subscription>> failed(
      String id, Instant slot, Instant next, String error, int failuresMax) {
    return database
        .worker()
        .preparedQuery(FAILED)
        .execute(Tuple.of(UUID.fromString(id), Rows.at(slot), Rows.at(next), error, failuresMax))
        .map(rows -> Rows.first(rows, TriggerRepository::subscription));
  }

  private static Subscription subscription(Row row) {
    return new Subscription(
        Rows.id(row, "id"),
        Rows.id(row, "organization_id"),
        Rows.id(row, "workflow_id"),
        row.getInteger("workflow_revision"),
        Rows.id(row, "requested_by_user_id"),
        row.getString("trigger_type"),
        row.getBoolean("enabled"),
        row.getString("cron_expr"),
        row.getInteger("heartbeat_interval_sec"),
        row.getInteger("heartbeat_jitter_sec"),
        row.getInteger("heartbeat_max_skew_sec"),
        Rows.time(row, "next_fire_at"),
        Rows.time(row, "last_triggered_at"),
        row.getString("last_trigger_key"),
        row.getString("last_error"),
        row.getInteger("failure_count"),
        Rows.time(row, "created_at"),
        Rows.time(row, "updated_at"));
  }
}
