package ai.vespid.sql;

import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Tuple;
import java.util.List;
import java.util.UUID;

/** The managed pool: executors of ours that belong to no organization. */
public final class ManagedExecutorRepository {
  /** An executor to be issued; the id is the one that stands in its token (defect E2). */
  public record NewExecutor(
      String id,
      String name,
      String tokenHash,
      int maxInFlight,
      List<String> labels,
      JsonObject capabilities,
      String runtimeClass,
      String region) {
    @Override
    public String toString() {
      return "NewExecutor[" + id + "]";
    }
  }

  private static final String INSERT =
      """
      insert into managed_executors
        (id, name, token_hash, max_in_flight, labels, capabilities, runtime_class, region)
      values ($1, $2, $3, $4, $5, $6, $7, $8)
      """;
  private static final String REVOKE =
      """
      update managed_executors set revoked_at = coalesce(revoked_at, now()) where id = $1
      returning id
      """;

  private final Database database;

  public ManagedExecutorRepository(Database database) {
    this.database = database;
  }

  public Future<Void> issue(NewExecutor executor) {
    return database
        .identity()
        .preparedQuery(INSERT)
        .execute(
            Tuple.from(
                new Object[] {
                  UUID.fromString(executor.id()),
                  executor.name(),
                  executor.tokenHash(),
                  executor.maxInFlight(),
                  executor.labels().toArray(String[]::new),
                  executor.capabilities(),
                  executor.runtimeClass(),
                  executor.region()
                }))
        .mapEmpty();
  }

  /** False when there is no such executor. */
  public Future<Boolean> revoke(String executorId) {
    return database
        .identity()
        .preparedQuery(REVOKE)
        .execute(Tuple.of(UUID.fromString(executorId)))
        .map(rows -> rows.size() == 1);
  }
}
