package ai.vespid.protocol.executor;

import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import java.util.Map;

/**
 * Reads and writes frames. A frame is one JSON object whose {@code type} names its record; the type
 * is peeked at, so that payloads can be cut out of the original bytes.
 */
public final class Frames {
  private static final Map<String, Class<? extends ExecutorFrame>> FROM_EXECUTOR =
      Map.ofEntries(
          Map.entry("executor_hello_v2", ExecutorFrame.Hello.class),
          Map.entry("tool_result_v2", ExecutorFrame.ToolResult.class),
          Map.entry("tool_event_v2", ExecutorFrame.ToolEvent.class),
          Map.entry("dispatch_ack", ExecutorFrame.DispatchAck.class),
          Map.entry("dispatch_canceled", ExecutorFrame.DispatchCanceled.class),
          Map.entry("frame_denied", ExecutorFrame.FrameDenied.class),
          Map.entry("telemetry", ExecutorFrame.Telemetry.class),
          Map.entry("session_opened", ExecutorFrame.SessionOpened.class),
          Map.entry("turn_delta", ExecutorFrame.TurnDelta.class),
          Map.entry("turn_event", ExecutorFrame.TurnEvent.class),
          Map.entry("turn_final", ExecutorFrame.TurnFinal.class),
          Map.entry("turn_error", ExecutorFrame.TurnError.class),
          Map.entry("memory_sync_result", ExecutorFrame.MemorySyncResult.class),
          Map.entry("memory_query_result", ExecutorFrame.MemoryQueryResult.class));

  private static final Map<String, Class<? extends GatewayFrame>> FROM_GATEWAY =
      Map.ofEntries(
          Map.entry("invoke_tool_v2", GatewayFrame.InvokeTool.class),
          Map.entry("executor_welcome_v2", GatewayFrame.Welcome.class),
          Map.entry("executor_error_v2", GatewayFrame.Refusal.class),
          Map.entry("result_ack", GatewayFrame.ResultAck.class),
          Map.entry("dispatch_cancel", GatewayFrame.DispatchCancel.class),
          Map.entry("drain", GatewayFrame.Drain.class),
          Map.entry("session_open", GatewayFrame.SessionOpen.class),
          Map.entry("session_turn", GatewayFrame.SessionTurn.class),
          Map.entry("session_cancel", GatewayFrame.SessionCancel.class),
          Map.entry("memory_sync", GatewayFrame.MemorySync.class),
          Map.entry("memory_query", GatewayFrame.MemoryQuery.class));

  private static final Map<String, Class<? extends LegacyFrame>> LEGACY =
      Map.ofEntries(
          Map.entry("hello", LegacyFrame.Hello.class),
          Map.entry("ping", LegacyFrame.Ping.class),
          Map.entry("pong", LegacyFrame.Pong.class),
          Map.entry("execute", LegacyFrame.Execute.class),
          Map.entry("execute_received", LegacyFrame.ExecuteReceived.class),
          Map.entry("execute_event", LegacyFrame.ExecuteEvent.class),
          Map.entry("execute_result", LegacyFrame.ExecuteResult.class),
          Map.entry("execute_ack", LegacyFrame.ExecuteAck.class));

  private Frames() {}

  /** True when the type belongs to protocol v1. */
  public static boolean isLegacy(String type) {
    return LEGACY.containsKey(type);
  }

  /**
   * The {@code type} of a frame.
   *
   * @throws InvalidMessage when it is no JSON object with a type
   */
  public static String typeOf(byte[] frame) {
    var type = Json.peek(frame, "type");
    if (type == null) throw new InvalidMessage("type", "is required");
    return type;
  }

  public static ExecutorFrame fromExecutor(byte[] frame) {
    return read(frame, FROM_EXECUTOR);
  }

  public static GatewayFrame fromGateway(byte[] frame) {
    return read(frame, FROM_GATEWAY);
  }

  public static LegacyFrame legacy(byte[] frame) {
    return read(frame, LEGACY);
  }

  public static byte[] write(ExecutorFrame frame) {
    return Json.write(frame);
  }

  public static byte[] write(GatewayFrame frame) {
    return Json.write(frame);
  }

  public static byte[] write(LegacyFrame frame) {
    return Json.write(frame);
  }

  private static <F> F read(byte[] frame, Map<String, Class<? extends F>> types) {
    var type = types.get(typeOf(frame));
    if (type == null) throw new InvalidMessage("type", "is unknown");
    return Json.read(frame, type);
  }
}
