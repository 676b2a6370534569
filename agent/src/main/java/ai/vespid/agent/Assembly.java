package ai.vespid.agent;

import ai.vespid.agent.command.Node;
import ai.vespid.agent.connector.ServiceConnector;
import ai.vespid.agent.engine.NodeEngines;
import ai.vespid.agent.mcp.McpHost;
import ai.vespid.agent.mcp.McpTools;
import ai.vespid.agent.operation.AgentStatus;
import ai.vespid.agent.operation.ControlSocket;
import ai.vespid.agent.operation.LocalPages;
import ai.vespid.agent.operation.Machine;
import ai.vespid.agent.sandbox.HostSandbox;
import ai.vespid.agent.sandbox.Owner;
import ai.vespid.agent.sandbox.Sandbox;
import ai.vespid.agent.sandbox.Sandboxes;
import ai.vespid.agent.sandbox.docker.DockerSandbox;
import ai.vespid.agent.sandbox.lxc.LxcSandbox;
import ai.vespid.agent.sandbox.qemu.QemuSandbox;
import ai.vespid.agent.settings.Problems;
import ai.vespid.agent.skill.Skills;
import ai.vespid.agent.task.TaskRunner;
import ai.vespid.agent.tool.ToolSource;
import ai.vespid.agent.tool.Tools;
import ai.vespid.agent.trust.CommandGate;
import ai.vespid.agent.trust.GatewayHttp;
import ai.vespid.agent.trust.GatewayTrust;
import ai.vespid.agent.work.Journal;
import ai.vespid.agent.work.Outbox;
import ai.vespid.agent.workspace.WorkspaceCache;
import ai.vespid.protocol.Pool;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes an agent of its parts. */
final class Assembly {
  private static final Logger LOG = LoggerFactory.getLogger(Assembly.class);
  private static final int RESULTS_MAX = 5_000;
  private static final long RESULT_BYTES_MAX = 16L * 1024 * 1024;
  private static final long REPEAT_MS = 5_000;

  private Assembly() {}

  static Agent agent(
      Supplier<Vertx> vertx, AgentConfig config, Path configPath, AgentSettings settings)
      throws IOException {
    var bootId = UUID.randomUUID().toString();
    var connectors = ServiceConnector.all(settings.githubBaseUrl(), settings.outward());
    var journal = new Journal(settings.journal(configPath), settings.resultsTtl(), RESULTS_MAX);
    var owner = Owner.self(config.executorId(), bootId);
    var sandboxes = sandboxes(settings, owner, journal.writer().orElse(""));
    journal.takeOver(bootId);
    var trust = new GatewayTrust(settings.trust());
    var gate = new CommandGate(settings.commandKeys(), config.executorId(), bootId);
    gate.read();
    var proxy = settings.proxy(URI.create(config.gatewayWsUrl()));
    var cache =
        new WorkspaceCache(
            settings.workspaceRoot(),
            WorkspaceCache.Limits.defaults(),
            new GatewayHttp(trust, proxy));
    var way = new Way(trust, proxy, gate, settings.pace(), settings.patience());
    var engines =
        new NodeEngines(
            settings.engines(),
            bootId,
            settings.workspaceRoot().resolve("engines").resolve(config.executorId()),
            settings.environment());
    var tools = tools(settings, sandboxes, bootId);
    // One of the managed pool is nobody's to command: sessions of one organization would be
    // another's.
    var node =
        config.pool() == Pool.BYON
            ? Optional.of(new NodeSettings(settings).node(owner, sandboxes))
            : Optional.<Node>empty();
    var runner = new TaskRunner(sandboxes, connectors, cache, engines, tools, node);
    var outbox =
        new Outbox(
            new Outbox.Limits(
                RESULTS_MAX, RESULT_BYTES_MAX, settings.resultsTtl().toMillis(), REPEAT_MS));
    var connectorIds = connectors.keySet().stream().sorted().toList();
    var parts =
        new AgentParts(
            bootId,
            way,
            runner,
            sandboxes,
            engines,
            connectorIds,
            journal,
            outbox,
            settings.workspaceRoot(),
            settings.executes());
    var agent = new Agent(vertx.get(), config, parts);
    node.ifPresent(one -> agent.meters().also(one::prometheus));
    return agent;
  }

