package ai.vespid.protocol.command;

import static ai.vespid.protocol.command.Argument.decimal;
import static ai.vespid.protocol.command.Argument.of;
import static ai.vespid.protocol.command.Argument.oneOf;
import static ai.vespid.protocol.command.Argument.ports;
import static ai.vespid.protocol.command.Argument.program;
import static ai.vespid.protocol.command.Argument.text;
import static ai.vespid.protocol.command.Argument.variables;
import static ai.vespid.protocol.command.Argument.whole;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Every command there is: {@code type.action} of seed 002 and the verbs of seed 003. Whoever sends
 * and whoever carries out reads the same list.
 */
public final class Commands {
  /** What a session may be called: it becomes part of names of files and containers. */
  public static final String SESSION_ID = "[A-Za-z0-9][A-Za-z0-9_.-]{0,62}";

  /** What plugins of agents add, which no list here has. */
  private static final String PLUGIN = "plugin\\.[A-Za-z0-9_-]{1,60}";

  private static final String USER = "[A-Za-z0-9_-]+";

  private static final Map<String, CommandShape> ALL = new LinkedHashMap<>();

  static {
    sessions();
    add("service.list");
    add("service.status", of("service", text(1, 128)));
    add("service.start", of("service", text(1, 128)));
    add("service.stop", of("service", text(1, 128)));
    add("system.status");
    add("system.info");
    add("system.health");
    hooks();
    containers();
  }

  private Commands() {}

  private static void add(String name, Argument... arguments) {
    ALL.put(name, new CommandShape(name, List.of(arguments)));
  }

  private static Argument sessionId() {
    return of(
        "session_id",
        text(1, 63, SESSION_ID, "1 to 63 letters, digits, dots, dashes and underscores"));
  }

  private static Argument username() {
    return of("username", text(3, 64, USER, "3 to 64 letters, digits, dashes and underscores"));
  }

  private static Argument secret(String name, int min, int max) {
    return of(name, text(min, max)).asSecret();
  }

  private static void sessions() {
    add(
        "session.create",
        sessionId(),
        of("workspace_path", text(1, 1_000)),
        of("provider", text(1, 20, "[a-z]+", "the name of a provider")).optional(),
        of("image", text(1, 200)).optional(),
        of("env", variables()).optional(),
        of("services", ports()).optional(),
        of("network", oneOf("none", "enabled")).optional(),
        of("memory_mb", whole(16, 1 << 24)).optional(),
        of("cpus", decimal(0.1, 1_024)).optional(),
        of("disk_mb", whole(1, 1 << 30)).optional());
    add("session.start", sessionId());
    add("session.stop", sessionId());
    add("session.destroy", sessionId());
    add("session.list");
    add(
        "session.exec",
        sessionId(),
        of("command", program()),
        of("env", variables()).optional(),
        of("timeout_ms", whole(1, 3_600_000)).optional());
  }

  private static void hooks() {
    add("create_panel_user", username(), secret("password", 8, 128));
    add(
        "create_openvpn_user",
        username(),
        secret("userpass", 8, 128),
        of("source_ip", text(2, 45, "[0-9a-fA-F.:]+", "an IP address")),
        secret("key", 1, 65_536),
        secret("hmac_key", 1, 65_536),
        of("timeout", whole(60, 86_400)));
    add("delete_user", username());
    add("list_users");
    add("generate_bootstrap", username(), sessionId(), of("ttl_seconds", whole(1, 31_536_000)));
    add("revoke_bootstrap", secret("bootstrap_token", 1, 4_096));
  }

  private static void containers() {
    add("terminate_session", sessionId());
    add("get_session_status", username());
    add(
        "spawn_container",
        username(),
        sessionId(),
        of("image", text(1, 200)).optional(),
        of("cpu", decimal(0.5, 4)).optional(),
        of("mem_mb", whole(256, 8_192)).optional(),
        of("egress_profile", oneOf("default", "strict")).optional());
    add("stop_container", of("container_id", text(1, 128, "[A-Za-z0-9][\\w.-]*", "an id")));
    add("list_containers");
    add("get_system_health");
    add("get_service_status");
    add("get_monitoring_data");
  }

  /** The shape of a command; empty when there is no such command. */
  public static Optional<CommandShape> find(String name) {
    if (name.matches(PLUGIN)) return Optional.of(new CommandShape(name, List.of(), true));
    return Optional.ofNullable(ALL.get(name));
  }

  /** All names, in the order of the documentation. */
  public static List<String> names() {
    return List.copyOf(ALL.keySet());
  }

  /** Why a name is none, in the words of the seeds. */
  public static String unknown(String name) {
    int dot = name.indexOf('.');
    if (dot < 0) return "unknown verb: " + name;
    var type = name.substring(0, dot);
    boolean known = ALL.keySet().stream().anyMatch(other -> other.startsWith(type + '.'));
    return known
        ? "unknown " + type + " command: " + name.substring(dot + 1)
        : "unknown command type: " + type;
  }
}
