package ai.vespid.sql;

import ai.vespid.protocol.RawJson;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * What an organization has to be told because nothing goes on without a person. Written together
 * with what it is about, such as {@link TriggerRepository#failed}; open until somebody acknowledges
 * it or the matter is settled.
 */
public final class AlertRepository {
  private static final String COLUMNS =
      """
      id, organization_id, kind, message, workflow_id, subscription_id, details::text AS details,
      created_at, acknowledged_at, acknowledged_by_user_id
      """;
  private static final String LIST =
      "SELECT "
          + COLUMNS
          + """
          FROM organization_alerts
          WHERE ($1::boolean IS NULL OR (acknowledged_at IS NULL) = $1)
            AND ($2::timestamptz IS NULL OR (created_at, id) < ($2, $3::uuid))
          ORDER BY created_at DESC, id DESC LIMIT $4
          """;
  private static final String ACKNOWLEDGE =
      """
      UPDATE organization_alerts SET acknowledged_at = coalesce(acknowledged_at, now()),
          acknowledged_by_user_id =
              CASE WHEN acknowledged_at IS NULL THEN $2 ELSE acknowledged_by_user_id END
      WHERE id = $1
      RETURNING
      """
          + COLUMNS;

  private final Database database;

  public AlertRepository(Database database) {
    this.database = database;
  }

  /**
   * One alert.
   *
   * @param kind such as {@code trigger_disabled}
   * @param message why, as a code
   * @param details more about it, or null
   */
  public record Alert(
      String id,
      String organizationId,
      String kind,
      String message,
      String workflowId,
      String subscriptionId,
      RawJson details,
      Instant createdAt,
      Instant acknowledgedAt,
      String acknowledgedByUserId) {}

  /**
   * The newest first.
   *
   * @param open only those that are, or only the others; null for all
   */
  public Future<List<Alert>> list(String organizationId, Boolean open, Page page) {
    var values = Tuple.of(open, Rows.at(page.at()), Rows.uuid(page.id()), page.limit());
    return database.tenant(
        organizationId,
        connection ->
            connection
                .preparedQuery(LIST)
                .execute(values)
                .map(rows -> Rows.list(rows, AlertRepository::of)));
  }

  /** Somebody has seen it; who was first counts. Empty when there is no such alert. */
  public Future<Optional<Alert>> acknowledge(String organizationId, String id, String userId) {
    return database.tenant(
        organizationId,
        connection ->
            connection
                .preparedQuery(ACKNOWLEDGE)
                .execute(Tuple.of(UUID.fromString(id), Rows.uuid(userId)))
                .map(rows -> Rows.first(rows, AlertRepository::of)));
  }

  private static Alert of(Row row) {
    return new Alert(
        Rows.id(row, "id"),
        Rows.id(row, "organization_id"),
        row.getString("kind"),
        row.getString("message"),
        Rows.id(row, "workflow_id"),
        Rows.id(row, "subscription_id"),
        Rows.json(row, "details"),
        Rows.time(row, "created_at"),
        Rows.time(row, "acknowledged_at"),
        Rows.id(row, "acknowledged_by_user_id"));
  }
}