  private static Tools tools(AgentSettings settings, Sandboxes sandboxes, String bootId) {
    var sources = new ArrayList<ToolSource>();
    sources.add(new Skills(settings.skillsFolder(), sandboxes));
    settings
        .mcpConfig()
        .map(file ->
            McpTools.start(
                file,
                new McpHost(
                    bootId,
                    AgentVersion.CURRENT,
                    settings.mcpStartMax(),
                    System::getenv,
                    settings.outward())))
        .ifPresent(sources::add);
    return new Tools(sources, settings.toolsAllow());
  }

  /** How the agent is, and its machine. Blocks. */
  static Supplier<AgentStatus> status(Agent agent, AgentSettings settings) {
    var machine = new Machine.Reader(settings.workspaceRoot());
    return () -> agent.status().on(machine.read());
  }

  /** The ear for the command line. An agent works without one as well. */
  static Optional<ControlSocket> control(Path path, Agent agent, Supplier<AgentStatus> status) {
    try {
      // On a thread of its own: the exit waits for the agent, and whoever asked for its answer.
      Runnable stop = () -> Thread.ofPlatform().start(() -> System.exit(0));
      return Optional.of(new ControlSocket(path, status, agent.commands(), stop));
    } catch (IOException | RuntimeException e) {
      LOG.atWarn()
          .addKeyValue("path", path)
          .addKeyValue("cause", e.getMessage())
          .log("status and stop will not find this agent");
      return Optional.empty();
    }
  }

  static void pages(
      Vertx vertx, Agent agent, Supplier<AgentStatus> status, AgentSettings settings) {
    int port = settings.httpPort();
    if (port == 0) return;
    try {
      new LocalPages(status, agent.meters(), settings.diagnostics()).listen(vertx, port);
    } catch (Exception e) {
      LOG.atWarn()
          .addKeyValue("port", port)
          .addKeyValue("cause", e.getMessage())
          .log("there are no pages for the monitoring of this machine");
    }
  }

  static Sandboxes sandboxes(AgentSettings settings, Owner owner, String bootBefore) {
    var host =
        new HostSandbox(
            owner.boot(),
            settings.hostKillGraceMs(),
            settings.hostOutputCharsMax(),
            System::getenv);
    // Whatever may run here from now on: an earlier agent may have been allowed to.
    if (!bootBefore.isEmpty()) host.endLeftBy(bootBefore);
    var made = new ArrayList<Sandbox>();
    for (var backend : settings.allowedBackends()) {
      made.add(
          switch (backend) {
            case "host" -> host;
            case "docker" ->
                new DockerSandbox(
                    settings.docker(),
                    owner,
                    bootBefore,
                    settings
                        .workspaceRoot()
                        .toAbsolutePath()
                        .resolve("trials")
                        .resolve(owner.agent()),
                    System::getenv);
            case "lxc" ->
                new LxcSandbox(
                    settings.docker(),
                    owner,
                    settings.lxcRootFs(),
                    settings.workspaceRoot().toAbsolutePath().resolve("lxc").resolve(owner.agent()),
                    settings.hostKillGraceMs(),
                    settings.lxcNetwork(new Problems()),
                    System::getenv);
            case "qemu" ->
                new QemuSandbox(
                    settings.docker(),
                    owner,
                    settings.qemuGuest(),
                    settings
                        .workspaceRoot()
                        .toAbsolutePath()
                        .resolve("qemu")
                        .resolve(owner.agent()),
                    settings.hostKillGraceMs(),
                    System::getenv);
            default -> throw new IllegalStateException(backend);
          });
    }
    return new Sandboxes(List.copyOf(made), settings.backend(), Set.copyOf(settings.sandboxes()));
  }
}
