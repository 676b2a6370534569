package ai.vespid.protocol.executor;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.Limits;
import ai.vespid.protocol.Pool;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.RequestId;
import ai.vespid.protocol.ResultStatus;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What an agent says on {@code /ws/executor}, protocol v2 (contract 1.2) and our additions.
 *
 * <pre>
 * agent                                   gateway
 *   executor_hello_v2  ------------------->            at open, then every heartbeat
 *                      <-------------------  executor_welcome_v2 | executor_error_v2 + close
 *                      <-------------------  invoke_tool_v2
 *   dispatch_ack       ------------------->            only with the feature "ack"
 *                      <-------------------  dispatch_cancel
 *   dispatch_canceled  ------------------->            only with the feature "cancel"
 *   tool_event_v2 *    ------------------->
 *   telemetry *        ------------------->            only when the welcome wants it
 *   tool_result_v2     ------------------->            repeated until acknowledged
 *                      <-------------------  result_ack
 * </pre>
 *
 * <p>Additions are optional: agents of the original ignore them, and unknown fields are ignored.
 */
@JsonPropertyOrder({"type"})
public sealed interface ExecutorFrame {
  /** The wire name of the frame. */
  @JsonProperty("type")
  String type();

  /**
   * The announcement and heartbeat. Ours adds {@code bootId} (one per process start), {@code
   * features}, and after a reconnect {@code inFlight} and {@code finished}: what the agent still
   * runs, and whose results it holds unacknowledged.
   */
  record Hello(
      String executorVersion,
      String executorId,
      Pool pool,
      String organizationId,
      String name,
      List<String> labels,
      Integer maxInFlight,
      Set<Kind> kinds,
      List<String> connectors,
      Map<String, EngineAuth> engineAuth,
      String bootId,
      Set<String> features,
      List<Held> inFlight,
      List<Held> finished)
      implements ExecutorFrame {
    /** A feature: it acknowledges dispatches and repeats unacknowledged results. */
    public static final String ACK = "ack";

    /** It says when nothing is left of what it was told to stop. */
    public static final String CANCEL = "cancel";

    /** It takes commands, each a feature behind this and a colon; old gateways check kinds. */
    public static final String COMMANDS = "commands";

    public static final int HELD_MAX = 10_000;

    public Hello {
      Check.text("executorVersion", executorVersion, 1, 120);
      Check.uuid("executorId", executorId);
      Check.required("pool", pool);
      Check.optionalUuid("organizationId", organizationId);
      if (pool == Pool.BYON) Check.required("organizationId", organizationId);
      Check.optionalText("name", name, 1, 120);
      labels = Check.texts("labels", Check.required("labels", labels), 50, 64);
      Check.range("maxInFlight", maxInFlight, 1, Limits.MAX_IN_FLIGHT_MAX);
      kinds = Set.copyOf(Check.required("kinds", kinds));
      if (kinds.isEmpty()) throw new InvalidMessage("kinds", "must not be empty");
      if (connectors != null) connectors = Check.texts("connectors", connectors, 200, 80);
      engineAuth = engineAuth == null ? null : Map.copyOf(engineAuth);
      Check.optionalText("bootId", bootId, 1, 64);
      features = features == null ? Set.of() : Set.copyOf(features);
      inFlight = held("inFlight", inFlight);
      finished = held("finished", finished);
    }

    /** What it can be asked to do. */
    public Set<Kind> allKinds() {
      if (!features.contains(COMMANDS)) return kinds;
      var all = EnumSet.copyOf(kinds);
      all.add(Kind.AGENT_COMMAND);
      return all;
    }

    private static List<Held> held(String field, List<Held> values) {
      if (values == null) return List.of();
      if (values.size() > HELD_MAX) {
        throw new InvalidMessage(field, "must have at most " + HELD_MAX + " items");
      }
      return List.copyOf(values);
    }

    @Override
    public String type() {
      return "executor_hello_v2";
    }
  }

  /** A dispatch the agent holds, with the epoch of the attempt it was given. */
  record Held(String requestId, Integer epoch) {
    public Held {
      RequestId.check(requestId);
      Check.range("epoch", epoch, 1, Integer.MAX_VALUE);
    }
  }

  /** Whether an engine's login was seen to work on the agent. */
  record EngineAuth(Boolean oauthVerified, String checkedAt, String reason) {
    public EngineAuth {
      Check.required("engineAuth.oauthVerified", oauthVerified);
      Check.text("engineAuth.checkedAt", checkedAt, 1, 64);
      Check.text("engineAuth.reason", reason, 1, 200);
    }
  }

  /** The final answer to an invoke. {@code epoch} is ours: it names the attempt being answered. */
  record ToolResult(
      String requestId,
      Integer epoch,
      ResultStatus status,
      RawJson output,
      String error,
      RawJson workspace)
      implements ExecutorFrame {
    public ToolResult {
      Check.text("requestId", requestId, 1, RequestId.LENGTH_MAX);
      Check.optionalRange("epoch", epoch, 1, Integer.MAX_VALUE);
      Check.required("status", status);
      Check.optionalText("error", error, 1, 100_000);
    }

    /** What it says of the dispatch. */
    public DispatchResult result() {
      return new DispatchResult(status, output, error, workspace);
    }

    @Override
    public String type() {
      return "tool_result_v2";
    }
  }

