package ai.vespid.gateway.sessions;

import ai.vespid.protocol.ErrorCode;

/** How a turn ended. */
sealed interface Outcome {
  /** With an answer. */
  record Answered(String text, int toolCalls, Payloads.Usage usage) implements Outcome {
    Answered(String text, int toolCalls) {
      this(text, toolCalls, null);
    }
  }

  /** Without one; the code says why. */
  record Failed(ErrorCode code, String message) implements Outcome {}

  /** Somebody did not want it any more. */
  record Canceled(String byUserId) implements Outcome {}
}
