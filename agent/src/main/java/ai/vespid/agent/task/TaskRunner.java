package ai.vespid.agent.task;

import ai.vespid.agent.command.Node;
import ai.vespid.agent.connector.ActionCall;
import ai.vespid.agent.connector.Connector;
import ai.vespid.agent.engine.NodeEngines;
import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.agent.sandbox.Sandbox;
import ai.vespid.agent.sandbox.SandboxFailed;
import ai.vespid.agent.sandbox.Sandboxes;
import ai.vespid.agent.sandbox.ShellTask;
import ai.vespid.agent.task.ExecutePayload.Task;
import ai.vespid.agent.tool.Tools;
import ai.vespid.agent.workspace.Checkout;
import ai.vespid.agent.workspace.WorkspaceCache;
import ai.vespid.agent.workspace.WorkspaceFailed;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.NetworkMode;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.ResultStatus;
import ai.vespid.protocol.command.CommandCall;
import ai.vespid.protocol.connector.ActionFailed;
import ai.vespid.protocol.engine.KnownTools;
import ai.vespid.protocol.executor.ExecutorFrame.ToolResult;
import ai.vespid.protocol.executor.GatewayFrame.InvokeTool;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one dispatch to its result (contract 7.2 and 7.3). Blocks; every dispatch has a virtual
 * thread of its own. Whatever goes wrong becomes a failed result, never an exception.
 */
public final class TaskRunner {
  private static final Logger LOG = LoggerFactory.getLogger(TaskRunner.class);
  private static final int COMMAND_MARGIN_MS = 1_000;

  private final Sandboxes sandboxes;
  private final Map<String, Connector> connectors;
  private final WorkspaceCache workspaces;
  private final AgentRunTask agentRuns;
  private final Tools tools;
  private final ToolTask toolTasks;
  private final Optional<Node> node;

  /** One that takes no commands. */
  public TaskRunner(
      Sandboxes sandboxes,
      Map<String, Connector> connectors,
      WorkspaceCache workspaces,
      NodeEngines engines,
      Tools tools) {
    this(sandboxes, connectors, workspaces, engines, tools, Optional.empty());
  }

  /**
   * @param node what takes commands; empty when nothing does
   */
  public TaskRunner(
      Sandboxes sandboxes,
      Map<String, Connector> connectors,
      WorkspaceCache workspaces,
      NodeEngines engines,
      Tools tools,
      Optional<Node> node) {
    this.sandboxes = sandboxes;
    this.connectors = Map.copyOf(connectors);
    this.workspaces = workspaces;
    this.agentRuns = new AgentRunTask(engines, sandboxes, workspaces, tools);
    this.tools = tools;
    this.toolTasks = new ToolTask(tools, workspaces);
    this.node = node;
  }

  /** What takes commands here. */
  public Optional<Node> node() {
    return node;
  }

  /**
   * Runs it.
   *
   * @param progress takes what is told meanwhile; must not block
   */
  public ToolResult run(InvokeTool invoke, Cancellation cancellation, Consumer<RawJson> progress) {
    try {
      return switch (invoke.kind()) {
        case CONNECTOR_ACTION -> succeeded(invoke, act(invoke, cancellation), null);
        case AGENT_EXECUTE -> execute(invoke, cancellation);
        case AGENT_RUN -> agentRuns.run(invoke, cancellation, progress);
        case AGENT_COMMAND -> command(invoke, cancellation);
      };
    } catch (ActionFailed e) {
      return failed(invoke, e.error(), null);
    } catch (WorkspaceFailed e) {
      return failed(invoke, e.error(), null);
    } catch (SandboxFailed e) {
      return failed(invoke, e.error(), null);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return failed(invoke, ErrorCode.DISPATCH_CANCELED.name(), null);
    } catch (IOException | RuntimeException | OutOfMemoryError | StackOverflowError e) {
      // Errors too: a run without an answer would keep its place for ever.
      LOG.atWarn()
          .addKeyValue("request", invoke.requestId())
          .addKeyValue("cause", e.getClass().getSimpleName())
          .log("a task failed unexpectedly");
      return failed(invoke, ErrorCode.NODE_EXECUTION_FAILED.name(), null);
    }
  }

