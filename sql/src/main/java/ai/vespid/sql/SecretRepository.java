package ai.vespid.sql;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Secrets that connectors use, sealed. An organization stores and replaces them and never reads one
 * back; only workers may read what is sealed, and only for one request.
 */
public final class SecretRepository {
  /** The constraint that a second secret of the same name breaks. */
  public static final String NAME_TAKEN = "connector_secrets_organization_id_connector_id_name_key";

  private static final String COLUMNS =
      """
      id, organization_id, connector_id, name, created_by_user_id, updated_by_user_id, created_at,
      updated_at
      """;
  private static final String LIST =
      "SELECT "
          + COLUMNS
          + """
          FROM connector_secrets WHERE $1::text IS NULL OR connector_id = $1
          ORDER BY connector_id, name LIMIT 1000
          """;
  private static final String INSERT =
      """
      INSERT INTO connector_secrets (organization_id, connector_id, name, kek_id, wrapped_dek,
          ciphertext, created_by_user_id, updated_by_user_id)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
      RETURNING
      """
          + COLUMNS;
  private static final String REPLACE =
      """
      UPDATE connector_secrets SET kek_id = $2, wrapped_dek = $3, ciphertext = $4,
          updated_by_user_id = $5, updated_at = now()
      WHERE id = $1
      RETURNING
      """
          + COLUMNS;
  private static final String DELETE = "DELETE FROM connector_secrets WHERE id = $1";
  private static final String SEALED =
      """
      SELECT id, connector_id, kek_id, wrapped_dek, ciphertext FROM connector_secrets
      WHERE id = $1 AND organization_id = $2
      """;
  private static final String ENGINE_DEFAULTS =
      """
      SELECT
          CASE WHEN settings #>> ARRAY['agents', 'engineAuthDefaults', $2, 'mode'] = 'api_key'
              THEN settings #>> ARRAY['agents', 'engineAuthDefaults', $2, 'secretId'] END
              AS secret_id,
          settings #>> ARRAY['agents', 'engineRuntimeDefaults', $2, 'baseUrl'] AS base_url
      FROM organizations WHERE id = $1
      """;
  private static final String UNDER_OTHERS =
      """
      SELECT id, kek_id, wrapped_dek FROM connector_secrets
      WHERE kek_id <> $1 AND id > $2 ORDER BY id LIMIT $3
      """;
  private static final String REWRAP =
      """
      UPDATE connector_secrets SET kek_id = $3, wrapped_dek = $4
      WHERE id = $1 AND wrapped_dek = $2
      """;

  private final Database database;

  public SecretRepository(Database database) {
    this.database = database;
  }

  /** A secret without what is secret about it. */
  public record Secret(
      String id,
      String organizationId,
      String connectorId,
      String name,
      String createdByUserId,
      String updatedByUserId,
      Instant createdAt,
      Instant updatedAt) {}

  /** A sealed value: under its own key, which is wrapped under the key that {@code kekId} names. */
  public record Sealed(String kekId, Buffer wrappedDek, Buffer ciphertext) {
    @Override
    public String toString() {
      return "Sealed[kekId=" + kekId + "]";
    }
  }

  /** A sealed value and whose it is, for a worker. */
  public record Stored(String id, String connectorId, Sealed sealed) {}

  /** A wrapped data key, for those who wrap it anew. */
  public record Wrapped(String id, String kekId, Buffer wrappedDek) {
    @Override
    public String toString() {
      return "Wrapped[" + id + ", kekId=" + kekId + "]";
    }
  }

  /** All of an organization, or those of one connector. */
  public Future<List<Secret>> list(String organizationId, String connectorId) {
    return database.tenant(
        organizationId,
        connection ->
            connection
                .preparedQuery(LIST)
                .execute(Tuple.of(connectorId))
                .map(rows -> Rows.list(rows, SecretRepository::secret)));
  }

