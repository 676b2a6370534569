package ai.vespid.sql;

import ai.vespid.protocol.RawJson;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Wishes that what people edited be taken over into what is remembered (contract 4.8). */
public final class MemoryJobRepository {
  /** So many of an organization may be open; one more is refused. */
  public static final int OPEN_MAX = 20;

  private static final int KEPT_DAYS = 7;
  private static final String COLUMNS =
      """
      id, organization_id, session_id, session_key, provider, reason, status,
      details::text AS details, error, created_by_user_id, created_at, updated_at, finished_at,
      epoch
      """;
  private static final String CREATE =
      """
      WITH gone AS (
        DELETE FROM agent_memory_sync_jobs
        WHERE organization_id = $1 AND finished_at < now() - $8 * interval '1 day')
      INSERT INTO agent_memory_sync_jobs (organization_id, session_id, session_key, provider,
          reason, created_by_user_id)
      SELECT $1::uuid, $2::uuid, $3::text, $4::text, $5::text, $6::uuid
      WHERE (SELECT count(*) FROM agent_memory_sync_jobs
          WHERE organization_id = $1 AND status IN ('queued', 'running')) < $7
      RETURNING\s\
      """
          + COLUMNS;
  private static final String FIND =
      "SELECT "
          + COLUMNS
          + " FROM agent_memory_sync_jobs"
          + " WHERE id = $1 AND ($2::uuid IS NULL OR created_by_user_id = $2)";
  private static final String CLAIM =
      """
      WITH due AS (
        SELECT id FROM agent_memory_sync_jobs
        WHERE status = 'queued' OR status = 'running' AND lease_until < now()
        ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED)
      UPDATE agent_memory_sync_jobs j SET status = 'running', epoch = j.epoch + 1,
          lease_until = now() + $2 * interval '1 millisecond', updated_at = now()
      FROM due WHERE j.id = due.id
      RETURNING j.id, j.organization_id, j.session_id, j.session_key, j.provider, j.reason,
          j.status, j.details::text AS details, j.error, j.created_by_user_id, j.created_at,
          j.updated_at, j.finished_at, j.epoch
      """;
  private static final String FINISH =
      """
      UPDATE agent_memory_sync_jobs SET status = $3, details = $4::text::json, error = $5,
          updated_at = now(), finished_at = now(), lease_until = NULL
      WHERE id = $1 AND epoch = $2 AND status = 'running'
      """;

  private final Database database;

  /** What is wished; null for the key means all that the organization remembers. */
  public record Wish(
      String sessionId, String sessionKey, String provider, String reason, String userId) {}

  /**
   * One wish and what came of it.
   *
   * @param epoch proves whose it is just now
   */
  public record Job(
      String id,
      String organizationId,
      String sessionId,
      String sessionKey,
      String provider,
      String reason,
      String status,
      RawJson details,
      String error,
      String createdByUserId,
      Instant createdAt,
      Instant updatedAt,
      Instant finishedAt,
      int epoch) {}

  public MemoryJobRepository(Database database) {
    this.database = database;
  }

  /** Empty when there are {@link #OPEN_MAX} already. Old ones that have ended are deleted. */
  public Future<Optional<Job>> create(String organizationId, Wish wish) {
    var values =
        Tuple.tuple()
            .addValue(UUID.fromString(organizationId))
            .addValue(Rows.uuid(wish.sessionId()))
            .addValue(wish.sessionKey())
            .addValue(wish.provider())
            .addValue(wish.reason())
            .addValue(Rows.uuid(wish.userId()))
            .addValue(OPEN_MAX)
            .addValue(KEPT_DAYS);
    return database.tenant(
        organizationId,
        sql ->
            sql.preparedQuery(CREATE)
                .execute(values)
                .map(rows -> Rows.first(rows, MemoryJobRepository::job)));
  }

  /**
   * @param userId whose it has to be, null for anybody's
   */
  public Future<Optional<Job>> find(String organizationId, String id, String userId) {
    return database.tenant(
        organizationId,
        sql ->
            sql.preparedQuery(FIND)
                .execute(Tuple.of(UUID.fromString(id), Rows.uuid(userId)))
                .map(rows -> Rows.first(rows, MemoryJobRepository::job)));
  }

  /** Takes some that wait, of any organization, the oldest first. */
  public Future<List<Job>> claim(int limit, Duration lease) {
    return database
        .gateway()
        .preparedQuery(CLAIM)
        .execute(Tuple.of(limit, lease.toMillis()))
        .map(rows -> Rows.list(rows, MemoryJobRepository::job));
  }

  /** Writes what came of it, unless another claim is newer. */
  public Future<Void> finish(Job job, RawJson details, String error) {
    var values =
        Tuple.of(
            UUID.fromString(job.id()),
            job.epoch(),
            error == null ? "succeeded" : "failed",
            Rows.text(details),
            error);
    return database.gateway().preparedQuery(FINISH).execute(values).mapEmpty();
  }

  private static Job job(Row row) {
    return new Job(
        Rows.id(row, "id"),
        Rows.id(row, "organization_id"),
        Rows.id(row, "session_id"),
        row.getString("session_key"),
        row.getString("provider"),
        row.getString("reason"),
        row.getString("status"),
        Rows.json(row, "details"),
        row.getString("error"),
        Rows.id(row, "created_by_user_id"),
        Rows.time(row, "created_at"),
        Rows.time(row, "updated_at"),
        Rows.time(row, "finished_at"),
        row.getInteger("epoch"));
  }
}
