package ai.vespid.agent.settings;

import java.util.List;

/**
 * Everything the agent can be told, with its environment variable, its key in the config file, and
 * the names the seeds give it, which are understood as well.
 */
public enum Setting implements Configurable {
  CONFIG_PATH(Form.PATH, "VESPID_AGENT_CONFIG_PATH", "", "~/.vespid/agent.json", "the config file"),
  WORKSPACES(
      Form.PATH,
      "VESPID_EXECUTOR_WORKSPACE_CACHE_ROOT",
      "workspaces",
      "~/.vespid/workspaces",
      "runs' files, and the copies tasks work in",
      "cache_dir"),
  JOURNAL(
      Form.PATH,
      "VESPID_AGENT_JOURNAL_DIR",
      "journal",
      "beside the config file",
      "results that the gateway has not acknowledged yet"),
  BACKEND(
      Form.TEXT,
      "VESPID_AGENT_EXEC_BACKEND",
      "backend",
      "host",
      "where a script runs that does not say: host, docker, lxc or qemu",
      "AGENT_WORKER_RUNTIME",
      "VENDETTA_PROVIDER",
      "provider"),
  SANDBOXES(
      Form.TEXT,
      "VESPID_AGENT_SANDBOXES",
      "sandboxes",
      "the backend; with host, docker too where there is an engine",
      "all the backends scripts may ask for, separated by commas"),
  HOST_KILL_GRACE_MS(
      Form.NUMBER,
      "VESPID_AGENT_HOST_KILL_GRACE_MS",
      "host.killGraceMs",
      "500",
      "how long a process of a script may take to end; a canceled one has 250 at most"),
  HOST_OUTPUT_CHARS(
      Form.NUMBER,
      "VESPID_AGENT_HOST_OUTPUT_MAX_CHARS",
      "host.outputMaxChars",
      "65536",
      "what is kept of each stream, at least 1024"),
  STOP_GRACE_MS(
      Form.NUMBER,
      "VESPID_AGENT_STOP_GRACE_MS",
      "stopGraceMs",
      "10000",
      "how long work may take to end when the agent stops"),
  RESULTS_TTL_SEC(
      Form.NUMBER,
      "GATEWAY_RESULTS_TTL_SEC",
      "resultsTtlSec",
      "900",
      "how long a result is kept for the gateway, at least 60"),
  GITHUB_API(
      Form.TEXT,
      "GITHUB_API_BASE_URL",
      "githubApiBaseUrl",
      "https://api.github.com",
      "the GitHub that connector actions speak to"),
  TAGS(Form.TEXT, "VESPID_AGENT_TAGS", "tags", "none", "hints for people, separated by commas"),
  TLS_CA_FILE(
      Form.PATH,
      "VESPID_AGENT_TLS_CA_FILE",
      "tlsCaFile",
      "those of the system",
      "PEM file with the authorities that may vouch for the gateway",
      "VIW_AGENT_TRUST_BUNDLE",
      "ca_cert_path",
      "outbound.trust_bundle"),
  TLS_CRL_FILE(Form.PATH, "VESPID_AGENT_TLS_CRL_FILE", "tls.crlFile"),
  TLS_CERT_FILE(Form.PATH, "VESPID_AGENT_TLS_CERT_FILE", "tls.certFile"),
  TLS_KEY_FILE(Form.PATH, "VESPID_AGENT_TLS_KEY_FILE", "tls.keyFile"),
  TLS_PINS(Form.TEXT, "VESPID_AGENT_TLS_PINS", "tls.pins"),
  COMMAND_KEYS_FILE(Form.PATH, "VESPID_AGENT_COMMAND_KEYS_FILE", "commandKeysFile"),
  OFFLINE(Form.FLAG, "VESPID_AGENT_OFFLINE_MODE", "offline"),
  RETRY_FIRST(Form.DURATION, "VESPID_AGENT_RETRY_FIRST", "retry.first"),
  RETRY_MAX(Form.DURATION, "VESPID_AGENT_RETRY_MAX", "retry.max"),
  RETRY_ATTEMPTS(Form.NUMBER, "VESPID_AGENT_RETRY_ATTEMPTS", "retry.attempts"),
  PING_EVERY(Form.DURATION, "VESPID_AGENT_PING_EVERY", "ping.every"),
  PING_UNANSWERED(Form.NUMBER, "VESPID_AGENT_PING_UNANSWERED_MAX", "ping.unansweredMax"),
  PROXY(Form.SECRET, "VESPID_AGENT_PROXY_URL", "proxyUrl"),
  HTTPS_PROXY(Form.SECRET, "HTTPS_PROXY", ""),
  NO_PROXY(Form.TEXT, "NO_PROXY", ""),
  EXECUTOR_TOKEN(
      Form.SECRET,
      "VESPID_AGENT_EXECUTOR_TOKEN",
      "",
      "the one that is saved",
      "the agent's credential",
      "VENDETTA_AUTH_TOKEN"),
  GATEWAY(
      Form.TEXT,
      "VESPID_AGENT_GATEWAY_WS_URL",
      "",
      "the one that is saved",
      "where to dial",
      "VIW_AGENT_BACKEND_URL"),
  LOG_LEVEL(
      Form.TEXT,
      "VESPID_AGENT_LOG_LEVEL",
      "log.level",
      "info",
      "error, warn, info, debug or trace",
      "VENDETTA_LOG_LEVEL",
      "log_level",
      "agent.log_level"),
  LOG_FORMAT(Form.TEXT, "VESPID_AGENT_LOG_FORMAT", "log.format", "text", "text or json"),
  LOG_FILE(
      Form.PATH,
      "VESPID_AGENT_LOG_FILE",
      "log.file",
      "agent.log beside the config file",
      "what `logs` shows; none for standard error alone"),
  CONTROL_SOCKET(
      Form.PATH,
      "VESPID_AGENT_CONTROL_SOCKET",
      "controlSocket",
      "agent.sock beside the config file",
      "where `status` and `stop` find the agent"),
  HTTP_PORT(
      Form.NUMBER,
      "VESPID_AGENT_HTTP_PORT",
      "http.port",
      "none",
      "serves /health and /metrics to this machine alone"),
  DIAGNOSTICS(
      Form.FLAG,
      "VESPID_AGENT_DIAGNOSTICS",
      "http.diagnostics",
      "false",
      "serves /debug/threads, /debug/heap and /debug/jfr there as well",
      "VENDETTA_DEBUG_PPROF"),
  LXC_ROOTFS(
      Form.PATH,
      "VESPID_AGENT_LXC_ROOTFS",
      "lxc.rootFs",
      "none",
      "folder with the system files of LXC containers, whose limits are those of `docker`"),

