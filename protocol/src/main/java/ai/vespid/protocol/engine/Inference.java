package ai.vespid.protocol.engine;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.Limits;
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
 * @param secret whose account is used, as it travels; null means the operator's own
 */
public record Inference(
    String engineId,
    String model,
    List<Said> said,
    List<Tool> tools,
    int outputCharsMax,
    int timeoutMs,
    String secret) {
  public static final int SAID_MAX = 20_000;
  public static final int TOOLS_MAX = 1_000;
  public static final int OUTPUT_CHARS_MAX = 2_000_000;

  public Inference {
    Check.text("engineId", engineId, 1, 120);
    Check.optionalText("model", model, 1, 200);
    said = List.copyOf(Check.required("said", said));
    tools = tools == null ? List.of() : List.copyOf(tools);
    Check.range("said", said.size(), 0, SAID_MAX);
    Check.range("tools", tools.size(), 0, TOOLS_MAX);
    Check.range("outputCharsMax", outputCharsMax, 1, OUTPUT_CHARS_MAX);
    Check.range("timeoutMs", timeoutMs, 1, Limits.TIMEOUT_MS_MAX);
  }

  /** With the operator's account. */
  public Inference(
      String engineId,
      String model,
      List<Said> said,
      List<Tool> tools,
      int outputCharsMax,
      int timeoutMs) {
    this(engineId, model, said, tools, outputCharsMax, timeoutMs, null);
  }

  /** The same with another secret, or none. */
  public Inference withSecret(String another) {
    return new Inference(engineId, model, said, tools, outputCharsMax, timeoutMs, another);
  }

  /** How much it is told, in characters. */
  public int chars() {
    return said.stream().mapToInt(Said::chars).sum()
        + tools.stream().mapToInt(tool -> tool.inputSchema().size()).sum();
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
