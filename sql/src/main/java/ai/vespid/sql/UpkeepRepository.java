package ai.vespid.sql;

import io.vertx.core.Future;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Function;

/**
 * Deletes what has expired, a batch at a time, with a role that may do nothing else. Rows that
 * somebody works on are left for the next time.
 */
public final class UpkeepRepository {
  // Any number that nobody else takes: "vespid" in ASCII.
  private static final long LOCK = 0x766573706964L;

  /** What is kept clean, and what of it goes: all that ended before a moment. */
  public enum Kind {
    /** Logins that ran out or were ended. */
    SESSIONS(
        """
        delete from auth_sessions where id in (
          select id from auth_sessions where least(expires_at, revoked_at) < $1
          limit $2 for update skip locked)
        """),
    /** Tokens that ran out or were redeemed. */
    PAIRING_TOKENS(
        """
        delete from executor_pairing_tokens where id in (
          select id from executor_pairing_tokens where least(expires_at, used_at) < $1
          limit $2 for update skip locked)
        """),
    /** Invitations whose time is over, whatever became of them. */
    INVITATIONS(
        """
        delete from organization_invitations where id in (
          select id from organization_invitations where expires_at < $1
          limit $2 for update skip locked)
        """),
    /** Answers of login providers; an expired one is refused by its own date. */
    LOGIN_STATES(
        """
        delete from used_login_states where state_hash in (
          select state_hash from used_login_states where expires_at < $1
          limit $2 for update skip locked)
        """),
    /**
     * Versions of a run's files that a newer one took the place of before that moment: when the
     * next one was stored, or nothing happened to the run since. The newest is never among them.
     * Oldest first, because a version tells the age of the one before it.
     */
    OLD_VERSIONS(
        """
        delete from workspace_objects where object_key in (
          select o.object_key from workspace_objects o
          join execution_workspaces w on w.id = split_part(o.object_key, '/', 3)::uuid
          where o.ordinal = 0 and o.created_at < $1
            and substring(o.object_key from '/v(\\d+)[.]')::bigint < w.current_version
            and (w.updated_at < $1 or exists (
              select from workspace_objects n where n.ordinal = 0 and n.created_at < $1
                and n.object_key = regexp_replace(o.object_key, '/v\\d+[.]',
                  '/v' || (substring(o.object_key from '/v(\\d+)[.]')::bigint + 1) || '.')))
          order by substring(o.object_key from '/v(\\d+)[.]')::bigint
          limit $2 for update of o skip locked)
        """),
    /** Archives that were stored before that moment and never became a version of their run. */
    UNUSED_ARCHIVES(
        """
        delete from workspace_objects where object_key in (
          select o.object_key from workspace_objects o
          left join execution_workspaces w on w.id = split_part(o.object_key, '/', 3)::uuid
          where o.ordinal = 0 and o.created_at < $1
            and (w.id is null
              or substring(o.object_key from '/v(\\d+)[.]')::bigint > w.current_version)
          limit $2 for update of o skip locked)
        """),
    /** What happened to connections of executors. */
    EXECUTOR_EVENTS(
        """
        delete from executor_events where id in (
          select id from executor_events where at < $1 limit $2 for update skip locked)
        """),
    /** How executors said they were. */
    EXECUTOR_READINGS(
        """
        delete from executor_readings where (executor_id, slot) in (
          select executor_id, slot from executor_readings where slot < $1
          limit $2 for update skip locked)
        """),
    /** Runs of workflows that ended before that moment, with their nodes, events and approvals. */
    RUNS(
        """
        delete from workflow_runs where id in (
          select id from workflow_runs where finished_at < $1
          limit $2 for update skip locked)
        """);

    private final String statement;

    Kind(String statement) {
      this.statement = statement;
    }
  }

  private final Pool pool;

  public UpkeepRepository(Database database) {
    this.pool = database.upkeep();
  }

  /**
   * Works while no other node does; empty when one is at it. The lock is the connection's: it ends
   * with the work, and with the process.
   */
  public <T> Future<Optional<T>> alone(Function<Batches, Future<T>> work) {
    return pool.withConnection(connection ->
        connection
            .preparedQuery("select pg_try_advisory_lock($1)")
            .execute(Tuple.of(LOCK))
            .compose(rows ->
                rows.iterator().next().getBoolean(0)
                    ? work.apply(new Batches(connection))
                        .eventually(() -> unlock(connection))
                        .map(Optional::of)
                    : Future.succeededFuture(Optional.empty())));
  }

  private static Future<?> unlock(SqlConnection connection) {
    return connection.preparedQuery("select pg_advisory_unlock($1)").execute(Tuple.of(LOCK));
  }

  /** The deleting, by who holds the lock. */
  public static final class Batches {
    private final SqlConnection connection;

    private Batches(SqlConnection connection) {
      this.connection = connection;
    }

    /**
     * Deletes some of what ended before that moment.
     *
     * @param limit sessions, tokens and so on, or archives, whose pieces go together
     * @return how many rows went; fewer than {@code limit} when nothing more is there
     */
    public Future<Integer> delete(Kind kind, Instant endedBefore, int limit) {
      return connection
          .preparedQuery(kind.statement)
          .execute(Tuple.of(Rows.at(endedBefore), limit))
          .map(rows -> rows.rowCount());
    }
  }
}