  private RawJson act(InvokeTool invoke, Cancellation cancellation) throws ActionFailed {
    ActionPayload payload;
    try {
      payload = Json.read(invoke.payload().bytes(), ActionPayload.class);
    } catch (InvalidMessage e) {
      throw new ActionFailed(ErrorCode.INVALID_ACTION_PAYLOAD.name());
    }
    var tool = KnownTools.CONNECTOR_PREFIX + payload.connectorId() + '.' + payload.actionId();
    if (!wanted(payload.allow(), tool)) {
      throw new ActionFailed(ErrorCode.TOOL_NOT_ALLOWED.with(tool));
    }
    var connector = connectors.get(payload.connectorId());
    if (connector == null || !connector.actions().contains(payload.actionId())) {
      throw new ActionFailed(
          ErrorCode.ACTION_NOT_SUPPORTED.with(payload.connectorId() + ":" + payload.actionId()));
    }
    cancellation.onCancel(Thread.currentThread()::interrupt);
    var baseUrl = payload.env() == null ? null : payload.env().githubApiBaseUrl();
    return connector.run(
        new ActionCall(
            payload.actionId(),
            payload.input(),
            invoke.secret(),
            baseUrl,
            invoke.requestId(),
            invoke.toolPolicy().timeoutMs()));
  }

  // As with the tools of this host: whoever sends it may be wrong about what its engine may use.
  private static boolean wanted(List<String> allow, String toolId) {
    return allow == null || KnownTools.allowed(allow, toolId);
  }

  private ToolResult command(InvokeTool invoke, Cancellation cancellation) {
    if (node.isEmpty()) return failed(invoke, ErrorCode.UNSUPPORTED_KIND.name(), null);
    CommandCall call;
    try {
      call = Json.read(invoke.payload().bytes(), CommandCall.class);
    } catch (InvalidMessage e) {
      return failed(invoke, ErrorCode.INVALID_COMMAND_PAYLOAD.name(), null);
    }
    int given = invoke.toolPolicy().timeoutMs();
    // Its result has to arrive before the gateway gives it up.
    long timeoutMs = Math.max(given / 2, given - COMMAND_MARGIN_MS);
    int charsMax = invoke.toolPolicy().outputMaxChars();
    var result = node.get().desk().run(call, invoke.secret(), timeoutMs, charsMax, cancellation);
    var json = RawJson.from(result);
    return switch (result.status()) {
      case SUCCESS -> succeeded(invoke, json, null);
      case FAILED -> failed(invoke, ErrorCode.COMMAND_FAILED.with(result.code()), json);
      case DENIED -> failed(invoke, ErrorCode.COMMAND_DENIED.with(result.code()), json);
      case TIMEOUT -> failed(invoke, ErrorCode.NODE_EXECUTION_TIMEOUT.name(), json);
    };
  }

