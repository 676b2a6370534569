package ai.vespid.agent;

import ai.vespid.agent.engine.EngineSettings;
import ai.vespid.agent.link.Backoff;
import ai.vespid.agent.link.Link;
import ai.vespid.agent.operation.ControlSocket;
import ai.vespid.agent.sandbox.docker.DockerOptions;
import ai.vespid.agent.sandbox.docker.DockerSettings;
import ai.vespid.agent.sandbox.lxc.LxcNetwork;
import ai.vespid.agent.settings.EngineSetting;
import ai.vespid.agent.settings.Problems;
import ai.vespid.agent.settings.Setting;
import ai.vespid.agent.settings.Settings;
import ai.vespid.agent.trust.Outward;
import ai.vespid.agent.trust.Proxy;
import ai.vespid.agent.trust.TrustChoice;
import ai.vespid.protocol.Limits;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.UnaryOperator;

/**
 * What the settings mean to the parts of the agent (contract 11, agent). A value that is none is an
 * error that names the variable, and a number below its floor is raised to it.
 */
record AgentSettings(Settings settings) {
  private static final Set<String> BACKENDS = Set.of("host", "docker", "lxc", "qemu");

  AgentSettings(Map<String, String> environment) {
    this(valid(environment));
  }

  private static Settings valid(Map<String, String> environment) {
    var problems = new Problems();
    var settings = Settings.of(environment, Map.of(), problems);
    problems.check();
    return settings;
  }

  Path workspaceRoot() {
    return settings.path(Setting.WORKSPACES).orElseGet(() -> home().resolve("workspaces"));
  }

  Path journal(Path configPath) {
    return settings.path(Setting.JOURNAL).orElseGet(() -> beside(configPath, "journal"));
  }

  String backend() {
    // What another generation called running without a container.
    var backend = settings.text(Setting.BACKEND, "host");
    return backend.equals("local") ? "host" : backend;
  }

  List<String> sandboxes() {
    return settings.list(Setting.SANDBOXES, "none");
  }

  /**
   * Where scripts may run. Who chose a container wants no script outside of one, whatever its
   * sender asks for; who chose the host has nothing to lose by offering containers too.
   */
  List<String> allowedBackends() {
    if (!sandboxes().isEmpty()) return sandboxes();
    return backend().equals("host") ? List.of("host", "docker") : List.of(backend());
  }

  EngineSettings engines() {
    return EngineSettings.of(settings);
  }

  Path skillsFolder() {
    return settings.path(EngineSetting.SKILLS).orElseGet(() -> home().resolve("skills"));
  }

  Optional<Path> mcpConfig() {
    return settings.path(EngineSetting.MCP_CONFIG);
  }

  Duration mcpStartMax() {
    return Duration.ofMillis(settings.number(EngineSetting.MCP_START_MS, 30_000, 1_000));
  }

  List<String> toolsAllow() {
    return settings.list(EngineSetting.TOOLS_ALLOW, "*");
  }

  /** Whether anything is executed here; else all that is asked for is denied. */
  boolean executes() {
    return settings.flag(Setting.EXEC, true);
  }

  /** Whether scripts of many organizations may run side by side outside of containers. */
  boolean unsafeManaged() {
    return settings.flag(Setting.UNSAFE_MANAGED, false);
  }

  /** Folder with the kernel and the first files of machines. */
  Path qemuGuest() {
    return settings.path(Setting.QEMU_GUEST).orElseThrow();
  }

  /** The bridge of LXC containers with a network; null for none. */
  LxcNetwork lxcNetwork(Problems problems) {
    var bridge = settings.text(Setting.LXC_BRIDGE, "none");
    return LxcNetwork.read(bridge, Setting.LXC_BRIDGE.variable(), problems);
  }

  Path lxcRootFs() {
    return settings.path(Setting.LXC_ROOTFS).orElseThrow();
  }

  DockerOptions docker() {
    var problems = new Problems();
    var options = docker(problems);
    problems.check();
    return options;
  }

