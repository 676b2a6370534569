package ai.vespid.agent.task;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import java.util.List;
import java.util.Optional;

/**
 * The payload of an {@code agent.execute} that uses a tool by its name, our addition, or asks which
 * there are.
 */
record ToolPayload(Node node) {
  static final String USE = "tool";
  static final String LIST = "tools";

  record Node(Config config) {}

  record Config(Task task) {}

  /**
   * What is wanted.
   *
   * @param toolId null when the question is which there are
   * @param allow the tools that the sender lets be used
   */
  record Task(String type, String toolId, RawJson input, List<String> allow) {
    Task {
      Check.optionalText("task.toolId", toolId, 1, 200);
      allow = Check.texts("task.allow", allow, 1_000, 200);
      if (input == null) input = RawJson.of("{}");
    }

    @Override
    public String toString() {
      return "Task[" + type + ", " + toolId + "]";
    }
  }

  /** Empty when it is none of these. */
  static Optional<Task> of(RawJson payload) {
    var node = Json.read(payload.bytes(), ToolPayload.class).node();
    if (node == null || node.config() == null || node.config().task() == null) {
      return Optional.empty();
    }
    var task = node.config().task();
    if (LIST.equals(task.type())) return Optional.of(task);
    if (!USE.equals(task.type())) return Optional.empty();
    Check.required("task.toolId", task.toolId());
    return Optional.of(task);
  }
}
