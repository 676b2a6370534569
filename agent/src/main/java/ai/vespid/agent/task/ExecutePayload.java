package ai.vespid.agent.task;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.NetworkMode;
import ai.vespid.protocol.engine.Inference;
import java.util.List;
import java.util.Map;

/** The payload of {@code agent.execute} (contract 6 and 7.2). */
record ExecutePayload(String nodeId, Node node) {
  private static final int SCRIPT_CHARS_MAX = 200_000;
  private static final int TOOLS_MAX = Inference.TOOLS_MAX;
  private static final int TOOL_CHARS_MAX = 460;

  record Node(String id, String type, Config config) {}

  record Config(Task task, SandboxWish sandbox) {}

  record SandboxWish(
      String backend,
      NetworkMode network,
      Integer timeoutMs,
      Docker docker,
      List<String> envPassthroughAllowlist) {
    record Docker(String image) {
      Docker {
        Check.optionalText("docker.image", image, 1, 200);
      }
    }

    SandboxWish {
      envPassthroughAllowlist =
          Check.texts("envPassthroughAllowlist", envPassthroughAllowlist, 50, 120);
    }
  }

  /** The tools of an engine; null stays null: then it is no engine that wants something. */
  static List<String> tools(String path, List<String> allow) {
    return allow == null ? null : Check.texts(path, allow, TOOLS_MAX, TOOL_CHARS_MAX);
  }

  /**
   * What is to be run.
   *
   * @param allow the tools of whoever wants it; null when it is no tool of an engine
   */
  record Task(
      String type, String script, String shell, Map<String, String> env, List<String> allow) {
    Task {
      if (!"shell".equals(type)) throw new InvalidMessage("task.type", "must be shell");
      Check.text("task.script", script, 1, SCRIPT_CHARS_MAX);
      if (shell == null) shell = "sh";
      if (!shell.equals("sh") && !shell.equals("bash")) {
        throw new InvalidMessage("task.shell", "must be sh or bash");
      }
      env = env == null ? Map.of() : Map.copyOf(env);
      allow = tools("task.allow", allow);
    }

    @Override
    public String toString() {
      return "Task[" + shell + "]";
    }
  }

  ExecutePayload {
    Check.text("nodeId", nodeId, 1, 460);
  }

  Task task() {
    return node == null || node.config() == null ? null : node.config().task();
  }

  private SandboxWish wish() {
    return node == null || node.config() == null ? null : node.config().sandbox();
  }

  String backend() {
    return wish() == null ? null : wish().backend();
  }

  NetworkMode network() {
    return wish() == null ? null : wish().network();
  }

  String image() {
    return wish() == null || wish().docker() == null ? null : wish().docker().image();
  }

  List<String> envPassthrough() {
    return wish() == null ? List.of() : wish().envPassthroughAllowlist();
  }
}