  private DockerOptions docker(Problems problems) {
    return DockerSettings.read(settings, outputCharsMax(Setting.DOCKER_OUTPUT_CHARS), problems);
  }

  /** Tells all that is wrong before anything is begun. */
  void check(Problems problems) {
    if (!BACKENDS.contains(backend())) {
      problems.add(Setting.BACKEND.variable(), "must be host, docker, lxc or qemu");
    }
    if (!BACKENDS.containsAll(sandboxes())) {
      problems.add(Setting.SANDBOXES.variable(), "must be of host, docker, lxc and qemu");
    }
    if (!allowedBackends().contains(backend())) {
      problems.add(Setting.SANDBOXES.variable(), "must have the backend, " + backend());
    }
    // LXC has the same limits.
    if (!allowedBackends().equals(List.of("host"))) docker(problems);
    if (allowedBackends().contains("lxc") && settings.path(Setting.LXC_ROOTFS).isEmpty()) {
      problems.add(Setting.LXC_ROOTFS.variable(), "is required for lxc");
    }
    EngineSettings.unknown(settings)
        .ifPresent(name ->
            problems.add(EngineSetting.ENGINES.variable(), name + " is none of its engines"));
    if (allowedBackends().contains("qemu") && settings.path(Setting.QEMU_GUEST).isEmpty()) {
      problems.add(Setting.QEMU_GUEST.variable(), "is required for qemu");
    }
    lxcNetwork(problems);
    new NodeSettings(this).check(problems);
    if (!logLevel().matches("error|warn|info|debug|trace")) {
      problems.add(Setting.LOG_LEVEL.variable(), "must be error, warn, info, debug or trace");
    }
    if (!settings.text(Setting.LOG_FORMAT, "text").matches("text|json")) {
      problems.add(Setting.LOG_FORMAT.variable(), "must be text or json");
    }
    for (var proxy : List.of(Setting.PROXY, Setting.HTTPS_PROXY)) {
      var value = settings.text(proxy, "none");
      if (!value.equals("none") && Proxy.parse(value).isEmpty()) {
        problems.add(proxy.variable(), "must be http://[user:password@]host:port");
      }
    }
    if (httpPort() > 65_535) problems.add(Setting.HTTP_PORT.variable(), "must be a port");
  }

  long hostKillGraceMs() {
    return settings.number(Setting.HOST_KILL_GRACE_MS, 500, 0);
  }

  int hostOutputCharsMax() {
    return outputCharsMax(Setting.HOST_OUTPUT_CHARS);
  }

  int outputCharsMax(Setting setting) {
    // Two streams, each character of up to six bytes in JSON, fit into one frame.
    long charsMax = (Limits.FRAME_BYTES_MAX - 64 * 1024) / 12;
    return (int) Math.min(charsMax, settings.number(setting, 65_536, 1_024));
  }

  Duration stopGrace() {
    return Duration.ofMillis(settings.number(Setting.STOP_GRACE_MS, 10_000, 0));
  }

  Duration resultsTtl() {
    return Duration.ofSeconds(settings.number(Setting.RESULTS_TTL_SEC, 900, 60));
  }

  String githubBaseUrl() {
    return settings.text(Setting.GITHUB_API, "https://api.github.com");
  }

  List<String> tags() {
    return settings.list(Setting.TAGS, "none");
  }

  TrustChoice trust() {
    return new TrustChoice(
        settings.path(Setting.TLS_CA_FILE).orElse(null),
        settings.path(Setting.TLS_CRL_FILE).orElse(null),
        settings.path(Setting.TLS_CERT_FILE).orElse(null),
        settings.path(Setting.TLS_KEY_FILE).orElse(null),
        settings.list(Setting.TLS_PINS, "none"));
  }

  Link.Pace pace() {
    return new Link.Pace(
        settings.millis(Setting.PING_EVERY, Link.Pace.USUAL.pingMs(), 1_000),
        Link.Pace.USUAL.heartbeatMs(),
        (int) Math.min(1_000, settings.number(Setting.PING_UNANSWERED, 3, 1)));
  }

