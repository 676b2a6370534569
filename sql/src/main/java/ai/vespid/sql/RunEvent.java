package ai.vespid.sql;

import ai.vespid.protocol.RawJson;
import io.vertx.sqlclient.Row;
import java.time.Instant;
import java.util.Locale;

/**
 * Something that happened to a run (contract 5.3).
 *
 * @param seq its number in the run, from 1 without gaps
 */
public record RunEvent(
    String id,
    long seq,
    String organizationId,
    String workflowId,
    String runId,
    int attemptCount,
    String eventType,
    String nodeId,
    String nodeType,
    Level level,
    String message,
    RawJson payload,
    Instant createdAt) {
  /** How much it matters. */
  public enum Level {
    INFO,
    WARN,
    ERROR;

    /** As it stands in the table and in answers. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What is to be told; the run's place in its numbers and the time are the database's. */
  public record New(
      String eventType,
      String nodeId,
      String nodeType,
      Level level,
      String message,
      RawJson payload) {
    /** About the run as a whole. */
    public static New ofRun(String eventType, Level level, String message, RawJson payload) {
      return new New(eventType, null, null, level, message, payload);
    }
  }

  static RunEvent of(Row row) {
    return new RunEvent(
        Rows.id(row, "id"),
        row.getLong("seq"),
        Rows.id(row, "organization_id"),
        Rows.id(row, "workflow_id"),
        Rows.id(row, "run_id"),
        row.getInteger("attempt_count"),
        row.getString("event_type"),
        row.getString("node_id"),
        row.getString("node_type"),
        Level.valueOf(row.getString("level").toUpperCase(Locale.ROOT)),
        row.getString("message"),
        Rows.json(row, "payload"),
        Rows.time(row, "created_at"));
  }
}