  LXC_BRIDGE("lxc.bridge", Form.TEXT, "none", "`bridge:a.b.c.0/24` of those with a network"),
  QEMU_GUEST("qemu.guest", Form.PATH, "none", "folder with the `kernel` and `initrd` of machines"),
  SESSION_PROVIDERS(
      "session.providers", Form.TEXT, "all backends but host", "what sessions may be made of"),
  SESSION_FOLDERS(
      "session.folders", Form.TEXT, "a folder in `workspaces`", "where their workspaces may be"),
  SESSION_BOUNDS(
      "session.bounds",
      Form.TEXT,
      "count=1000 and this machine's memory",
      "`count=,memoryMb=,cpus=,diskMb=` of all sessions together, or none"),
  SESSION_PROGRAMS("session.programs", Form.TEXT, "*", "what `session.exec` may run"),
  COMMANDS("commands", Form.TEXT, "*", "commands it takes, as `session.*,system.*`, or none"),
  EXEC(
      "exec",
      Form.FLAG,
      "true",
      "with false whatever is asked for is denied; the agent still tells how it is",
      "VIW_AGENT_FEATURE_EXEC_ENABLE",
      "outbound.feature_exec_enable"),
  UNSAFE_MANAGED(
      "unsafeManaged",
      Form.FLAG,
      "false",
      "a managed agent may run scripts on the host",
      "ALLOW_UNSAFE_LOCAL_WORKERS"),
  PLUGINS("plugins", Form.PATH, "none", "folder with jars that add commands"),
  HOOKS(
      "hooks",
      Form.PATH,
      "none",
      "folder with the programs of verbs",
      "VIW_AGENT_SCRIPTS_ROOT",
      "scripts_root",
      "outbound.scripts_root"),

