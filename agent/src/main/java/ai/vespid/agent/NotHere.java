package ai.vespid.agent;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.executor.ExecutorFrame;
import ai.vespid.protocol.executor.ExecutorFrame.MemoryQueryResult;
import ai.vespid.protocol.executor.ExecutorFrame.MemorySyncResult;
import ai.vespid.protocol.executor.ExecutorFrame.TurnError;
import ai.vespid.protocol.executor.GatewayFrame;
import ai.vespid.protocol.executor.MemoryStatus;
import java.util.Map;

/**
 * What agents of the original do and ours leave to the gateway: sessions, and what these remember.
 * A gateway that asks for it is told so and does not wait.
 */
final class NotHere {
  private NotHere() {}

  static ExecutorFrame session(String requestId, String sessionId) {
    var code = ErrorCode.EXECUTOR_UNSUPPORTED_ENGINE.name();
    return new TurnError(requestId, sessionId, code, "this agent has no engine");
  }

  static ExecutorFrame memory(GatewayFrame.MemorySync sync) {
    var details = RawJson.from(Map.of("error", ErrorCode.MEMORY_SYNC_FAILED.name()));
    return new MemorySyncResult(sync.requestId(), sync.sessionId(), MemoryStatus.FAILED, details);
  }

  static ExecutorFrame memory(GatewayFrame.MemoryQuery query) {
    var error = ErrorCode.MEMORY_QUERY_FAILED.name();
    return new MemoryQueryResult(
        query.requestId(), query.sessionId(), MemoryStatus.FAILED, null, error);
  }
}
