package ai.vespid.sql;

import ai.vespid.protocol.RawJson;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * Starts of runs, whoever asks for one. A run and its first event are one transaction; the runner
 * is told afterwards, and finds it anyway.
 */
public final class RunStartRepository {
  private static final String WORKFLOW =
      """
      SELECT w.status, o.settings FROM workflows w JOIN organizations o ON o.id = w.organization_id
      WHERE w.id = $1
      """;
  private static final String SAME_KEY =
      "SELECT id FROM workflow_runs WHERE workflow_id = $1 AND trigger_key = $2";
  // Its row's lock puts the starts of one organization and month in a line, so that the counts
  // below are exact.
  private static final String COUNT =
      """
      INSERT INTO organization_run_usage_monthly AS u (organization_id, usage_month, run_count)
      VALUES ($1, to_char(now() AT TIME ZONE 'utc', 'YYYY-MM'), 1)
      ON CONFLICT (organization_id, usage_month) DO UPDATE SET run_count = u.run_count + 1
      RETURNING run_count
      """;
  private static final String IN_FLIGHT =
      """
      SELECT count(*)::int AS in_flight FROM (
          SELECT FROM workflow_runs WHERE status IN ('queued', 'running') LIMIT $1) AS open
      """;
  private static final String INSERT =
      """
      WITH run AS (
        INSERT INTO workflow_runs (organization_id, workflow_id, trigger_type, trigger_key,
            trigger_source, requested_by_user_id, input, event_seq)
        VALUES ($1, $2, $3, $4, $5, $6, $7::text::json, 1)
        ON CONFLICT (organization_id, workflow_id, trigger_key) DO NOTHING
        RETURNING *),
      event AS (
        INSERT INTO workflow_run_events (run_id, seq, organization_id, workflow_id, attempt_count,
            event_type, level)
        SELECT id, 1, organization_id, workflow_id, 0, 'run_queued', 'info' FROM run)
      SELECT
      """
          + Run.COLUMNS
          + " FROM run";
  // A slot is one transaction's for as long as that lasts. Who comes meanwhile does not wait for it
  // and finds the slot taken.
  private static final String TAKE_SLOT =
      """
      UPDATE workflow_trigger_subscriptions SET next_fire_at = $3, last_triggered_at = now(),
          last_trigger_key = $4, last_error = NULL, failure_count = 0, updated_at = now()
      WHERE id = $1 AND next_fire_at = $2 AND enabled
        AND pg_try_advisory_xact_lock(hashtextextended('trigger:' || $1::uuid::text, 0))
      """;

  private final Database database;
  private final RunQuota quota;

  /**
   * @param quota of organizations whose settings say nothing else
   */
  public RunStartRepository(Database database, RunQuota quota) {
    this.database = database;
    this.quota = quota;
  }

  /**
   * A run that is asked for.
   *
   * @param triggerKey a second start of this workflow with the same key is none; null for people
   * @param input JSON, or null
   */
  public record Start(
      String organizationId,
      String workflowId,
      String triggerType,
      String triggerKey,
      String triggerSource,
      String requestedByUserId,
      RawJson input) {}

  /** One slot of a schedule: fired by whoever moves {@code slot} on to {@code next}. */
  public record Slot(String subscriptionId, Instant slot, Instant next) {}

  /** What became of a start. */
  public sealed interface Outcome {
    record Started(Run run) implements Outcome {}

    /** This key has started a run before. */
    record Duplicate(String runId) implements Outcome {}

    record Unknown() implements Outcome {}

    record NotPublished() implements Outcome {}

    /** All runs of the month are used up. */
    record OverQuota(int perMonth) implements Outcome {}

    record OverInFlight(int inFlight) implements Outcome {}

    /** The slot was fired by somebody else, or its trigger is off. */
    record SlotTaken() implements Outcome {}
  }

  /** Takes the transaction back and tells why. */
  private static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient Outcome outcome;

