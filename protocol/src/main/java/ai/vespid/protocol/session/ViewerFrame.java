package ai.vespid.protocol.session;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.Pool;
import ai.vespid.protocol.RawJson;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.util.Map;
import java.util.Optional;

/**
 * What the gateway says on {@code /ws/client} (contract 2.3). Events are exact: each once, in the
 * order of {@code seq}. Deltas are what an engine says just now and are not stored; the event
 * {@code agent_final} has the whole text.
 */
@JsonPropertyOrder({"type"})
public sealed interface ViewerFrame {
  String EXECUTION_MODE = "pinned-node-host";

  /** The wire name of the frame. */
  @JsonProperty("type")
  String type();

  /** The session is there and may be seen. */
  record Ack(String sessionId) implements ViewerFrame {
    @Override
    public String type() {
      return "session_ack";
    }
  }

  /** The session's host and scope, at the join and whenever they change. */
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record State(
      String sessionId,
      String pinnedExecutorId,
      Pool pinnedExecutorPool,
      String pinnedAgentId,
      String routedAgentId,
      String scope,
      String executionMode)
      implements ViewerFrame {
    /** Both names of the host are told. */
    public static State of(SessionState state) {
      return new State(
          state.sessionId(),
          state.pinnedExecutorId(),
          state.pinnedExecutorPool(),
          state.pinnedExecutorId(),
          state.routedAgentId(),
          state.scope(),
          EXECUTION_MODE);
    }

    @Override
    public String type() {
      return "session_state";
    }
  }

  /** A stored event. */
  record Event(
      String sessionId,
      long seq,
      String eventType,
      String level,
      @JsonInclude(JsonInclude.Include.ALWAYS) RawJson payload,
      String createdAt)
      implements ViewerFrame {
    public static Event of(SessionEvent event) {
      return new Event(
          event.sessionId(),
          event.seq(),
          event.eventType(),
          event.level(),
          event.payload(),
          event.createdAt());
    }

    @Override
    public String type() {
      return "session_event_v2";
    }
  }

  /**
   * Progress of a turn, not stored.
   *
   * @param requestId of the turn
   * @param streamSeq counts the turn's progress from 1
   */
  record Stream(
      String sessionId,
      String requestId,
      long streamSeq,
      String kind,
      String level,
      String text,
      RawJson payload,
      String createdAt)
      implements ViewerFrame {
    @Override
    public String type() {
      return "session_stream_v1";
    }
  }

  /**
   * A piece of the answer, as it is made (defect E10).
   *
   * @param seq of the message that is answered
   */
  record Delta(String sessionId, long seq, String content, String createdAt)
      implements ViewerFrame {
    @Override
    public String type() {
      return "agent_delta";
    }

    @Override
    public String toString() {
      return "Delta[" + sessionId + "]";
    }
  }

  /**
   * The whole answer; follows the event of the same {@code seq} when that is news.
   *
   * @param payload the event's output
   */
  record Final(
      String sessionId,
      long seq,
      String content,
      @JsonInclude(JsonInclude.Include.ALWAYS) RawJson payload,
      String createdAt)
      implements ViewerFrame {
    @Override
    public String type() {
      return "agent_final";
    }

    @Override
    public String toString() {
      return "Final[" + sessionId + "]";
    }
  }

  /**
   * Something could not be done.
   *
   * @param sessionId null when no session is meant
   */
  record Error(String sessionId, ErrorCode code, String message) implements ViewerFrame {
    @Override
    public String type() {
      return "session_error";
    }
  }

  Map<String, Class<? extends ViewerFrame>> TYPES =
      Map.of(
          "session_ack", Ack.class,
          "session_state", State.class,
          "session_event_v2", Event.class,
          "session_stream_v1", Stream.class,
          "agent_delta", Delta.class,
          "agent_final", Final.class,
          "session_error", Error.class);

  /**
   * Reads a frame, for viewers; empty when its type is none of these.
   *
   * @throws InvalidMessage when it is no JSON object with a type, or does not fit it
   */
  static Optional<ViewerFrame> read(byte[] frame) {
    var type = Json.peek(frame, "type");
    if (type == null) throw new InvalidMessage("type", "is required");
    var record = TYPES.get(type);
    return record == null ? Optional.empty() : Optional.of(Json.read(frame, record));
  }
}
