package ai.vespid.agent;

import ai.vespid.agent.install.Install;
import ai.vespid.agent.operation.ControlSocket;
import ai.vespid.agent.operation.LogOutput;
import ai.vespid.agent.operation.StartPages;
import ai.vespid.agent.trust.GatewayHttp;
import ai.vespid.agent.trust.GatewayTrust;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Pool;
import ai.vespid.protocol.RawJson;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code vespid-agent}: pairs this machine with an organization and runs what it is given. */
@Command(
    name = "vespid-agent",
    description = "Runs work of a Vespid gateway on this machine.",
    mixinStandardHelpOptions = true,
    versionProvider = AgentCommand.Version.class,
    subcommands = {
      AgentCommand.Connect.class,
      AgentCommand.Start.class,
      Install.class,
      OperatorCommands.Stop.class,
      OperatorCommands.Status.class,
      OperatorCommands.Logs.class,
      OperatorCommands.Config.class,
      SessionCommand.class,
      Doctor.class
    })
public final class AgentCommand implements Callable<Integer> {
  private static final List<String> KINDS =
      List.of("connector.action", "agent.execute", "agent.run");

  public static void main(String[] args) {
    System.exit(args.length == 1 && args[0].equals("start") ? startAtOnce() : commandLine(args));
  }

  // As a service starts it. Reading a command line takes as long as all the rest.
  private static int startAtOnce() {
    try {
      return new Start().call();
    } catch (AgentFailure e) {
      System.err.println(e.getMessage());
      return 1;
    }
  }

  private static int commandLine(String[] args) {
    return line().execute(args);
  }

  /** All commands. */
  static CommandLine line() {
    var line = new CommandLine(new AgentCommand());
    // What follows the name of the session belongs to its program.
    line.getSubcommands().get("session").getSubcommands().get("exec").setStopAtPositional(true);
    return line.setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler((failure, command, _) -> {
          if (!(failure instanceof AgentFailure)) throw failure;
          command.getErr().println(failure.getMessage());
          return 1;
        });
  }

  @Override
  public Integer call() {
    return new Start().call();
  }

  /** What {@code --version} says. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"vespid-agent " + AgentVersion.CURRENT};
    }
  }

  /** Options that both ways of starting share. */
  static final class Common {
    @Option(names = "--config-path", description = "Where the agent keeps its credentials.")
    Path configPath;

    @Option(names = "--name", description = "How people see this agent; default the host name.")
    String name;

    @Option(
        names = {"--tags", "--labels"},
        split = ",",
        description = "Hints for people; routing uses the tags of the control plane.")
    List<String> tags;

    @Option(names = "--max-in-flight", description = "How much runs at once; 1 to 200.")
    Integer maxInFlight;

    List<String> tags(AgentSettings settings) {
      return tags != null ? tags : settings.tags();
    }

    AgentConfig.Capabilities capabilities(AgentSettings settings) {
      return new AgentConfig.Capabilities(KINDS, tags(settings), maxInFlight);
    }

    String name() {
      if (name != null) return name;
      try {
        return InetAddress.getLocalHost().getHostName();
      } catch (UnknownHostException e) {
        return "vespid-agent";
      }
    }
  }

  @Command(
      name = "connect",
      description = "Redeems a pairing token, remembers the credentials and starts.",
      mixinStandardHelpOptions = true)
  static final class Connect implements Callable<Integer> {
    @Option(
        names = "--pairing-token",
        defaultValue = "${env:VESPID_AGENT_PAIRING_TOKEN}",
        description = "Also from VESPID_AGENT_PAIRING_TOKEN, where no process list shows it.")
    String pairingToken;

    @Option(
        names = "--api-base",
        defaultValue = "${env:VESPID_API_BASE:-${env:VENDETTA_COORD_URL:-http://localhost:3001}}")
    String apiBase;

    @Option(names = "--no-start", description = "Only remembers the credentials.")
    boolean noStart;

    @CommandLine.Mixin Common common = new Common();

    @Override
    public Integer call() {
      if (pairingToken == null || pairingToken.isBlank()) {
        throw new AgentFailure("PAIRING_TOKEN_REQUIRED: --pairing-token");
      }
      var configuration = Configuration.read(System.getenv(), common.configPath);
      var settings = configuration.settings();
      var configPath = configuration.path();
      // Everything that can fail here fails before the token is spent.
      settings.check(configuration.problems());
      configuration.problems().check();
      var http = way(settings, apiBase);
      try (var _ = lock(configPath)) {
        var config = pair(http, valid(() -> common.capabilities(settings)));
        config.write(configPath);
        return noStart ? 0 : run(config, configPath, settings);
      } catch (IOException e) {
        throw new AgentFailure("EXECUTOR_CONFIG_INVALID: cannot write beside " + configPath);
      }
    }

    private AgentConfig pair(GatewayHttp http, AgentConfig.Capabilities capabilities) {
      var paired =
          new PairingClient(apiBase, http)
              .pair(pairingToken, common.name(), RawJson.from(capabilities));
      return valid(() ->
          new AgentConfig(
              Pool.BYON,
              paired.executorId() == null ? paired.agentId() : paired.executorId(),
              paired.executorToken() == null ? paired.agentToken() : paired.executorToken(),
              paired.organizationId(),
              paired.gatewayWsUrl(),
              apiBase,
              common.name(),
              AgentVersion.CURRENT,
              capabilities));
    }
  }