    Refused(Outcome outcome) {
      super(null, null, false, false);
      this.outcome = outcome;
    }
  }

  /** Starts a run, or says why not; then nothing has changed. */
  public Future<Outcome> start(Start start) {
    return settled(
        database.tenant(start.organizationId(), connection -> started(connection, start)));
  }

  /** Fires a slot: moves its trigger on and starts the run, both or neither. */
  public Future<Outcome> fire(Slot slot, Start start) {
    var values =
        Tuple.of(
            UUID.fromString(slot.subscriptionId()),
            Rows.at(slot.slot()),
            Rows.at(slot.next()),
            start.triggerKey());
    return settled(
        database.tenant(
            start.organizationId(),
            connection ->
                connection
                    .preparedQuery(TAKE_SLOT)
                    .execute(values)
                    .compose(taken ->
                        taken.rowCount() == 1
                            ? started(connection, start)
                            : refused(new Outcome.SlotTaken()))));
  }

  private static Future<Outcome> settled(Future<Outcome> transaction) {
    return transaction.recover(cause ->
        cause instanceof Refused refused
            ? Future.succeededFuture(refused.outcome)
            : Future.failedFuture(cause));
  }

  private static <T> Future<T> refused(Outcome outcome) {
    return Future.failedFuture(new Refused(outcome));
  }

  private Future<Outcome> started(SqlConnection connection, Start start) {
    var workflow = UUID.fromString(start.workflowId());
    return connection
        .preparedQuery(WORKFLOW)
        .execute(Tuple.of(workflow))
        .map(rows -> Rows.first(rows, row -> row))
        .compose(found -> allowed(found))
        .compose(limits ->
            connection
                .preparedQuery(SAME_KEY)
                .execute(Tuple.of(workflow, start.triggerKey()))
                .compose(same ->
                    same.size() > 0
                        ? refused(duplicate(same.iterator().next()))
                        : counted(connection, start, limits)))
        .compose(_ -> inserted(connection, start));
  }

  private Future<RunQuota> allowed(Optional<Row> workflow) {
    if (workflow.isEmpty()) return refused(new Outcome.Unknown());
    if (!"published".equals(workflow.get().getString("status"))) {
      return refused(new Outcome.NotPublished());
    }
    var settings = workflow.get().getJsonObject("settings");
    return Future.succeededFuture(
        RunQuota.of(settings == null ? new JsonObject() : settings, quota));
  }

  private static Outcome duplicate(Row row) {
    return new Outcome.Duplicate(Rows.id(row, "id"));
  }

  private static Future<Void> counted(SqlConnection connection, Start start, RunQuota limits) {
    return connection
        .preparedQuery(COUNT)
        .execute(Tuple.of(UUID.fromString(start.organizationId())))
        .compose(rows -> {
          int used = rows.iterator().next().getInteger("run_count");
          return used > limits.perMonth()
              ? refused(new Outcome.OverQuota(limits.perMonth()))
              : connection.preparedQuery(IN_FLIGHT).execute(Tuple.of(limits.inFlight()));
        })
        .compose(rows -> {
          int open = rows.iterator().next().getInteger("in_flight");
          return open >= limits.inFlight()
              ? refused(new Outcome.OverInFlight(limits.inFlight()))
              : Future.succeededFuture();
        });
  }

  private static Future<Outcome> inserted(SqlConnection connection, Start start) {
    var values =
        Tuple.of(
            UUID.fromString(start.organizationId()),
            UUID.fromString(start.workflowId()),
            start.triggerType(),
            start.triggerKey(),
            start.triggerSource(),
            Rows.uuid(start.requestedByUserId()));
    return connection
        .preparedQuery(INSERT)
        .execute(values.addValue(Rows.text(start.input())))
        .compose(rows -> {
          var run = Rows.first(rows, Run::of);
          if (run.isPresent()) return Future.succeededFuture(new Outcome.Started(run.get()));
          // Somebody was faster with the same key since we looked.
          return connection
              .preparedQuery(SAME_KEY)
              .execute(Tuple.of(UUID.fromString(start.workflowId()), start.triggerKey()))
              .compose(same -> refused(duplicate(same.iterator().next())));
        });
  }
}
