package ai.vespid.sql;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * The files of runs: which version is the newest, and the archives themselves in pieces of at most
 * {@link #PIECE_BYTES}, so that neither side ever holds a whole one.
 */
public final class WorkspaceRepository {
  public static final int PIECE_BYTES = 1024 * 1024;

  private static final String HEADS =
      """
      SELECT id, current_version, current_object_key, current_etag
      FROM execution_workspaces WHERE id = ANY($1)
      """;
  // Version 1 makes the row; every later one must follow its predecessor.
  private static final String FIRST =
      """
      INSERT INTO execution_workspaces (id, organization_id, owner_type, owner_id, current_version,
          current_object_key, current_etag)
      VALUES ($1, $2, 'workflow_run', $3, 1, $4, $5) ON CONFLICT DO NOTHING
      """;
  private static final String NEXT =
      """
      UPDATE execution_workspaces SET current_version = $2, current_object_key = $3,
          current_etag = $4, updated_at = now()
      WHERE id = $1 AND current_version = $2 - 1
      """;
  // Stored anew is new: upkeep must not take it for what an earlier attempt left.
  private static final String PUT_PIECE =
      """
      INSERT INTO workspace_objects (object_key, ordinal, organization_id, bytes)
      VALUES ($1, $2, $3, $4)
      ON CONFLICT (object_key, ordinal) DO UPDATE SET bytes = excluded.bytes, created_at = now()
      """;
  private static final String CUT =
      "DELETE FROM workspace_objects WHERE object_key = $1 AND ordinal >= $2";
  private static final String GET_PIECE =
      "SELECT bytes FROM workspace_objects WHERE object_key = $1 AND ordinal = $2";

  /** The newest version of a workspace. */
  public record Head(long version, String objectKey, String etag) {}

  private final Pool pool;

  /**
   * @param pool connections with the gateway's cross-tenant role
   */
  public WorkspaceRepository(Pool pool) {
    this.pool = pool;
  }

  /** The heads of those workspaces that exist. */
  public Future<Map<String, Head>> heads(List<String> workspaceIds) {
    var ids = workspaceIds.stream().map(UUID::fromString).toArray(UUID[]::new);
    return pool.preparedQuery(HEADS)
        .execute(Tuple.of((Object) ids))
        .map(rows -> {
          var heads = new HashMap<String, Head>();
          for (Row row : rows) {
            heads.put(
                row.getUUID("id").toString(),
                new Head(
                    row.getLong("current_version"),
                    row.getString("current_object_key"),
                    row.getString("current_etag")));
          }
          return heads;
        });
  }

  /** Makes {@code next} the newest version; false when another one got there first. */
  public Future<Boolean> commit(
      String workspaceId, String organizationId, String runId, Head next) {
    var id = UUID.fromString(workspaceId);
    var written =
        next.version() == 1
            ? pool.preparedQuery(FIRST)
                .execute(
                    Tuple.of(
                        id,
                        UUID.fromString(organizationId),
                        UUID.fromString(runId),
                        next.objectKey(),
                        next.etag()))
            : pool.preparedQuery(NEXT)
                .execute(Tuple.of(id, next.version(), next.objectKey(), next.etag()));
    return written.map(rows -> rows.rowCount() == 1);
  }

  public Future<Void> putPiece(String objectKey, int ordinal, String organizationId, Buffer bytes) {
    return pool.preparedQuery(PUT_PIECE)
        .execute(Tuple.of(objectKey, ordinal, UUID.fromString(organizationId), bytes))
        .mapEmpty();
  }

  /** Forgets the pieces from {@code ordinal} on: the end of an upload, or all of a failed one. */
  public Future<Void> cut(String objectKey, int ordinal) {
    return pool.preparedQuery(CUT).execute(Tuple.of(objectKey, ordinal)).mapEmpty();
  }

  public Future<Optional<Buffer>> piece(String objectKey, int ordinal) {
    return pool.preparedQuery(GET_PIECE)
        .execute(Tuple.of(objectKey, ordinal))
        .map(rows ->
            rows.size() == 0 ? Optional.empty() : Optional.of(rows.iterator().next().getBuffer(0)));
  }
}
