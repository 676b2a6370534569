package ai.vespid.protocol.engine;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.RawJson;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;

/**
 * One question to an engine: all it is told, and what it may ask for.
 *
 * @param model null lets the engine choose
 * @param outputCharsMax the answer is cut there
 * @param timeoutMs how long it may take
 */
public record Inference(
    String engineId,
    String model,
    List<Said> said,
    List<Tool> tools,
    int outputCharsMax,
    int timeoutMs) {
  public Inference {
    Check.required("engineId", engineId);
    said = List.copyOf(said);
    tools = List.copyOf(tools);
  }

  /** What was said before, oldest first. */
  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "role")
  @JsonSubTypes({
    @JsonSubTypes.Type(value = System.class, name = "system"),
    @JsonSubTypes.Type(value = User.class, name = "user"),
    @JsonSubTypes.Type(value = Assistant.class, name = "assistant"),
    @JsonSubTypes.Type(value = ToolResult.class, name = "tool")
  })
  public sealed interface Said {
    /** How much of the context it takes, in characters. */
    int chars();
  }

  /** How the engine shall behave. */
  public record System(String text) implements Said {
    @Override
    public int chars() {
      return text.length();
    }
  }

  /** A person's message. */
  public record User(String text) implements Said {
    @Override
    public int chars() {
      return text.length();
    }
  }

  /** What the engine said; {@code calls} are the tools it asked for. */
  public record Assistant(String text, List<Chunk.ToolCall> calls) implements Said {
    public Assistant {
      calls = List.copyOf(calls);
    }

    @Override
    public int chars() {
      return text.length() + calls.stream().mapToInt(call -> call.input().size()).sum();
    }
  }

  /**
   * What a tool answered.
   *
   * @param callId of the {@link Chunk.ToolCall}
   */
  public record ToolResult(String callId, String toolId, boolean failed, String text)
      implements Said {
    @Override
    public int chars() {
      return text.length();
    }
  }

  /**
   * A tool the engine may ask for.
   *
   * @param inputSchema JSON Schema of its input
   */
  public record Tool(String id, String description, RawJson inputSchema) {}

  @Override
  public String toString() {
    return "Inference[" + engineId + ", said=" + said.size() + "]";
  }
}
