package ai.vespid.sql;

import io.vertx.core.Future;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Tuple;
import java.util.List;

/**
 * Dispatches of runs that were ended while these were under way, until the gateway has heard that
 * nobody wants them any more. They are written with the step that ends their node ({@link
 * RunRepository#advance}), so that none is forgotten whoever dies.
 */
public final class UnwantedDispatchRepository {
  private static final String ALL =
      """
      SELECT request_id, organization_id FROM workflow_unwanted_dispatches
      ORDER BY created_at, request_id LIMIT $1
      """;
  private static final String TOLD =
      "DELETE FROM workflow_unwanted_dispatches WHERE request_id = $1";

  private final Pool pool;

  /**
   * @param pool connections with the worker's cross-tenant role
   */
  public UnwantedDispatchRepository(Pool pool) {
    this.pool = pool;
  }

  /** One of them, and whose it is. */
  public record Unwanted(String requestId, String organizationId) {}

  /** Those the gateway has not heard of, of all organizations, the oldest first. */
  public Future<List<Unwanted>> all(int limit) {
    return pool.preparedQuery(ALL)
        .execute(Tuple.of(limit))
        .map(rows ->
            Rows.list(
                rows,
                row -> new Unwanted(row.getString("request_id"), Rows.id(row, "organization_id"))));
  }

  /** The gateway has heard of it. */
  public Future<Void> told(String requestId) {
    return pool.preparedQuery(TOLD).execute(Tuple.of(requestId)).mapEmpty();
  }
}
