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

/**
 * What an organization allows its workflows' nodes to do (contract 5.6), for people who manage it.
 * Runners are given the enabled rules with each claim of a run ({@link RunRepository}).
 */
public final class PolicyRuleRepository {
  private static final String COLUMNS =
      """
      id, organization_id, name, enabled, priority, effect, scope::text AS scope,
      created_by_user_id, updated_by_user_id, created_at, updated_at
      """;
  private static final String LIST =
      "SELECT "
          + COLUMNS
          + " FROM organization_policy_rules ORDER BY priority, created_at, id LIMIT "
          + PolicyRuleRepository.MAX;
  private static final String CREATE =
      """
      INSERT INTO organization_policy_rules (organization_id, name, enabled, priority, effect,
          scope, created_by_user_id, updated_by_user_id)
      VALUES ($1, $2, $3, $4, $5, $6::text::jsonb, $7, $7)
      RETURNING
      """
          + COLUMNS;
  private static final String CHANGE =
      """
      UPDATE organization_policy_rules SET name = coalesce($2, name),
          enabled = coalesce($3, enabled), priority = coalesce($4, priority),
          effect = coalesce($5, effect), scope = coalesce($6::text::jsonb, scope),
          updated_by_user_id = $7, updated_at = now()
      WHERE id = $1
      RETURNING
      """
          + COLUMNS;
  private static final String DELETE =
      "DELETE FROM organization_policy_rules WHERE id = $1 RETURNING id";

  /** So many an organization may have: each claim of a run reads them. */
  public static final int MAX = 200;

  /** One rule. */
  public record PolicyRule(
      String id,
      String organizationId,
      String name,
      boolean enabled,
      int priority,
      String effect,
      RawJson scope,
      String createdByUserId,
      String updatedByUserId,
      Instant createdAt,
      Instant updatedAt) {}

  /** What it is made of; null in a change means: as it is. */
  public record Fields(
      String name, Boolean enabled, Integer priority, String effect, RawJson scope) {}

  private final Database database;

  public PolicyRuleRepository(Database database) {
    this.database = database;
  }

  /** In the order in which they are tried. */
  public Future<List<PolicyRule>> list(String organizationId) {
    return run(organizationId, LIST, Tuple.tuple())
        .map(rows -> Rows.list(rows, PolicyRuleRepository::of));
  }

  public Future<PolicyRule> create(String organizationId, Fields fields, String userId) {
    return run(organizationId, CREATE, values(organizationId, fields, userId))
        .map(rows -> Rows.first(rows, PolicyRuleRepository::of).orElseThrow());
  }

  /** Empty when there is no such rule. */
  public Future<Optional<PolicyRule>> change(
      String organizationId, String id, Fields fields, String userId) {
    return run(organizationId, CHANGE, values(id, fields, userId))
        .map(rows -> Rows.first(rows, PolicyRuleRepository::of));
  }

  private static Tuple values(String id, Fields fields, String userId) {
    return Tuple.of(
            UUID.fromString(id),
            fields.name(),
            fields.enabled(),
            fields.priority(),
            fields.effect(),
            Rows.text(fields.scope()))
        .addValue(Rows.uuid(userId));
  }

  /** Answers whether there was one. */
  public Future<Boolean> delete(String organizationId, String id) {
    return run(organizationId, DELETE, Tuple.of(UUID.fromString(id))).map(rows -> rows.size() > 0);
  }

  private Future<RowSet<Row>> run(String organizationId, String statement, Tuple values) {
    return database.tenant(
        organizationId, connection -> connection.preparedQuery(statement).execute(values));
  }

  private static PolicyRule of(Row row) {
    return new PolicyRule(
        Rows.id(row, "id"),
        Rows.id(row, "organization_id"),
        row.getString("name"),
        row.getBoolean("enabled"),
        row.getInteger("priority"),
        row.getString("effect"),
        Rows.json(row, "scope"),
        Rows.id(row, "created_by_user_id"),
        Rows.id(row, "updated_by_user_id"),
        Rows.time(row, "created_at"),
        Rows.time(row, "updated_at"));
  }
}
