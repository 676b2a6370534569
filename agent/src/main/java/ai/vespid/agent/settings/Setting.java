package ai.vespid.agent.settings;

import java.util.List;

/**
 * Everything the agent can be told, with its environment variable, its key in the config file, and
 * the names the seeds give it, which are understood as well.
 */
public enum Setting {
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
      "how long a process of a script may take to end"),
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
      "ca_cert_path"),
  EXECUTOR_TOKEN(
      Form.SECRET,
      "VESPID_AGENT_EXECUTOR_TOKEN",
      "",
      "the one that is saved",
      "the agent's credential",
      "VENDETTA_AUTH_TOKEN"),
  GATEWAY(Form.TEXT, "VESPID_AGENT_GATEWAY_WS_URL", "", "the one that is saved", "where to dial"),
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
      "serves /debug/threads and /debug/heap there as well",
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
  UNSAFE_MANAGED(
      "unsafeManaged",
      Form.FLAG,
      "false",
      "a managed agent may run scripts on the host",
      "ALLOW_UNSAFE_LOCAL_WORKERS"),
  HOOKS("hooks", Form.PATH, "none", "folder with the programs of verbs", "scripts_root"),

  DOCKER_HOST(
      Form.TEXT,
      "DOCKER_HOST",
      "docker.host",
      "unix:///var/run/docker.sock",
      "the engine; it has to see the agent's files at the same paths"),
  DOCKER_IMAGE(
      "docker.image",
      Form.TEXT,
      "node:24-alpine",
      "the image of a task that names none",
      "AGENT_WORKER_IMAGE"),
  DOCKER_IMAGES(
      "docker.images",
      Form.TEXT,
      "*",
      "images a task may name, separated by commas; * stands for anything"),
  DOCKER_NETWORK_DEFAULT(
      "docker.networkDefault",
      Form.TEXT,
      "none",
      "network of a task that says nothing: none or enabled"),
  DOCKER_NETWORK(
      "docker.network",
      Form.TEXT,
      "bridge",
      "the engine's network that tasks with a network are in",
      "AGENT_WORKER_DOCKER_NETWORK"),
  DOCKER_DISABLE_NETWORK(
      "docker.disableNetwork",
      Form.FLAG,
      "false",
      "no task has a network, whatever it asks for",
      "AGENT_WORKER_DISABLE_NETWORK"),
  DOCKER_OUTPUT_CHARS(
      Form.NUMBER,
      "VESPID_AGENT_DOCKER_OUTPUT_MAX_CHARS",
      "docker.outputMaxChars",
      "65536",
      "what is kept of each stream, at least 1024"),
  DOCKER_TIMEOUT_MS(
      "docker.timeoutMs",
      Form.NUMBER,
      "what the dispatch says",
      "the longest a task may run, at least 1000"),
  DOCKER_MEMORY_MB(
      "docker.memoryMb",
      Form.NUMBER,
      "256",
      "memory of a task, swap included, at least 64",
      "MAX_MEMORY_PER_AGENT_MB"),
  DOCKER_CPUS(
      "docker.cpus",
      Form.DECIMAL,
      "1",
      "processors of a task, at least 0.1",
      "AGENT_WORKER_DOCKER_CPUS"),
  DOCKER_PIDS(
      "docker.pids",
      Form.NUMBER,
      "256",
      "processes and threads of a task, at least 64",
      "AGENT_WORKER_DOCKER_PIDS_LIMIT"),
  DOCKER_USER(
      "docker.user",
      Form.TEXT,
      "the agent's own, or 1000:1000 when that is root",
      "`uid:gid` that tasks run as, never root",
      "AGENT_WORKER_DOCKER_USER"),
  DOCKER_READONLY(
      "docker.readOnly",
      Form.FLAG,
      "true",
      "the image's files cannot be changed",
      "AGENT_WORKER_DOCKER_READONLY"),
  DOCKER_TMPFS(
      "docker.tmpfs",
      Form.TEXT,
      "/tmp:rw,nosuid,nodev,size=64m",
      "folders in memory, `/path:options` separated by commas, or none",
      "AGENT_WORKER_DOCKER_TMPFS"),
  DOCKER_CAP_DROP(
      "docker.capDrop",
      Form.TEXT,
      "ALL",
      "capabilities taken away, separated by commas",
      "AGENT_WORKER_DOCKER_CAP_DROP"),
  DOCKER_NO_NEW_PRIVS(
      "docker.noNewPrivileges",
      Form.FLAG,
      "true",
      "a setuid program gains nothing",
      "AGENT_WORKER_DOCKER_NO_NEW_PRIVS"),
  DOCKER_SECCOMP(
      Form.TEXT,
      "VESPID_AGENT_DOCKER_SECCOMP_PROFILE",
      "docker.seccompProfile",
      "the one that is shipped",
      "path of a JSON file with the system calls that are let through",
      "AGENT_WORKER_DOCKER_SECCOMP_PROFILE"),
  DOCKER_APPARMOR(
      "docker.appArmor",
      Form.TEXT,
      "the engine's",
      "name of a loaded AppArmor profile",
      "AGENT_WORKER_DOCKER_APPARMOR"),
  DOCKER_REQUIRE_APPARMOR(
      "docker.requireAppArmor",
      Form.FLAG,
      "false",
      "an engine without AppArmor is not used",
      "AGENT_WORKER_REQUIRE_APPARMOR"),
  DOCKER_SECURITY_OPTS(
      "docker.securityOpts",
      Form.TEXT,
      "none",
      "`seccomp=…`, `apparmor=…`, `label=…`, `no-new-privileges`, separated by commas",
      "AGENT_WORKER_DOCKER_SECURITY_OPTS"),
  DOCKER_ULIMITS(
      "docker.ulimits",
      Form.TEXT,
      "nofile=1024:2048,core=0",
      "`name=soft[:hard]` separated by commas, or none",
      "AGENT_WORKER_DOCKER_ULIMITS"),
  DOCKER_STORAGE_OPTS(
      "docker.storageOpts",
      Form.TEXT,
      "none",
      "`size=2G`, where the engine's storage has quotas",
      "AGENT_WORKER_DOCKER_STORAGE_OPTS"),
  DOCKER_MOUNT(
      "docker.mount",
      Form.TEXT,
      "none",
      "folders of this machine, `/path[:/inside][:rw]` separated by commas, else read-only",
      "AGENT_WORKER_DOCKER_MOUNT");

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