  Backoff.Patience patience() {
    long first = settings.millis(Setting.RETRY_FIRST, Backoff.Patience.USUAL.firstMs(), 1);
    long cap = settings.millis(Setting.RETRY_MAX, Backoff.Patience.USUAL.capMs(), first);
    boolean offline = settings.flag(Setting.OFFLINE, true);
    // The first one counts as well.
    int attempts = (int) Math.min(1_000, 1 + settings.number(Setting.RETRY_ATTEMPTS, 3, 0));
    return new Backoff.Patience(first, Math.max(first, cap), offline ? 0 : attempts);
  }

  /** Null to obey whatever comes on the link. */
  Path commandKeys() {
    return settings.path(Setting.COMMAND_KEYS_FILE).orElse(null);
  }

  /**
   * The way to this gateway; null for straight. Ours is for whatever is dialled, that of other
   * programs for TLS alone, as they use it.
   */
  Proxy proxy(URI gateway) {
    var own = settings.text(Setting.PROXY);
    if (own.isPresent()) return own.get().equals("none") ? null : proxy(own.get());
    boolean tls = gateway.getScheme().matches("(?i)wss|https");
    var exempt = settings.list(Setting.NO_PROXY, "none");
    if (!tls || Proxy.exempt(gateway.getHost(), exempt)) return null;
    return settings.text(Setting.HTTPS_PROXY).map(AgentSettings::proxy).orElse(null);
  }

  /** The way to everything else: ours for all, but for the hosts that need none. */
  Outward outward() {
    var exempt = settings.list(Setting.NO_PROXY, "none");
    return new Outward(uri ->
        uri.getHost() == null || Proxy.exempt(uri.getHost(), exempt)
            ? Optional.empty()
            : Optional.ofNullable(proxy(uri)));
  }

  /** The variables of this process for programs that call out, which go the same way. */
  UnaryOperator<String> environment() {
    var own = settings.text(Setting.PROXY);
    return name -> {
      if (own.isEmpty() || !name.matches("(?i)https?_proxy")) return System.getenv(name);
      return own.get().equals("none") ? null : own.get();
    };
  }

  private static Proxy proxy(String text) {
    return Proxy.parse(text)
        .orElseThrow(
            () -> new AgentFailure("PROXY_INVALID: write http://[user:password@]host:port"));
  }

  String logLevel() {
    return settings.text(Setting.LOG_LEVEL, "info").toLowerCase(Locale.ROOT);
  }

  boolean logsJson() {
    return settings.text(Setting.LOG_FORMAT, "text").equals("json");
  }

  /** Null for none. */
  Path logFile(Path configPath) {
    if (settings.text(Setting.LOG_FILE, "").equals("none")) return null;
    return settings.path(Setting.LOG_FILE).orElseGet(() -> beside(configPath, "agent.log"));
  }

  /** Where the command line finds the agent. A path too long for a socket gets one among others. */
  Path controlSocket(Path configPath) {
    var path =
        settings.path(Setting.CONTROL_SOCKET).orElseGet(() -> beside(configPath, "agent.sock"));
    if (path.toString().length() <= ControlSocket.PATH_BYTES_MAX - 30) return path;
    var name = UUID.nameUUIDFromBytes(path.toString().getBytes(StandardCharsets.UTF_8));
    return Path.of(System.getProperty("java.io.tmpdir"), "vespid-" + name, "agent.sock");
  }

  /** 0 for none. */
  int httpPort() {
    return (int) Math.min(1_000_000, settings.number(Setting.HTTP_PORT, 0, 0));
  }

  boolean diagnostics() {
    return settings.flag(Setting.DIAGNOSTICS, false);
  }

  private static Path beside(Path configPath, String name) {
    return configPath.toAbsolutePath().resolveSibling(name);
  }

  static Path home() {
    return Path.of(System.getProperty("user.home"), ".vespid");
  }

  @Override
  public String toString() {
    return "AgentSettings[backend=" + backend() + "]";
  }
}
