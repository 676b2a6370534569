package ai.vespid.protocol.engine;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.RawJson;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/**
 * A piece of an engine's answer.
 *
 * <pre>
 *   *[ Delta | ToolCall | Usage ], then Finish or Failed, and nothing after it
 * </pre>
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Chunk.Delta.class, name = "delta"),
  @JsonSubTypes.Type(value = Chunk.ToolCall.class, name = "tool_call"),
  @JsonSubTypes.Type(value = Chunk.Usage.class, name = "usage"),
  @JsonSubTypes.Type(value = Chunk.Finish.class, name = "finish"),
  @JsonSubTypes.Type(value = Chunk.Failed.class, name = "failed")
})
public sealed interface Chunk {
  /** About how much room it takes, in characters. */
  default int chars() {
    return 16;
  }

  /** True when nothing follows. */
  default boolean last() {
    return false;
  }

  /** Text that follows what came before, blanks and newlines as they are. */
  record Delta(String text) implements Chunk {
    @Override
    public int chars() {
      return text.length();
    }

    @Override
    public String toString() {
      return "Delta[" + text.length() + " characters]";
    }
  }

  /**
   * It wants a tool.
   *
   * @param id the engine's own, which comes back with the result
   * @param signature what the engine wants to be told again with this call and does not explain,
   *     such as a thought signature of Gemini; null when it wants nothing
   */
  record ToolCall(String id, String toolId, RawJson input, String signature) implements Chunk {
    /** One of an engine that wants nothing told again. */
    public ToolCall(String id, String toolId, RawJson input) {
      this(id, toolId, input, null);
    }

    @Override
    public int chars() {
      int signed = signature == null ? 0 : signature.length();
      return id.length() + toolId.length() + input.size() + signed;
    }
  }

  /** What it cost, in tokens; said at most once. */
  record Usage(long inputTokens, long outputTokens) implements Chunk {}

  /** It has said all. */
  record Finish(Reason reason) implements Chunk {
    @Override
    public boolean last() {
      return true;
    }
  }

  /**
   * It could not go on; what it said before is no answer.
   *
   * @param status what a provider answered over HTTP; null when that is not why
   */
  record Failed(ErrorCode code, String message, Integer status) implements Chunk {
    public Failed(ErrorCode code, String message) {
      this(code, message, null);
    }

    /** The code as HTTP callers read it, such as {@code OPENAI_REQUEST_FAILED:401}. */
    public String error() {
      return status == null ? code.name() : code.with(status);
    }

    @Override
    public boolean last() {
      return true;
    }
  }

  /** Why an engine stopped. */
  enum Reason {
    STOP,
    TOOL_CALLS,
    LENGTH
  }
}
