package ai.vespid.agent.task;

import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.agent.task.ToolPayload.Task;
import ai.vespid.agent.tool.Tool;
import ai.vespid.agent.tool.ToolCall;
import ai.vespid.agent.tool.ToolFailed;
import ai.vespid.agent.tool.ToolSource;
import ai.vespid.agent.tool.Tools;
import ai.vespid.agent.workspace.Checkout;
import ai.vespid.agent.workspace.WorkspaceCache;
import ai.vespid.agent.workspace.WorkspaceFailed;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.NetworkMode;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.executor.ExecutorFrame.ToolResult;
import ai.vespid.protocol.executor.GatewayFrame.InvokeTool;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Uses a tool by its name. The list of the sender is asked here too: a gateway that is wrong about
 * it must not be able to use what nobody wanted.
 */
final class ToolTask {
  /** The answer to which tools there are. */
  private record Described(List<Tool> tools) {}

  private final Tools tools;
  private final WorkspaceCache workspaces;

  ToolTask(Tools tools, WorkspaceCache workspaces) {
    this.tools = tools;
    this.workspaces = workspaces;
  }

  ToolResult run(InvokeTool invoke, Task task, Cancellation cancellation)
      throws WorkspaceFailed, IOException, InterruptedException {
    if (task.toolId() == null) {
      var described = new Described(tools.described(task.allow()));
      return TaskRunner.succeeded(invoke, RawJson.from(described), null);
    }
    try {
      var source = source(task);
      return source.needsFiles()
          ? inWorkspace(invoke, task, source, cancellation)
          : TaskRunner.succeeded(invoke, use(invoke, task, source, null, cancellation), null);
    } catch (ToolFailed e) {
      var error = cancellation.cancelled() ? ErrorCode.DISPATCH_CANCELED.name() : e.error();
      return TaskRunner.failed(invoke, error, e.output());
    }
  }

  private ToolSource source(Task task) throws ToolFailed {
    var id = task.toolId();
    var source =
        tools
            .source(id)
            .orElseThrow(() -> new ToolFailed(ErrorCode.TOOL_NOT_SUPPORTED.with(id), null));
    if (!Tools.allows(task.allow(), id) || !tools.allows(id)) {
      throw new ToolFailed(ErrorCode.TOOL_NOT_ALLOWED.with(id), null);
    }
    return source;
  }

  private ToolResult inWorkspace(
      InvokeTool invoke, Task task, ToolSource source, Cancellation cancellation)
      throws ToolFailed, WorkspaceFailed, IOException, InterruptedException {
    try (Checkout files =
        workspaces.checkout(
            invoke.workspace(), invoke.workspaceAccess().downloadUrl(), cancellation)) {
      var output = use(invoke, task, source, files.directory(), cancellation);
      var uploaded =
          files.uploadIfChanged(
              invoke.workspace(), invoke.workspaceAccess().upload(), cancellation);
      return TaskRunner.succeeded(invoke, output, uploaded.map(RawJson::from).orElse(null));
    }
  }

  private static RawJson use(
      InvokeTool invoke, Task task, ToolSource source, Path directory, Cancellation cancellation)
      throws ToolFailed, IOException, InterruptedException {
    var call =
        new ToolCall(task.toolId(), task.input(), invoke, directory, network(invoke), cancellation);
    return cut(source.use(call), invoke.toolPolicy().outputMaxChars());
  }

  // What is longer than an answer may be is told as a text of what fits.
  private static RawJson cut(RawJson output, int charsMax) {
    var text = output.text();
    return text.length() <= charsMax ? output : RawJson.from(text.substring(0, charsMax));
  }

  /** What a dispatch says about the network; null when it says nothing. */
  static NetworkMode network(InvokeTool invoke) {
    var policy = invoke.toolPolicy();
    boolean stated =
        Boolean.TRUE.equals(policy.networkModeExplicit())
            || policy.networkMode() == NetworkMode.ENABLED;
    return stated ? policy.networkMode() : null;
  }
}