  private ToolResult execute(InvokeTool invoke, Cancellation cancellation)
      throws WorkspaceFailed, SandboxFailed, IOException, InterruptedException {
    if (invoke.secret() != null) {
      return failed(invoke, ErrorCode.SECRET_NOT_ALLOWED_FOR_SHELL.name(), null);
    }
    ExecutePayload payload;
    try {
      var tool = ToolPayload.of(invoke.payload());
      if (tool.isPresent()) return toolTasks.run(invoke, tool.get(), cancellation);
      payload = Json.read(invoke.payload().bytes(), ExecutePayload.class);
    } catch (InvalidMessage e) {
      return failed(invoke, ErrorCode.INVALID_EXECUTE_PAYLOAD.name(), null);
    }
    var task = payload.task();
    if (task == null) {
      var accepted = Map.of("accepted", true, "taskId", payload.nodeId() + "-remote-task");
      return succeeded(invoke, RawJson.from(accepted), null);
    }
    if (!wanted(task.allow(), KnownTools.SHELL)) {
      return failed(invoke, ErrorCode.TOOL_NOT_ALLOWED.with(KnownTools.SHELL), null);
    }
    var sandbox = sandboxes.find(payload.backend());
    if (sandbox.isEmpty()) {
      var backend = sandboxes.nameOf(payload.backend());
      return failed(invoke, ErrorCode.SANDBOX_BACKEND_UNAVAILABLE.with(backend), null);
    }
    if (!sandbox.get().isolatesNetwork() && wantsNoNetwork(invoke, payload)) {
      return failed(invoke, ErrorCode.HOST_NETWORK_MODE_UNSUPPORTED.name(), null);
    }
    return inWorkspace(invoke, payload, task, sandbox.get(), cancellation);
  }

  // The default-deny of the policy is not the task's own wish (settled question 9).
  private static boolean wantsNoNetwork(InvokeTool invoke, ExecutePayload payload) {
    boolean policySaysSo =
        Boolean.TRUE.equals(invoke.toolPolicy().networkModeExplicit())
            && invoke.toolPolicy().networkMode() == NetworkMode.NONE;
    return policySaysSo || payload.network() == NetworkMode.NONE;
  }

  // What the policy states comes first; then what the node wishes (seed 001); a policy that came
  // without a statement says none by default, which leaves the backend's own default in force.
  private static NetworkMode network(InvokeTool invoke, ExecutePayload payload) {
    var policy = invoke.toolPolicy();
    boolean stated =
        Boolean.TRUE.equals(policy.networkModeExplicit())
            || policy.networkMode() == NetworkMode.ENABLED;
    return stated ? policy.networkMode() : payload.network();
  }

  private ToolResult inWorkspace(
      InvokeTool invoke,
      ExecutePayload payload,
      Task task,
      Sandbox sandbox,
      Cancellation cancellation)
      throws WorkspaceFailed, SandboxFailed, IOException, InterruptedException {
    try (Checkout files =
        workspaces.checkout(
            invoke.workspace(), invoke.workspaceAccess().downloadUrl(), cancellation)) {
      var output =
          sandbox.run(
              new ShellTask(
                  invoke.requestId(),
                  invoke.epoch(),
                  task.script(),
                  task.shell(),
                  task.env(),
                  payload.envPassthrough(),
                  files.directory(),
                  invoke.toolPolicy().timeoutMs(),
                  invoke.toolPolicy().outputMaxChars(),
                  new ShellTask.Wish(network(invoke, payload), payload.image())),
              cancellation);
      var json = RawJson.from(output);
      if (cancellation.cancelled()) {
        return failed(invoke, ErrorCode.DISPATCH_CANCELED.name(), json);
      }
      var error = output.failure();
      if (error != null) return failed(invoke, error, json);
      var uploaded =
          files.uploadIfChanged(
              invoke.workspace(), invoke.workspaceAccess().upload(), cancellation);
      return succeeded(invoke, json, uploaded.map(RawJson::from).orElse(null));
    }
  }

  static ToolResult succeeded(InvokeTool invoke, RawJson output, RawJson workspace) {
    return new ToolResult(
        invoke.requestId(), invoke.epoch(), ResultStatus.SUCCEEDED, output, null, workspace);
  }

  /** Ends what runs for tools, whatever uses them. */
  public void close() {
    tools.close();
  }

  /** A failed result for a dispatch. */
  public static ToolResult failed(InvokeTool invoke, String error, RawJson output) {
    return new ToolResult(
        invoke.requestId(), invoke.epoch(), ResultStatus.FAILED, output, error, null);
  }
}