  /** Progress of a tool. */
  record ToolEvent(String requestId, RawJson event) implements ExecutorFrame {
    public ToolEvent {
      Check.text("requestId", requestId, 1, RequestId.LENGTH_MAX);
      Check.required("event", event);
    }

    @Override
    public String type() {
      return "tool_event_v2";
    }
  }

  /** Ours: the invoke with this epoch arrived and is in the agent's journal. */
  record DispatchAck(String requestId, Integer epoch) implements ExecutorFrame {
    public DispatchAck {
      Check.text("requestId", requestId, 1, RequestId.LENGTH_MAX);
      Check.range("epoch", epoch, 1, Integer.MAX_VALUE);
    }

    @Override
    public String type() {
      return "dispatch_ack";
    }
  }

  /** Ours: nothing of this attempt runs any more; it was told to stop, or has it not. */
  record DispatchCanceled(String requestId, Integer epoch) implements ExecutorFrame {
    public DispatchCanceled {
      Check.text("requestId", requestId, 1, RequestId.LENGTH_MAX);
      Check.range("epoch", epoch, 1, Integer.MAX_VALUE);
    }

    @Override
    public String type() {
      return "dispatch_canceled";
    }
  }

  /** Ours: a frame was not believed, and nothing was done because of it. */
  record FrameDenied(String code, String message) implements ExecutorFrame {
    public FrameDenied {
      Check.text("code", code, 1, 80);
      Check.optionalText("message", message, 1, 500);
    }

    @Override
    public String type() {
      return "frame_denied";
    }
  }

  /** Ours: how the agent is, as often as the welcome wants it. It may be lost. */
  record Telemetry(Reading reading) implements ExecutorFrame {
    public Telemetry {
      Check.required("reading", reading);
    }

    @Override
    public String type() {
      return "telemetry";
    }
  }

  /** A session_open was accepted. */
  record SessionOpened(String requestId, String sessionId) implements ExecutorFrame {
    public SessionOpened {
      Check.text("requestId", requestId, 1, RequestId.LENGTH_MAX);
      Check.uuid("sessionId", sessionId);
    }

    @Override
    public String type() {
      return "session_opened";
    }
  }

  /** Partial text of a turn. */
  record TurnDelta(String requestId, String sessionId, String content) implements ExecutorFrame {
    public TurnDelta {
      Check.text("requestId", requestId, 1, RequestId.LENGTH_MAX);
      Check.uuid("sessionId", sessionId);
      Check.required("content", content);
    }

    @Override
    public String type() {
      return "turn_delta";
    }
  }

  /** Structured progress of a turn; its event carries seq, ts, kind, level, message and payload. */
  record TurnEvent(String requestId, String organizationId, String sessionId, Event event)
      implements ExecutorFrame {
    public TurnEvent {
      Check.text("requestId", requestId, 1, RequestId.LENGTH_MAX);
      Check.uuid("organizationId", organizationId);
      Check.uuid("sessionId", sessionId);
      Check.required("event", event);
    }

    @Override
    public String type() {
      return "turn_event";
    }
  }

  /** {@code ts} is in milliseconds since 1970 and must be a date before the year 10000 (A4). */
  record Event(
      Integer seq, Long ts, String kind, EventLevel level, String message, RawJson payload) {
    private static final long TS_MAX = 253_402_300_799_999L;

    public Event {
      Check.range("event.seq", seq, 0, Integer.MAX_VALUE);
      Check.required("event.ts", ts);
      if (ts < 0 || ts > TS_MAX) throw new InvalidMessage("event.ts", "must be a date in ms");
      Check.text("event.kind", kind, 1, 200);
      Check.required("event.level", level);
    }
  }

  /** A turn ended well. */
  record TurnFinal(String requestId, String sessionId, String content, RawJson payload)
      implements ExecutorFrame {
    public TurnFinal {
      Check.text("requestId", requestId, 1, RequestId.LENGTH_MAX);
      Check.uuid("sessionId", sessionId);
      Check.required("content", content);
    }

    @Override
    public String type() {
      return "turn_final";
    }
  }

  /** A turn failed, or a session_open was refused. */
  record TurnError(String requestId, String sessionId, String code, String message)
      implements ExecutorFrame {
    public TurnError {
      Check.text("requestId", requestId, 1, RequestId.LENGTH_MAX);
      Check.uuid("sessionId", sessionId);
      Check.text("code", code, 1, 200);
      Check.text("message", message, 1, 100_000);
    }

    @Override
    public String type() {
      return "turn_error";
    }
  }

  /** The outcome of a memory_sync. */
  record MemorySyncResult(String requestId, String sessionId, MemoryStatus status, RawJson details)
      implements ExecutorFrame {
    public MemorySyncResult {
      Check.text("requestId", requestId, 1, RequestId.LENGTH_MAX);
      Check.uuid("sessionId", sessionId);
      Check.required("status", status);
    }

    @Override
    public String type() {
      return "memory_sync_result";
    }
  }

  /** The outcome of a memory_query. */
  record MemoryQueryResult(
      String requestId, String sessionId, MemoryStatus status, List<RawJson> results, String error)
      implements ExecutorFrame {
    public MemoryQueryResult {
      Check.text("requestId", requestId, 1, RequestId.LENGTH_MAX);
      Check.uuid("sessionId", sessionId);
      Check.required("status", status);
      results = results == null ? null : List.copyOf(results);
      Check.optionalText("error", error, 1, 100_000);
    }

    @Override
    public String type() {
      return "memory_query_result";
    }
  }
}
