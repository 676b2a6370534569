package ai.vespid.protocol.session;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a viewer says on {@code /ws/client} (contract 2.2).
 *
 * <pre>
 * viewer                               gateway
 *   client_hello   --------------->           ignored
 *   session_join   --------------->           leaves what was joined before
 *                  <---------------   session_ack, session_state, session_event_v2 *
 *                  <---------------   live from here on, without gap or repeat
 *   session_send   --------------->           also without a join
 *   session_cancel, session_reset_agent -->
 *   session_leave  --------------->
 * </pre>
 *
 * <p>Frames of one socket are carried out in their order. Unknown types are ignored.
 */
@JsonPropertyOrder({"type"})
public sealed interface ClientFrame {
  int MESSAGE_CHARS_MAX = 50_000;
  int IDEMPOTENCY_KEY_CHARS_MAX = 200;

  /** The wire name of the frame. */
  @JsonProperty("type")
  String type();

  /** A greeting of the original's; it changes nothing. */
  record Hello(String clientVersion) implements ClientFrame {
    @Override
    public String type() {
      return "client_hello";
    }
  }

  /**
   * Shows a session.
   *
   * @param sinceSeq ours: only events after this one; absent means the last 200
   */
  record Join(String sessionId, Long sinceSeq) implements ClientFrame {
    public Join {
      Check.uuid("sessionId", sessionId);
      if (sinceSeq != null && sinceSeq < -1) {
        throw new InvalidMessage("sinceSeq", "must be -1 or the seq of an event");
      }
    }

    @Override
    public String type() {
      return "session_join";
    }
  }

  /** One message; the same key twice is one message. */
  record Send(String sessionId, String message, List<Attachment> attachments, String idempotencyKey)
      implements ClientFrame {
    public Send {
      Check.uuid("sessionId", sessionId);
      Check.text("message", message, 1, MESSAGE_CHARS_MAX);
      attachments = Attachment.list(attachments);
      Check.optionalText("idempotencyKey", idempotencyKey, 1, IDEMPOTENCY_KEY_CHARS_MAX);
    }

    @Override
    public String type() {
      return "session_send";
    }

    @Override
    public String toString() {
      return "Send[" + sessionId + "]";
    }
  }

  /** Gives up the session's host; the next turn chooses again. */
  record Reset(String sessionId, ResetMode mode) implements ClientFrame {
    public Reset {
      Check.uuid("sessionId", sessionId);
      if (mode == null) mode = ResetMode.KEEP_HISTORY;
    }

    @Override
    public String type() {
      return "session_reset_agent";
    }
  }

  /** Ends the turn that is under way. */
  record Cancel(String sessionId) implements ClientFrame {
    public Cancel {
      Check.uuid("sessionId", sessionId);
    }

    @Override
    public String type() {
      return "session_cancel";
    }
  }

  /** Shows it no more. */
  record Leave(String sessionId) implements ClientFrame {
    public Leave {
      Check.uuid("sessionId", sessionId);
    }

    @Override
    public String type() {
      return "session_leave";
    }
  }

  Map<String, Class<? extends ClientFrame>> TYPES =
      Map.of(
          "client_hello", Hello.class,
          "session_join", Join.class,
          "session_send", Send.class,
          "session_reset_agent", Reset.class,
          "session_cancel", Cancel.class,
          "session_leave", Leave.class);

  /**
   * Reads a frame; empty when its type is none of these.
   *
   * @throws InvalidMessage when it is no JSON object with a type, or does not fit it
   */
  static Optional<ClientFrame> read(byte[] frame) {
    var type = Json.peek(frame, "type");
    if (type == null) throw new InvalidMessage("type", "is required");
    var record = TYPES.get(type);
    return record == null ? Optional.empty() : Optional.of(Json.read(frame, record));
  }
}