  DOCKER_HOST(Form.TEXT, "DOCKER_HOST", "docker.host"),
  DOCKER_IMAGE(Form.TEXT, "VESPID_AGENT_DOCKER_IMAGE", "docker.image"),
  DOCKER_IMAGES(Form.TEXT, "VESPID_AGENT_DOCKER_IMAGES", "docker.images"),
  DOCKER_NETWORK_DEFAULT(Form.TEXT, "VESPID_AGENT_DOCKER_NETWORK_DEFAULT", "docker.networkDefault"),
  DOCKER_NETWORK(Form.TEXT, "VESPID_AGENT_DOCKER_NETWORK", "docker.network"),
  DOCKER_DISABLE_NETWORK(Form.FLAG, "VESPID_AGENT_DOCKER_DISABLE_NETWORK", "docker.disableNetwork"),
  DOCKER_OUTPUT_CHARS(Form.NUMBER, "VESPID_AGENT_DOCKER_OUTPUT_MAX_CHARS", "docker.outputMaxChars"),
  DOCKER_TIMEOUT_MS(Form.NUMBER, "VESPID_AGENT_DOCKER_TIMEOUT_MS", "docker.timeoutMs"),
  DOCKER_MEMORY_MB(Form.NUMBER, "VESPID_AGENT_DOCKER_MEMORY_MB", "docker.memoryMb"),
  DOCKER_CPUS(Form.DECIMAL, "VESPID_AGENT_DOCKER_CPUS", "docker.cpus"),
  DOCKER_PIDS(Form.NUMBER, "VESPID_AGENT_DOCKER_PIDS", "docker.pids"),
  DOCKER_USER(Form.TEXT, "VESPID_AGENT_DOCKER_USER", "docker.user"),
  DOCKER_READONLY(Form.FLAG, "VESPID_AGENT_DOCKER_READONLY", "docker.readOnly"),
  DOCKER_TMPFS(Form.TEXT, "VESPID_AGENT_DOCKER_TMPFS", "docker.tmpfs"),
  DOCKER_CAP_DROP(Form.TEXT, "VESPID_AGENT_DOCKER_CAP_DROP", "docker.capDrop"),
  DOCKER_NO_NEW_PRIVS(Form.FLAG, "VESPID_AGENT_DOCKER_NO_NEW_PRIVS", "docker.noNewPrivileges"),
  DOCKER_SECCOMP(Form.TEXT, "VESPID_AGENT_DOCKER_SECCOMP_PROFILE", "docker.seccompProfile"),
  DOCKER_APPARMOR(Form.TEXT, "VESPID_AGENT_DOCKER_APPARMOR", "docker.appArmor"),
  DOCKER_REQUIRE_APPARMOR(
      Form.FLAG, "VESPID_AGENT_DOCKER_REQUIRE_APPARMOR", "docker.requireAppArmor"),
  DOCKER_SECURITY_OPTS(Form.TEXT, "VESPID_AGENT_DOCKER_SECURITY_OPTS", "docker.securityOpts"),
  DOCKER_ULIMITS(Form.TEXT, "VESPID_AGENT_DOCKER_ULIMITS", "docker.ulimits"),
  DOCKER_STORAGE_OPTS(Form.TEXT, "VESPID_AGENT_DOCKER_STORAGE_OPTS", "docker.storageOpts"),
  DOCKER_MOUNT(Form.TEXT, "VESPID_AGENT_DOCKER_MOUNT", "docker.mount");

  private final Form form;
  private final String variable;
  private final String key;
  private final String byDefault;
  private final String description;
  private final List<String> aliases;

  /** One whose variable has its own name. */
  Setting(String key, Form form, String byDefault, String description, String... aliases) {
    this.form = form;
    this.variable = "VESPID_AGENT_" + name();
    this.key = key;
    this.byDefault = byDefault;
    this.description = description;
    this.aliases = List.of(aliases);
  }

  /** What else is to be said of it stands in {@code settings.txt}, under its variable. */
  Setting(Form form, String variable, String key) {
    var words = Words.of(variable);
    this.form = form;
    this.variable = variable;
    this.key = key;
    this.byDefault = words.byDefault();
    this.description = words.description();
    this.aliases = words.aliases();
  }

  Setting(
      Form form,
      String variable,
      String key,
      String byDefault,
      String description,
      String... aliases) {
    this.form = form;
    this.variable = variable;
    this.key = key;
    this.byDefault = byDefault;
    this.description = description;
    this.aliases = List.of(aliases);
  }

  public Form form() {
    return form;
  }

  /** The environment variable. */
  public String variable() {
    return variable;
  }

  /** The place in the section {@code settings} of the config file; empty when it has none. */
  public String key() {
    return key;
  }

  /** For people; whoever uses the setting holds the default itself. */
  public String byDefault() {
    return byDefault;
  }

  public String description() {
    return description;
  }

  /** What the seeds call it: variables in capitals, keys of their config files in small letters. */
  public List<String> aliases() {
    return aliases;
  }
}
