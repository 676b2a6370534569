package ai.vespid.sql;

import ai.vespid.protocol.RawJson;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Which agent the sessions of a conversation are routed to (contract 4.8). */
public final class BindingRepository {
  private static final String COLUMNS =
      """
      id, organization_id, agent_id, priority, dimension, match::text AS match,
      metadata::text AS metadata, created_by_user_id, created_at, updated_at
      """;
  private static final String LIST =
      "SELECT " + COLUMNS + " FROM agent_bindings ORDER BY id LIMIT " + BindingRepository.MAX;
  private static final String CREATE =
      """
      INSERT INTO agent_bindings (organization_id, agent_id, priority, dimension, match, metadata,
          created_by_user_id)
      VALUES ($1, $2, $3, $4, $5::text::json, $6::text::json, $7) RETURNING\s\
      """
          + COLUMNS;
  private static final String CHANGE =
      """
      UPDATE agent_bindings SET agent_id = coalesce($2, agent_id),
          priority = coalesce($3, priority), dimension = coalesce($4, dimension),
          match = coalesce($5::text::json, match), metadata = coalesce($6::text::json, metadata),
          updated_at = now()
      WHERE id = $1 RETURNING\s\
      """
          + COLUMNS;
  private static final String DELETE = "DELETE FROM agent_bindings WHERE id = $1 RETURNING id";

  /** So many an organization may have. */
  public static final int MAX = 1_000;

  /** One binding. */
  public record Binding(
      String id,
      String organizationId,
      String agentId,
      int priority,
      String dimension,
      RawJson match,
      RawJson metadata,
      String createdByUserId,
      Instant createdAt,
      Instant updatedAt) {}

  /** What it is made of; null in a change means: as it is. */
  public record Fields(
      String agentId, Integer priority, String dimension, RawJson match, RawJson metadata) {}

  private final Database database;

  public BindingRepository(Database database) {
    this.database = database;
  }

  public Future<List<Binding>> list(String organizationId) {
    return run(organizationId, LIST, Tuple.tuple())
        .map(rows -> Rows.list(rows, BindingRepository::of));
  }

  public Future<Binding> create(String organizationId, Fields fields, String userId) {
    var values =
        Tuple.of(
            UUID.fromString(organizationId),
            Rows.uuid(fields.agentId()),
            fields.priority(),
            fields.dimension(),
            Rows.text(fields.match()),
            Rows.text(fields.metadata()));
    return run(organizationId, CREATE, values.addValue(Rows.uuid(userId)))
        .map(rows -> Rows.first(rows, BindingRepository::of).orElseThrow());
  }

  public Future<Optional<Binding>> change(String organizationId, String id, Fields fields) {
    var values =
        Tuple.of(
            UUID.fromString(id),
            Rows.uuid(fields.agentId()),
            fields.priority(),
            fields.dimension(),
            Rows.text(fields.match()),
            Rows.text(fields.metadata()));
    return run(organizationId, CHANGE, values).map(rows -> Rows.first(rows, BindingRepository::of));
  }

  /** Answers whether there was one. */
  public Future<Boolean> delete(String organizationId, String id) {
    return run(organizationId, DELETE, Tuple.of(UUID.fromString(id))).map(rows -> rows.size() > 0);
  }

  private Future<RowSet<Row>> run(String organizationId, String statement, Tuple values) {
    return database.tenant(
        organizationId, connection -> connection.preparedQuery(statement).execute(values));
  }

  private static Binding of(Row row) {
    return new Binding(
        Rows.id(row, "id"),
        Rows.id(row, "organization_id"),
        Rows.id(row, "agent_id"),
        row.getInteger("priority"),
        row.getString("dimension"),
        Rows.json(row, "match"),
        Rows.json(row, "metadata"),
        Rows.id(row, "created_by_user_id"),
        Rows.time(row, "created_at"),
        Rows.time(row, "updated_at"));
  }
}
