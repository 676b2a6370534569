package ai.vespid.agent.task;

import ai.vespid.agent.engine.EngineAnswer;
import ai.vespid.agent.engine.EngineCall;
import ai.vespid.agent.engine.EngineFailed;
import ai.vespid.agent.engine.EventStream;
import ai.vespid.agent.engine.NodeEngines;
import ai.vespid.agent.engine.OfferedTools;
import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.agent.sandbox.Sandboxes;
import ai.vespid.agent.tool.Tool;
import ai.vespid.agent.tool.ToolCall;
import ai.vespid.agent.tool.ToolServer;
import ai.vespid.agent.tool.ToolSource;
import ai.vespid.agent.tool.Tools;
import ai.vespid.agent.workspace.Checkout;
import ai.vespid.agent.workspace.WorkspaceCache;
import ai.vespid.agent.workspace.WorkspaceFailed;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.NetworkMode;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.executor.ExecutorFrame.ToolResult;
import ai.vespid.protocol.executor.GatewayFrame.InvokeTool;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Consumer;

/**
 * Lets an engine of this machine carry out an {@code agent.run}. Its loop is its own; what it may
 * do is ours to say: without {@code shell.run} among its tools it only thinks, and never sees a
 * file.
 */
final class AgentRunTask {
  private static final String SHELL = "shell.run";

  private final NodeEngines engines;
  private final Sandboxes sandboxes;
  private final WorkspaceCache workspaces;
  private final Tools tools;

  AgentRunTask(NodeEngines engines, Sandboxes sandboxes, WorkspaceCache workspaces, Tools tools) {
    this.engines = engines;
    this.sandboxes = sandboxes;
    this.workspaces = workspaces;
    this.tools = tools;
  }

  ToolResult run(InvokeTool invoke, Cancellation cancellation, Consumer<RawJson> progress)
      throws WorkspaceFailed, IOException, InterruptedException {
    var events = new EventStream(engines.stream(), InstantSource.system(), progress);
    try {
      var payload = Json.read(invoke.payload().bytes(), AgentRunPayload.class);
      check(invoke, payload);
      // Whoever waits for a place, or for files, stops waiting.
      cancellation.onCancel(Thread.currentThread()::interrupt);
      return needsFiles(payload)
          ? inWorkspace(invoke, payload, events, cancellation)
          : succeeded(invoke, think(invoke, payload, null, events, cancellation), null);
    } catch (InvalidMessage | IllegalArgumentException e) {
      return TaskRunner.failed(invoke, ErrorCode.INVALID_AGENT_RUN_PAYLOAD.name(), null);
    } catch (EngineFailed e) {
      return TaskRunner.failed(invoke, e.error(), e.soFar().map(RawJson::from).orElse(null));
    } finally {
      events.close();
    }
  }

  private void check(InvokeTool invoke, AgentRunPayload payload) throws EngineFailed {
    var policy = invoke.toolPolicy();
    boolean noNetwork =
        Boolean.TRUE.equals(policy.networkModeExplicit())
            && policy.networkMode() == NetworkMode.NONE;
    // Its program is a process of this host.
    if (noNetwork) throw new EngineFailed(ErrorCode.HOST_NETWORK_MODE_UNSUPPORTED.name());
    if (payload.wantsKey() && payload.key(invoke.secret()).isEmpty()) {
      throw new EngineFailed(ErrorCode.SECRET_REQUIRED.name());
    }
    AnswerJson.check(payload.config().output());
    // Who keeps scripts in containers does not let an engine run them outside.
    if (mayWork(payload) && sandboxes.find("host").isEmpty()) {
      throw new EngineFailed(ErrorCode.TOOL_NOT_ALLOWED.with(SHELL));
    }
  }

  // The kind's name is what the original's lists have.
  private static boolean mayWork(AgentRunPayload payload) {
    var allow = payload.config().tools().allow();
    return allow.contains(SHELL) || allow.contains("agent.execute");
  }

  // Skills work in the run's files, also for an engine that does not see them.
  private boolean needsFiles(AgentRunPayload payload) {
    return mayWork(payload)
        || offered(payload).stream()
            .anyMatch(tool -> tools.source(tool.id()).filter(ToolSource::needsFiles).isPresent());
  }

  private List<Tool> offered(AgentRunPayload payload) {
    return tools.described(payload.config().tools().allow());
  }

  private ToolResult inWorkspace(
      InvokeTool invoke, AgentRunPayload payload, EventStream events, Cancellation cancellation)
      throws EngineFailed, WorkspaceFailed, IOException, InterruptedException {
    try (Checkout files =
        workspaces.checkout(
            invoke.workspace(), invoke.workspaceAccess().downloadUrl(), cancellation)) {
      var answer = think(invoke, payload, files.directory(), events, cancellation);
      var uploaded =
          files.uploadIfChanged(
              invoke.workspace(), invoke.workspaceAccess().upload(), cancellation);
      return succeeded(invoke, answer, uploaded.map(RawJson::from).orElse(null));
    }
  }

  private EngineAnswer think(
      InvokeTool invoke,
      AgentRunPayload payload,
      Path directory,
      EventStream events,
      Cancellation cancellation)
      throws EngineFailed, IOException, InterruptedException {
    var config = payload.config();
    var limits = config.limits();
    var policy = invoke.toolPolicy();
    var bounds =
        new EngineCall.Bounds(
            limits.maxTurns(),
            limits.maxToolCalls(),
            Math.min(limits.maxOutputChars(), policy.outputMaxChars()));
    var key =
        payload.key(invoke.secret()).map(value -> new EngineCall.Key(value, payload.baseUrl()));
    try (var server = server(invoke, payload, directory, cancellation)) {
      var call =
          new EngineCall(
              config.model(),
              EnginePrompt.of(payload),
              key.orElse(null),
              mayWork(payload),
              mayWork(payload) ? directory : null,
              policy.timeoutMs(),
              bounds,
              server == null ? OfferedTools.NONE : OfferedTools.of(server));
      return AnswerJson.in(
          engines.run(config.engine().id(), call, events, cancellation), config.output());
    }
  }

  // Null when there is nothing to offer.
  private ToolServer server(
      InvokeTool invoke, AgentRunPayload payload, Path directory, Cancellation cancellation)
      throws IOException {
    var offered = offered(payload);
    if (offered.isEmpty()) return null;
    return ToolServer.open(
        offered,
        (toolId, input) -> {
          var network = ToolTask.network(invoke);
          var call = new ToolCall(toolId, input, invoke, directory, network, cancellation);
          return tools.source(toolId).orElseThrow().use(call);
        });
  }

  private static ToolResult succeeded(InvokeTool invoke, EngineAnswer answer, RawJson workspace) {
    return TaskRunner.succeeded(invoke, RawJson.from(answer), workspace);
  }
}
