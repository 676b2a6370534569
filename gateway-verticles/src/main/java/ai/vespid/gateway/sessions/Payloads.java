package ai.vespid.gateway.sessions;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.Pool;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.ResultStatus;
import ai.vespid.protocol.engine.Chunk.ToolCall;
import ai.vespid.protocol.session.Attachment;
import ai.vespid.protocol.session.ResetMode;
import ai.vespid.protocol.session.SessionEvent;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/** What stands in the payloads of events (contract 2.4). */
final class Payloads {
  private Payloads() {}

  /** Of {@code user_message} and {@code agent_message}. */
  record Message(String message, List<Attachment> attachments, Boolean delta) {
    static Message read(RawJson json) {
      return Json.read(json.bytes(), Message.class);
    }
  }

  /** Of {@code agent_final}. */
  record Answer(String message, Output output) {
    static Answer read(RawJson json) {
      return Json.read(json.bytes(), Answer.class);
    }
  }

  /** What came of a turn besides its text. */
  record Output(String engineId, int toolCalls, Usage usage) {}

  /** What an answer cost, in tokens of its model; said by engines that know it. */
  record Usage(long inputTokens, long outputTokens) {}

  /** Of {@code error}. */
  record Failure(String code, String message, String requestId) {}

  /** Of {@code tool_call} and {@code tool_result}. */
  record Tool(String requestId, Step stream) {
    static Tool read(RawJson json) {
      return Json.read(json.bytes(), Tool.class);
    }
  }

  /**
   * One use of a tool; {@code status} and what follows only when it has answered.
   *
   * @param signature of a call: told to the engine again with it; null when it wants none
   */
  record Step(
      String kind,
      int callIndex,
      String callId,
      String toolId,
      RawJson input,
      String signature,
      ResultStatus status,
      String error,
      RawJson output) {
    static Step called(int callIndex, ToolCall call) {
      return new Step(
          SessionEvent.TOOL_CALL,
          callIndex,
          call.id(),
          call.toolId(),
          call.input(),
          call.signature(),
          null,
          null,
          null);
    }

    static Step answered(int callIndex, String callId, String toolId, DispatchResult result) {
      return new Step(
          SessionEvent.TOOL_RESULT,
          callIndex,
          callId,
          toolId,
          null,
          null,
          result.status(),
          result.status() == ResultStatus.FAILED ? result.error() : null,
          result.output());
    }

    /** The call as the engine made it. */
    ToolCall call() {
      return new ToolCall(callId, toolId, input, signature);
    }
  }

  /** Of {@code system}. */
  record Action(
      String action, ResetMode mode, String requestId, String userId, Host from, Host to) {
    static Action reset(ResetMode mode, String userId) {
      return new Action("session_reset_agent", mode, null, userId, null, null);
    }

    static Action canceled(String requestId, String userId) {
      return new Action("session_turn_canceled", null, requestId, userId, null, null);
    }

    static Action failover(Host from, Host to) {
      return new Action("session_executor_failover", null, null, null, from, to);
    }

    static Action status(String action, String userId) {
      return new Action(action, null, null, userId, null, null);
    }
  }

  /** A host as failovers tell it. */
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record Host(String executorId, Pool pool) {}
}
