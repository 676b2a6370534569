package ai.vespid.agent.task;

import ai.vespid.agent.engine.EngineAnswer;
import ai.vespid.agent.engine.EngineFailed;
import ai.vespid.agent.tool.JsonSchema;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.workflow.AgentRun;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** Finds the JSON in an answer, where JSON was asked for, and holds it against its schema. */
final class AnswerJson {
  private static final Pattern FENCED =
      Pattern.compile("\\A\\s*```(?:json)?\\s*\\n(.*?)\\n?```\\s*\\z", Pattern.DOTALL);

  private AnswerJson() {}

  /** What is wrong with a schema before an engine is asked to fit it. */
  static void check(AgentRun.Output output) throws EngineFailed {
    if (output.jsonSchema() == null) return;
    try {
      JsonSchema.of(output.jsonSchema());
    } catch (IllegalArgumentException e) {
      throw new EngineFailed(ErrorCode.INVALID_JSON_SCHEMA.name());
    }
  }

  /** The answer with its JSON; as it is where none was asked for. */
  static EngineAnswer in(EngineAnswer answer, AgentRun.Output output) throws EngineFailed {
    if (!output.mode().equals("json")) return answer;
    var fenced = FENCED.matcher(answer.text());
    var text = fenced.matches() ? fenced.group(1) : answer.text();
    try {
      var json = Json.read(text.getBytes(StandardCharsets.UTF_8), JsonNode.class);
      if (output.jsonSchema() != null) {
        var problem = JsonSchema.of(output.jsonSchema()).problemOf(RawJson.from(json));
        if (problem.isPresent()) throw invalid(problem.get(), answer);
      }
      return answer.withJson(json);
    } catch (InvalidMessage e) {
      throw invalid(e.getMessage(), answer);
    }
  }

  private static EngineFailed invalid(String why, EngineAnswer answer) {
    return new EngineFailed(ErrorCode.INVALID_AGENT_JSON_OUTPUT.with(why), answer);
  }
}
