package ai.vespid.gateway.sessions;

import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/** What an engine of a host came to (contract 7.5). */
record EngineAnswer(String text, List<ToolUsed> toolResults, @JsonProperty("_meta") Meta meta) {
  /** One use of a tool; {@code running} when it never ended. */
  record ToolUsed(int callIndex, String toolId, String status, RawJson input, RawJson output) {
    boolean ended() {
      return !"running".equals(status);
    }
  }

  /** What it took; tokens are null when the engine does not tell. */
  record Meta(Long inputTokens, Long outputTokens) {}

  EngineAnswer {
    toolResults = toolResults == null ? List.of() : List.copyOf(toolResults);
  }

  /** Whatever an agent answers is an answer: what is none of these is its text. */
  static EngineAnswer read(RawJson output) {
    if (output == null || output.equals(RawJson.NULL)) return said("");
    try {
      var answer = Json.read(output.bytes(), EngineAnswer.class);
      if (answer.text() != null) return answer;
    } catch (InvalidMessage e) {
      // An agent of another kind.
    }
    return said(output.text());
  }

  private static EngineAnswer said(String text) {
    return new EngineAnswer(text, null, null);
  }

  Payloads.Usage usage() {
    if (meta == null || meta.inputTokens() == null || meta.outputTokens() == null) return null;
    return new Payloads.Usage(meta.inputTokens(), meta.outputTokens());
  }
}
