package ai.vespid.agent.engine;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/**
 * What came of a run, in the shape of contract 7.5.
 *
 * @param textTruncated true when the answer was longer than it may be; else null
 * @param json the answer as JSON, where JSON was asked for; else null
 * @param raw what the program wrote, cut
 */
public record EngineAnswer(
    String text,
    Boolean textTruncated,
    JsonNode json,
    List<ToolUse> toolResults,
    Raw raw,
    @JsonProperty("_meta") Meta meta) {
  /**
   * One tool that the engine used by itself.
   *
   * @param status {@code succeeded}, {@code failed}, or {@code running} when it never ended
   */
  public record ToolUse(
      int callIndex, String toolId, String status, JsonNode input, JsonNode output) {
    ToolUse ended(boolean failed, JsonNode what) {
      return new ToolUse(callIndex, toolId, failed ? "failed" : "succeeded", input, what);
    }
  }

  /** The two streams of the program. */
  public record Raw(String stdout, String stderr) {}

  /** What the run took. Tokens are null when the engine does not tell. */
  public record Meta(
      String engine, String model, int turns, int toolCalls, Long inputTokens, Long outputTokens) {}

  public EngineAnswer {
    toolResults = List.copyOf(toolResults);
  }

  /** The same, read as JSON. */
  public EngineAnswer withJson(JsonNode value) {
    return new EngineAnswer(text, textTruncated, value, toolResults, raw, meta);
  }

  /** Tells what it took alone: the text is the tenant's data. */
  @Override
  public String toString() {
    return "EngineAnswer[" + meta + "]";
  }
}
