package ai.vespid.worker.agents;

import ai.vespid.protocol.engine.Chunk.ToolCall;
import ai.vespid.protocol.engine.Inference.ToolResult;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;

/**
 * A step of an agent as it is kept. All else that it thinks with follows from these.
 *
 * <pre>
 *   Begun, *[ Answered, *[ Called, Observed ] ]
 * </pre>
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "step")
@JsonSubTypes({
  @JsonSubTypes.Type(value = AgentStep.Begun.class, name = "begun"),
  @JsonSubTypes.Type(value = AgentStep.Answered.class, name = "answered"),
  @JsonSubTypes.Type(value = AgentStep.Called.class, name = "called"),
  @JsonSubTypes.Type(value = AgentStep.Observed.class, name = "observed")
})
sealed interface AgentStep {
  /** Its time runs; who takes it over gives it no more. */
  record Begun(long deadlineMs) implements AgentStep {}

  /** What its engine said in one go, and what that took. */
  record Answered(String text, List<ToolCall> calls, long inputTokens, long outputTokens)
      implements AgentStep {
    public Answered {
      calls = List.copyOf(calls);
    }

    @Override
    public String toString() {
      return "Answered[" + text.length() + " characters, calls=" + calls.size() + "]";
    }
  }

  /** A tool is about to be used. */
  record Called(int index) implements AgentStep {}

  /** What came of it, as the engine is told. */
  record Observed(ToolResult result) implements AgentStep {}
}
