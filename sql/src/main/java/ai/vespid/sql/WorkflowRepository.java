package ai.vespid.sql;

import ai.vespid.protocol.RawJson;
import io.vertx.core.Future;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Workflows of one organization: families of revisions, each a draft or published. */
public final class WorkflowRepository {
  private static final String CREATE =
      """
      WITH new AS (SELECT gen_random_uuid() AS id)
      INSERT INTO workflows (id, organization_id, family_id, revision, name, dsl,
          created_by_user_id)
      SELECT id, $1, id, 1, $2, $3::text::json, $4 FROM new
      RETURNING
      """
          + Workflow.COLUMNS;
  private static final String GET = "SELECT " + Workflow.COLUMNS + " FROM workflows WHERE id = $1";
  private static final String LIST =
      "SELECT "
          + Workflow.COLUMNS
          + """
          FROM workflows WHERE $1::timestamptz IS NULL OR (created_at, id) < ($1, $2::uuid)
          ORDER BY created_at DESC, id DESC LIMIT $3
          """;
  private static final String REVISIONS =
      "SELECT "
          + Workflow.COLUMNS
          + """
          FROM workflows WHERE family_id = (SELECT family_id FROM workflows WHERE id = $1)
          ORDER BY revision DESC LIMIT $2
          """;
  private static final String UPDATE =
      """
      UPDATE workflows SET name = coalesce($2, name), dsl = coalesce($3::text::json, dsl),
          editor_state = coalesce($4::text::json, editor_state), updated_at = now()
      WHERE id = $1 AND status = 'draft'
      RETURNING
      """
          + Workflow.COLUMNS;
  private static final String PUBLISH =
      """
      UPDATE workflows SET status = 'published', version = version + 1, published_at = now(),
          updated_at = now()
      WHERE id = $1 AND status = 'draft'
      RETURNING
      """
          + Workflow.COLUMNS;
  private static final String UNSUBSCRIBE =
      """
      DELETE FROM workflow_trigger_subscriptions
      WHERE family_id = (SELECT family_id FROM workflows WHERE id = $1)
      """;
  private static final String SUBSCRIBE =
      """
      INSERT INTO workflow_trigger_subscriptions (organization_id, workflow_id, family_id,
          workflow_revision, requested_by_user_id, trigger_type, cron_expr, heartbeat_interval_sec,
          heartbeat_jitter_sec, heartbeat_max_skew_sec, webhook_token_hash)
      SELECT organization_id, id, family_id, revision, $2, $3, $4, $5, $6, $7, $8
      FROM workflows WHERE id = $1
      """;
  private static final String WEBHOOK_TAKEN =
      "workflow_trigger_subscriptions_webhook_token_hash_key";
  private static final String DRAFT =
      """
      INSERT INTO workflows (organization_id, family_id, revision, source_workflow_id, name, dsl,
          editor_state, created_by_user_id)
      SELECT s.organization_id, s.family_id,
          (SELECT max(revision) + 1 FROM workflows f WHERE f.family_id = s.family_id),
          s.id, s.name, s.dsl, s.editor_state, $2
      FROM workflows s WHERE s.id = $1
      RETURNING
      """
          + Workflow.COLUMNS;
  private static final List<String> DRAFT_TAKEN =
      List.of("workflows_one_draft", "workflows_organization_id_family_id_revision_key");

  private final Database database;

  public WorkflowRepository(Database database) {
    this.database = database;
  }

  /** What became of a change. */
  public sealed interface Outcome {
    record Changed(Workflow workflow) implements Outcome {}

    record Unknown() implements Outcome {}

    /** It is published, its family has a draft already, or another one has its webhook token. */
    record Conflict(String reason) implements Outcome {}
  }

  /**
   * What starts runs of a published workflow besides people; fields of other types are null.
   *
   * @param webhookTokenHash the token itself is never stored here
   */
  public record NewTrigger(
      String type,
      String cron,
      Integer intervalSec,
      Integer jitterSec,
      Integer maxSkewSec,
      String webhookTokenHash) {
    @Override
    public String toString() {
      return "NewTrigger[" + type + "]";
    }
  }

  /** A new family with its first revision, a draft. */
  public Future<Workflow> create(String organizationId, String name, RawJson dsl, String userId) {
    var values =
        Tuple.of(UUID.fromString(organizationId), name, Rows.text(dsl), UUID.fromString(userId));
    return database.tenant(
        organizationId,
        connection ->
            connection
                .preparedQuery(CREATE)
                .execute(values)
                .map(rows -> Rows.first(rows, Workflow::of).orElseThrow()));
  }