  /** Fails with a duplicate of {@link #NAME_TAKEN} when the connector has one of this name. */
  public Future<Secret> create(
      String organizationId, String connectorId, String name, Sealed sealed, String userId) {
    var values =
        Tuple.of(
            UUID.fromString(organizationId),
            connectorId,
            name,
            sealed.kekId(),
            sealed.wrappedDek(),
            sealed.ciphertext());
    return database.tenant(
        organizationId,
        connection ->
            connection
                .preparedQuery(INSERT)
                .execute(values.addValue(UUID.fromString(userId)))
                .map(rows -> Rows.first(rows, SecretRepository::secret).orElseThrow()));
  }

  /** Puts another value in its place; empty when there is no such secret. */
  public Future<Optional<Secret>> replace(
      String organizationId, String id, Sealed sealed, String userId) {
    var values =
        Tuple.of(
            UUID.fromString(id),
            sealed.kekId(),
            sealed.wrappedDek(),
            sealed.ciphertext(),
            UUID.fromString(userId));
    return database.tenant(
        organizationId,
        connection ->
            connection
                .preparedQuery(REPLACE)
                .execute(values)
                .map(rows -> Rows.first(rows, SecretRepository::secret)));
  }

  /** False when there is no such secret. */
  public Future<Boolean> delete(String organizationId, String id) {
    return database.tenant(
        organizationId,
        connection ->
            connection
                .preparedQuery(DELETE)
                .execute(Tuple.of(UUID.fromString(id)))
                .map(rows -> rows.rowCount() == 1));
  }

  /** What a run of this organization may use, for workers. */
  public Future<Optional<Stored>> sealed(String organizationId, String id) {
    return database
        .worker()
        .preparedQuery(SEALED)
        .execute(Tuple.of(UUID.fromString(id), UUID.fromString(organizationId)))
        .map(rows -> Rows.first(rows, SecretRepository::stored));
  }

  /**
   * What an organization's settings say about an engine.
   *
   * @param secretId its key when a node names none, or null
   * @param baseUrl where it finds its provider with a key of the organization, or null
   */
  public record EngineDefaults(String secretId, String baseUrl) {}

  /** For workers. */
  public Future<EngineDefaults> engineDefaults(String organizationId, String engineId) {
    return database
        .worker()
        .preparedQuery(ENGINE_DEFAULTS)
        .execute(Tuple.of(UUID.fromString(organizationId), engineId))
        .map(rows ->
            Rows.first(
                    rows,
                    row ->
                        new EngineDefaults(row.getString("secret_id"), row.getString("base_url")))
                .orElse(new EngineDefaults(null, null)));
  }

  private static Stored stored(Row row) {
    return new Stored(
        Rows.id(row, "id"),
        row.getString("connector_id"),
        new Sealed(
            row.getString("kek_id"), row.getBuffer("wrapped_dek"), row.getBuffer("ciphertext")));
  }

  /** Data keys that are not under {@code kekId}, of all organizations, after this id. */
  public Future<List<Wrapped>> underOthers(String kekId, String afterId, int limit) {
    return database
        .worker()
        .preparedQuery(UNDER_OTHERS)
        .execute(Tuple.of(kekId, UUID.fromString(afterId), limit))
        .map(rows ->
            Rows.list(
                rows,
                row ->
                    new Wrapped(
                        Rows.id(row, "id"),
                        row.getString("kek_id"),
                        row.getBuffer("wrapped_dek"))));
  }

  /**
   * Puts the same data key, wrapped anew, in the place of the old wrapping; false when the secret
   * was replaced or deleted meanwhile.
   */
  public Future<Boolean> rewrap(Wrapped old, Wrapped anew) {
    return database
        .worker()
        .preparedQuery(REWRAP)
        .execute(
            Tuple.of(UUID.fromString(old.id()), old.wrappedDek(), anew.kekId(), anew.wrappedDek()))
        .map(rows -> rows.rowCount() == 1);
  }

  private static Secret secret(Row row) {
    return new Secret(
        Rows.id(row, "id"),
        Rows.id(row, "organization_id"),
        row.getString("connector_id"),
        row.getString("name"),
        Rows.id(row, "created_by_user_id"),
        Rows.id(row, "updated_by_user_id"),
        Rows.time(row, "created_at"),
        Rows.time(row, "updated_at"));
  }
}
