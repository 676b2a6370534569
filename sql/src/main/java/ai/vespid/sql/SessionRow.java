package ai.vespid.sql;

import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.Timestamps;
import ai.vespid.protocol.session.SessionEvent;
import io.vertx.sqlclient.Row;

/**
 * An event of a session as it is stored.
 *
 * @param turnSeq the message it belongs to, null when none
 * @param endsTurn that turn is over with it
 * @param userId who said it, null when nobody did
 */
public record SessionRow(
    String id,
    String organizationId,
    SessionEvent event,
    String idempotencyKey,
    String userId,
    Long turnSeq,
    boolean endsTurn) {
  static final String COLUMNS =
      """
      id, organization_id, session_id, seq, event_type, level, payload::text AS payload,
      idempotency_key, user_id, turn_seq, ends_turn, created_at
      """;

  /**
   * What is to be stored; its number and time are the database's.
   *
   * @param idempotencyKey null when it needs none
   */
  public record New(
      String eventType,
      String level,
      RawJson payload,
      String idempotencyKey,
      String userId,
      Long turnSeq,
      boolean endsTurn) {
    /** About the session as a whole. */
    public static New ofSession(String eventType, String level, RawJson payload, String userId) {
      return new New(eventType, level, payload, null, userId, null, false);
    }

    /** A step of a turn. */
    public static New ofTurn(long turnSeq, String eventType, String level, RawJson payload) {
      return new New(eventType, level, payload, null, null, turnSeq, false);
    }

    /** The last of a turn. */
    public static New end(long turnSeq, String eventType, String level, RawJson payload) {
      return new New(eventType, level, payload, null, null, turnSeq, true);
    }
  }

  static SessionRow of(Row row) {
    return new SessionRow(
        Rows.id(row, "id"),
        Rows.id(row, "organization_id"),
        new SessionEvent(
            Rows.id(row, "session_id"),
            row.getLong("seq"),
            row.getString("event_type"),
            row.getString("level"),
            Rows.json(row, "payload"),
            Timestamps.iso(Rows.time(row, "created_at"))),
        row.getString("idempotency_key"),
        Rows.id(row, "user_id"),
        row.getLong("turn_seq"),
        row.getBoolean("ends_turn"));
  }
}
