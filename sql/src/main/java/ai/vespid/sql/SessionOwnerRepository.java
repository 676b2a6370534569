package ai.vespid.sql;

import ai.vespid.protocol.Pool;
import ai.vespid.protocol.session.SessionEvent;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Sessions as their owners move them on.
 *
 * <p>An owner {@link #claim}s a session and gets an epoch of its own; every {@link #append} names
 * it and is refused as {@link Lost} once another one has claimed the session. It names the number
 * of its first event too and is refused as {@link Behind} when that is not the next one: what was
 * sent on a connection that was cut may be carried out seconds later, and must not then stand
 * behind what was written meanwhile. Both are compared, the numbers are taken and the events are
 * written by one statement. The owner keeps its lease with {@link #renew}, and gives it back with
 * {@link #release}.
 */
public final class SessionOwnerRepository {
  private static final String CLAIM =
      """
      UPDATE agent_sessions SET epoch = epoch + 1, owner = $2,
          lease_until = now() + $3 * interval '1 millisecond'
      WHERE id = $1 AND (owner IS NULL OR owner = $2 OR lease_until <= now())
      RETURNING epoch, next_seq, history_from_seq,
      """
          + AgentSession.COLUMNS;
  private static final String EXISTS = "SELECT 1 FROM agent_sessions WHERE id = $1";
  private static final String RENEW =
      """
      UPDATE agent_sessions s SET lease_until = now() + $3 * interval '1 millisecond'
      FROM unnest($1::uuid[], $2::int[]) AS held(id, epoch)
      WHERE s.id = held.id AND s.epoch = held.epoch AND s.owner IS NOT NULL
      RETURNING s.id
      """;
  private static final String RELEASE =
      """
      UPDATE agent_sessions SET owner = NULL, lease_until = NULL WHERE id = $1 AND epoch = $2
      """;
  private static final String APPEND =
      """
      WITH session AS (
        UPDATE agent_sessions SET next_seq = next_seq + cardinality($3::text[]),
            updated_at = now(), last_activity_at = now(),
            open_turns = open_turns + $10,
            pinned_executor_id = CASE WHEN $11 = 'pin' THEN $12 ELSE pinned_executor_id END,
            pinned_executor_pool = CASE WHEN $11 = 'pin' THEN $13 ELSE pinned_executor_pool END,
            status = coalesce($14, status),
            history_from_seq = CASE WHEN $15 THEN next_seq ELSE history_from_seq END
        WHERE id = $1 AND epoch = $2 AND owner IS NOT NULL AND next_seq = $16
        RETURNING id, organization_id, next_seq - cardinality($3::text[]) AS seq_before),
      added AS (
        INSERT INTO agent_session_events (session_id, seq, organization_id, event_type, level,
            payload, idempotency_key, user_id, turn_seq, ends_turn)
        SELECT session.id, session.seq_before + e.n - 1, session.organization_id, e.event_type,
            e.level, e.payload::json, e.key, e.user_id,
            CASE WHEN e.event_type = 'user_message' THEN session.seq_before + e.n - 1
                ELSE e.turn_seq END, e.ends_turn
        FROM session, unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::uuid[],
            $8::bigint[], $9::boolean[]) WITH ORDINALITY
            AS e(event_type, level, payload, key, user_id, turn_seq, ends_turn, n)
        RETURNING *)
      SELECT\s\
      """
          + SessionRow.COLUMNS
          + " FROM added ORDER BY seq";
  private static final String CURRENT =
      """
      SELECT next_seq FROM agent_sessions WHERE id = $1 AND epoch = $2 AND owner IS NOT NULL
      """;
  private static final String BY_KEY =
      "SELECT "
          + SessionRow.COLUMNS
          + " FROM agent_session_events WHERE session_id = $1 AND idempotency_key = $2";
  private static final String OPEN =
      "SELECT "
          + SessionRow.COLUMNS
          + """
          FROM agent_session_events e
          WHERE session_id = $1 AND event_type = 'user_message'
            AND seq >= (SELECT coalesce(max(turn_seq), -1) FROM agent_session_events
                WHERE session_id = $1 AND ends_turn)
            AND NOT EXISTS (SELECT FROM agent_session_events d
                WHERE d.session_id = e.session_id AND d.turn_seq = e.seq AND d.ends_turn)
          ORDER BY seq
          """;
  private static final String LAST =
      "SELECT * FROM (SELECT "
          + SessionRow.COLUMNS
          + """
          FROM agent_session_events WHERE session_id = $1 AND seq >= $2
          ORDER BY seq DESC LIMIT $3) AS last ORDER BY seq
          """;
  private static final String ORPHANS =
      """
      SELECT id FROM agent_sessions
      WHERE open_turns > 0 AND id > $1 AND (owner IS NULL OR lease_until <= now())
      ORDER BY id LIMIT $2
      """;

  private final io.vertx.sqlclient.Pool pool;

  /**
   * @param pool connections with the gateway's cross-tenant role
   */
  public SessionOwnerRepository(io.vertx.sqlclient.Pool pool) {
    this.pool = pool;
  }

  /** What became of a claim. */
  public sealed interface Claim {}

  /**
   * It is the caller's.
   *
   * @param epoch proves it
   * @param historyFromSeq engines are told nothing before it
   */
  public record Claimed(AgentSession session, int epoch, long nextSeq, long historyFromSeq)
      implements Claim {}

  /** Another one's lease runs. */
  public record Taken() implements Claim {}

  /** No such session. */
  public record Unknown() implements Claim {}

  /** What a caller claims to hold. */
  public record Held(String sessionId, int epoch) {}

  /** Something else that changes with the events. */
  public sealed interface Change {}

  /** Nothing else. */
  public record Nothing() implements Change {}

  /** The host of the turns to come; null for none. */
  public record Pin(String executorId, Pool pool) implements Change {}

  /** The host is given up and engines are told nothing of what came before. */
  public record Forget() implements Change {}

  /** It is active or archived from now on. */
  public record Status(String status) implements Change {}

  /** What became of an append. */
  public sealed interface Appended {}

  /** It is committed. */
  public record Written(List<SessionRow> rows) implements Appended {}

  /** The session is another one's; nothing was written. */
  public record Lost() implements Appended {}

  /** Another event is the next one: the session has events that its owner knows nothing of yet. */
  public record Behind() implements Appended {}

  /** Makes the session the caller's, unless another one's lease runs. */
  public Future<Claim> claim(String sessionId, String owner, Duration lease) {
    return pool.preparedQuery(CLAIM)
        .execute(Tuple.of(UUID.fromString(sessionId), owner, lease.toMillis()))
        .compose(rows -> {
          var claimed = Rows.first(rows, SessionOwnerRepository::claimed);
          if (claimed.isPresent()) return Future.succeededFuture(claimed.get());
          return pool.preparedQuery(EXISTS)
              .execute(Tuple.of(UUID.fromString(sessionId)))
              .map(found -> found.size() == 0 ? new Unknown() : new Taken());
        });
  }

  private static Claim claimed(Row row) {
    return new Claimed(
        AgentSession.of(row),
        row.getInteger("epoch"),
        row.getLong("next_seq"),
        row.getLong("history_from_seq"));
  }

  /** Keeps leases; answers which sessions are still the caller's. */
  public Future<Set<String>> renew(List<Held> held, Duration lease) {
    var ids = held.stream().map(h -> UUID.fromString(h.sessionId())).toArray(UUID[]::new);
    var epochs = held.stream().map(Held::epoch).toArray(Integer[]::new);
    return pool.preparedQuery(RENEW)
        .execute(Tuple.of(ids, epochs, lease.toMillis()))
        .map(rows -> new HashSet<>(Rows.list(rows, row -> Rows.id(row, "id"))));
  }

  /** Gives the lease back; anybody may claim the session at once. */
  public Future<Void> release(Held held) {
    return pool.preparedQuery(RELEASE)
        .execute(Tuple.of(UUID.fromString(held.sessionId()), held.epoch()))
        .mapEmpty();
  }

  /**
   * Writes events and what changes with them, or nothing at all.
   *
   * @param seq the number that the first of them gets
   */
  public Future<Appended> append(Held held, long seq, List<SessionRow.New> events, Change change) {
    return pool.preparedQuery(APPEND)
        .execute(tuple(held, events, change).addValue(seq))
        .compose(rows ->
            rows.size() > 0
                ? Future.succeededFuture(new Written(Rows.list(rows, SessionRow::of)))
                : unwritten(held, seq, events));
  }

  // Without an event no row tells that it was written.
  private Future<Appended> unwritten(Held held, long seq, List<SessionRow.New> events) {
    return pool.preparedQuery(CURRENT)
        .execute(Tuple.of(UUID.fromString(held.sessionId()), held.epoch()))
        .map(found -> Rows.first(found, row -> row.getLong("next_seq")))
        .map(next -> {
          if (next.isEmpty()) return new Lost();
          return events.isEmpty() && next.get() == seq ? new Written(List.of()) : new Behind();
        });
  }

  private static Tuple tuple(Held held, List<SessionRow.New> events, Change change) {
    int opened = (int) events.stream().filter(SessionOwnerRepository::opensTurn).count();
    int ended = (int) events.stream().filter(SessionRow.New::endsTurn).count();
    var values =
        Tuple.tuple()
            .addValue(UUID.fromString(held.sessionId()))
            .addValue(held.epoch())
            .addValue(Rows.texts(events, SessionRow.New::eventType))
            .addValue(Rows.texts(events, SessionRow.New::level))
            .addValue(Rows.texts(events, event -> Rows.text(event.payload())))
            .addValue(Rows.texts(events, SessionRow.New::idempotencyKey))
            .addValue(events.stream().map(e -> Rows.uuid(e.userId())).toArray(UUID[]::new))
            .addValue(events.stream().map(SessionRow.New::turnSeq).toArray(Long[]::new))
            .addValue(events.stream().map(SessionRow.New::endsTurn).toArray(Boolean[]::new))
            .addValue(opened - ended);
    return switch (change) {
      case Nothing() -> change(values, null, null, null, null, false);
      case Pin(var id, var pool) -> change(values, "pin", id, pool, null, false);
      case Forget() -> change(values, "pin", null, null, null, true);
      case Status(var status) -> change(values, null, null, null, status, false);
    };
  }

  private static boolean opensTurn(SessionRow.New event) {
    return event.eventType().equals(SessionEvent.USER_MESSAGE);
  }

  private static Tuple change(
      Tuple values, String pin, String executorId, Pool pool, String status, boolean forget) {
    return values
        .addValue(pin)
        .addValue(Rows.uuid(executorId))
        .addValue(AgentSession.text(pool))
        .addValue(status)
        .addValue(forget);
  }

  /** The event that was stored under this key. */
  public Future<Optional<SessionRow>> byKey(String sessionId, String idempotencyKey) {
    return pool.preparedQuery(BY_KEY)
        .execute(Tuple.of(UUID.fromString(sessionId), idempotencyKey))
        .map(rows -> Rows.first(rows, SessionRow::of));
  }

  /** Messages whose turn has not ended, oldest first. */
  public Future<List<SessionRow>> openTurns(String sessionId) {
    return read(OPEN, Tuple.of(UUID.fromString(sessionId)));
  }

  /** The last events from {@code fromSeq} on, oldest first. */
  public Future<List<SessionRow>> last(String sessionId, long fromSeq, int limit) {
    return read(LAST, Tuple.of(UUID.fromString(sessionId), fromSeq, limit));
  }

  private Future<List<SessionRow>> read(String statement, Tuple values) {
    return pool.preparedQuery(statement)
        .execute(values)
        .map(rows -> Rows.list(rows, SessionRow::of));
  }

  /** Sessions with open turns that nobody owns, by id, after this one ({@code null} for all). */
  public Future<List<String>> orphans(String after, int limit) {
    var from = after == null ? new UUID(0, 0) : UUID.fromString(after);
    return pool.preparedQuery(ORPHANS)
        .execute(Tuple.of(from, limit))
        .map(rows -> Rows.list(rows, row -> Rows.id(row, "id")));
  }
}
