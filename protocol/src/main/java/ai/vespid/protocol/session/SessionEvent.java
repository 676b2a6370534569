package ai.vespid.protocol.session;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.RawJson;

/**
 * Something that happened in a session and is stored (contract 2.4). {@code seq} counts from 0
 * without gaps in each session.
 *
 * @param level info, warn or error
 * @param payload may be null
 * @param createdAt ISO-8601 with milliseconds
 */
public record SessionEvent(
    String sessionId, long seq, String eventType, String level, RawJson payload, String createdAt) {
  public static final String CREATED = "session_created";
  public static final String USER_MESSAGE = "user_message";
  public static final String AGENT_MESSAGE = "agent_message";
  public static final String AGENT_FINAL = "agent_final";
  public static final String TOOL_CALL = "tool_call";
  public static final String TOOL_RESULT = "tool_result";
  public static final String ERROR = "error";
  public static final String SYSTEM = "system";

  public SessionEvent {
    Check.required("sessionId", sessionId);
    Check.required("eventType", eventType);
  }

  /** What it takes of a frame, about. */
  public int size() {
    return payload == null ? 0 : payload.size();
  }
}