  public Future<Optional<Workflow>> find(String organizationId, String id) {
    return database.tenant(organizationId, connection -> find(connection, id));
  }

  private static Future<Optional<Workflow>> find(SqlConnection connection, String id) {
    return connection
        .preparedQuery(GET)
        .execute(Tuple.of(UUID.fromString(id)))
        .map(rows -> Rows.first(rows, Workflow::of));
  }

  /** All revisions of all families, the newest first. */
  public Future<List<Workflow>> list(String organizationId, Page page) {
    return list(
        organizationId, LIST, Tuple.of(Rows.at(page.at()), Rows.uuid(page.id()), page.limit()));
  }

  /** The family of a workflow, newest revision first; empty when there is no such workflow. */
  public Future<List<Workflow>> revisions(String organizationId, String id, int limit) {
    return list(organizationId, REVISIONS, Tuple.of(UUID.fromString(id), limit));
  }

  private Future<List<Workflow>> list(String organizationId, String statement, Tuple values) {
    return database.tenant(
        organizationId,
        connection ->
            connection
                .preparedQuery(statement)
                .execute(values)
                .map(rows -> Rows.list(rows, Workflow::of)));
  }

  /** Changes a draft; what is null stays. */
  public Future<Outcome> update(
      String organizationId, String id, String name, RawJson dsl, RawJson editorState) {
    var values = Tuple.of(UUID.fromString(id), name, Rows.text(dsl), Rows.text(editorState));
    return database.tenant(
        organizationId,
        connection ->
            connection
                .preparedQuery(UPDATE)
                .execute(values)
                .map(rows -> Rows.first(rows, Workflow::of))
                .compose(changed -> outcome(connection, id, changed)));
  }

  private static Future<Outcome> outcome(
      SqlConnection connection, String id, Optional<Workflow> changed) {
    if (changed.isPresent()) {
      return Future.succeededFuture(new Outcome.Changed(changed.get()));
    }
    return find(connection, id)
        .map(existing ->
            existing.isEmpty()
                ? new Outcome.Unknown()
                : new Outcome.Conflict("the workflow is published; make a draft of it"));
  }

  /**
   * Publishes a draft; its triggers take the place of those of the family's other revisions.
   *
   * @param trigger null when only people start it
   */
  public Future<Outcome> publish(
      String organizationId, String id, String userId, NewTrigger trigger) {
    return database
        .tenant(
            organizationId,
            connection ->
                connection
                    .preparedQuery(PUBLISH)
                    .execute(Tuple.of(UUID.fromString(id)))
                    .map(rows -> Rows.first(rows, Workflow::of))
                    .compose(published ->
                        published.isEmpty()
                            ? outcome(connection, id, published)
                            : subscribe(connection, id, userId, trigger)
                                .compose(_ -> outcome(connection, id, published))))
        .recover(cause ->
            conflict(
                DatabaseFailures.duplicate(cause, WEBHOOK_TAKEN),
                "the webhook token is another workflow's",
                cause));
  }

  private static Future<?> subscribe(
      SqlConnection connection, String id, String userId, NewTrigger trigger) {
    var replaced = connection.preparedQuery(UNSUBSCRIBE).execute(Tuple.of(UUID.fromString(id)));
    if (trigger == null) return replaced;
    var values =
        Tuple.of(
            UUID.fromString(id),
            UUID.fromString(userId),
            trigger.type(),
            trigger.cron(),
            trigger.intervalSec(),
            trigger.jitterSec());
    values.addValue(trigger.maxSkewSec()).addValue(trigger.webhookTokenHash());
    var inserted = connection.preparedQuery(SUBSCRIBE).execute(values);
    return replaced.compose(_ -> inserted);
  }

  /** The next revision of the workflow's family, a draft like it. */
  public Future<Outcome> draft(String organizationId, String id, String userId) {
    return database
        .tenant(
            organizationId,
            connection ->
                connection
                    .preparedQuery(DRAFT)
                    .execute(Tuple.of(UUID.fromString(id), UUID.fromString(userId)))
                    .map(rows -> Rows.first(rows, Workflow::of))
                    .compose(draft -> outcome(connection, id, draft)))
        .recover(cause ->
            conflict(
                DRAFT_TAKEN.stream().anyMatch(name -> DatabaseFailures.duplicate(cause, name)),
                "the family has a draft already",
                cause));
  }

  private static Future<Outcome> conflict(boolean known, String reason, Throwable cause) {
    return known
        ? Future.succeededFuture(new Outcome.Conflict(reason))
        : Future.failedFuture(cause);
  }
}