  @Command(
      name = "start",
      description = "Starts with the remembered credentials, or with those given.",
      mixinStandardHelpOptions = true)
  static final class Start implements Callable<Integer> {
    @Option(names = "--pool", description = "byon or managed; default managed with credentials.")
    Pool pool;

    @Option(names = "--executor-id")
    String executorId;

    @Option(
        names = "--executor-token",
        defaultValue = "${env:VESPID_AGENT_EXECUTOR_TOKEN}",
        description = "Also from VESPID_AGENT_EXECUTOR_TOKEN.")
    String executorToken;

    @Option(names = "--gateway-ws-url")
    String gatewayWsUrl;

    @Option(names = "--organization-id")
    String organizationId;

    @Option(names = "--api-base", defaultValue = "${env:VESPID_API_BASE}")
    String apiBase;

    @CommandLine.Mixin Common common = new Common();

    @Override
    public Integer call() {
      var configuration = Configuration.read(System.getenv(), common.configPath);
      var settings = configuration.settings();
      var configPath = configuration.path();
      settings.check(configuration.problems());
      var config = executorId == null ? saved(configuration) : valid(() -> given(settings));
      configuration.problems().check();
      checkContained(config, settings);
      try (var _ = lock(configPath)) {
        return run(config, configPath, settings);
      } catch (IOException e) {
        throw new AgentFailure("EXECUTOR_CONFIG_INVALID: cannot write beside " + configPath);
      }
    }

    private AgentConfig saved(Configuration configuration) {
      return valid(() -> {
        var saved = configuration.saved();
        return saved == null ? null : saved.with(common.name, common.tags, common.maxInFlight);
      });
    }

    private AgentConfig given(AgentSettings settings) {
      return new AgentConfig(
          pool == null ? Pool.MANAGED : pool,
          executorId,
          executorToken,
          organizationId,
          gatewayWsUrl,
          apiBase,
          common.name(),
          AgentVersion.CURRENT,
          common.capabilities(settings));
    }
  }

  private static <T> T valid(Supplier<T> source) {
    try {
      return source.get();
    } catch (InvalidMessage e) {
      throw new AgentFailure("EXECUTOR_CONFIG_INVALID: " + e.getMessage());
    }
  }

  // An address that is none is told by whoever calls it.
  private static GatewayHttp way(AgentSettings settings, String apiBase) {
    URI api;
    try {
      api = URI.create(apiBase);
    } catch (IllegalArgumentException e) {
      return GatewayHttp.PLAIN;
    }
    if (api.getScheme() == null || api.getHost() == null) return GatewayHttp.PLAIN;
    var trust = new GatewayTrust(settings.trust());
    trust.check(api);
    return new GatewayHttp(trust, settings.proxy(api));
  }

  // Organizations that know nothing of each other must not meet on one host.
  private static void checkContained(AgentConfig config, AgentSettings settings) {
    boolean host = settings.allowedBackends().contains("host");
    if (config.pool() == Pool.MANAGED && host && !settings.unsafeManaged()) {
      throw new AgentFailure(
          "MANAGED_POOL_REQUIRES_CONTAINER_SANDBOX: set VESPID_AGENT_EXEC_BACKEND to docker, lxc or"
              + " qemu, or VESPID_AGENT_UNSAFE_MANAGED to true");
    }
  }

  private static int run(AgentConfig config, Path configPath, AgentSettings settings)
      throws IOException {
    new GatewayTrust(settings.trust()).check(URI.create(config.gatewayWsUrl()));
    LogOutput.direct(settings.logLevel(), settings.logsJson(), settings.logFile(configPath));
    // Half of a start, beside the other half.
    var loop =
        CompletableFuture.supplyAsync(
            () -> Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1)));
    var agent = Assembly.agent(loop::join, config, configPath, settings);
    var vertx = loop.join();
    var grace = settings.stopGrace();
    var stopped = new CountDownLatch(1);
    var status = Assembly.status(agent, settings);
    var control = Assembly.control(settings.controlSocket(configPath), agent, status);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(() -> {
              agent.stop(grace);
              control.ifPresent(ControlSocket::close);
              stopped.countDown();
            }));
    agent.onGivingUp(code -> {
      System.err.println("REGISTRATION_FAILED: " + code);
      // On a thread of its own: the exit waits for the agent.
      Thread.ofPlatform().start(() -> System.exit(1));
    });
    agent.start();
    Assembly.pages(vertx, agent, status, settings);
    var pages = new StartPages();
    try {
      while (!stopped.await(StartPages.EVERY.toSeconds(), TimeUnit.SECONDS)) pages.release();
      return 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 1;
    }
  }

  // Two agents with one identity would take the connection from each other for ever.
  static FileLock lock(Path configPath) throws IOException {
    Files.createDirectories(configPath.toAbsolutePath().getParent());
    var file = configPath.resolveSibling(configPath.getFileName() + ".lock");
    var channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      var lock = channel.tryLock();
      if (lock != null) return lock;
    } catch (OverlappingFileLockException e) {
      channel.close();
      throw new AgentFailure("AGENT_ALREADY_RUNNING: another agent uses " + configPath);
    }
    channel.close();
    throw new AgentFailure("AGENT_ALREADY_RUNNING: another agent uses " + configPath);
  }
}
