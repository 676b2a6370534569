package ai.vespid.agent.sandbox.docker;

import ai.vespid.agent.settings.Problems;
import ai.vespid.agent.settings.Setting;
import ai.vespid.agent.settings.Settings;
import com.github.dockerjava.api.model.AccessMode;
import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.Ulimit;
import com.github.dockerjava.api.model.Volume;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Reads the options of seeds 001 and 004. What cannot be understood is a problem and never left
 * out: a limit that is silently not there is worse than an agent that does not start.
 */
public final class DockerSettings {
  private static final long MIB = 1024L * 1024;
  private static final Set<String> ULIMITS =
      Set.of(
          "core",
          "cpu",
          "data",
          "fsize",
          "locks",
          "memlock",
          "msgqueue",
          "nice",
          "nofile",
          "nproc",
          "rss",
          "rtprio",
          "rttime",
          "sigpending",
          "stack");
  private static final Pattern ULIMIT =
      Pattern.compile("([a-z]+)=(-?\\d{1,18})(?::(-?\\d{1,18}))?");
  private static final Pattern TMPFS_OPTION =
      Pattern.compile(
          "rw|ro|(no)?(exec|suid|dev|atime)|size=\\d+[kmg]?|mode=[0-7]{3,4}|(uid|gid)=\\d+");
  private static final Pattern USER = Pattern.compile("(\\d{1,9}):(\\d{1,9})");
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}");
  private static final DockerOptions.User USUAL = new DockerOptions.User(1000, 1000);

  private final Settings settings;
  private final Problems problems;
  private String seccomp;
  private String appArmor;
  private boolean noNewPrivileges;
  private final List<String> labels = new ArrayList<>();

  private DockerSettings(Settings settings, Problems problems) {
    this.settings = settings;
    this.problems = problems;
  }

  /**
   * @param outputCharsMax the most that fits into a result
   */
  public static DockerOptions read(Settings settings, int outputCharsMax, Problems problems) {
    return new DockerSettings(settings, problems).options(outputCharsMax);
  }

  private DockerOptions options(int outputCharsMax) {
    var host = settings.text(Setting.DOCKER_HOST, "unix:///var/run/docker.sock");
    if (!host.matches("(unix:///|tcp://)\\S+")) {
      wrong(Setting.DOCKER_HOST, "must begin with unix:/// or tcp://");
    }
    long timeoutMsMax =
        settings.text(Setting.DOCKER_TIMEOUT_MS).isEmpty()
            ? 0
            : settings.number(Setting.DOCKER_TIMEOUT_MS, 0, 1_000);
    return new DockerOptions(
        host, images(), limits(), files(), privileges(), network(), timeoutMsMax, outputCharsMax);
  }

  private void wrong(Setting setting, String what) {
    problems.add(setting.variable(), what);
  }

  private DockerOptions.Images images() {
    var usual = settings.text(Setting.DOCKER_IMAGE, "node:24-alpine");
    if (!ImageName.valid(usual)) wrong(Setting.DOCKER_IMAGE, "must be the name of an image");
    return new DockerOptions.Images(usual, settings.list(Setting.DOCKER_IMAGES, "*"));
  }

  private DockerOptions.Limits limits() {
    var cpus = settings.decimal(Setting.DOCKER_CPUS, "1", "0.1");
    if (cpus.compareTo(BigDecimal.valueOf(10_000)) > 0) {
      wrong(Setting.DOCKER_CPUS, "must be at most 10000");
    }
    return new DockerOptions.Limits(
        Math.min(settings.number(Setting.DOCKER_MEMORY_MB, 256, 64), MIB) * MIB,
        cpus.movePointRight(9).longValue(),
        settings.number(Setting.DOCKER_PIDS, 256, 64),
        ulimits());
  }

  private List<Ulimit> ulimits() {
    var ulimits = new ArrayList<Ulimit>();
    for (var entry : settings.list(Setting.DOCKER_ULIMITS, "nofile=1024:2048,core=0")) {
      var parts = ULIMIT.matcher(entry);
      if (!parts.matches() || !ULIMITS.contains(parts.group(1))) {
        wrong(Setting.DOCKER_ULIMITS, "must be name=soft[:hard], separated by commas");
        continue;
      }
      long soft = Long.parseLong(parts.group(2));
      long hard = parts.group(3) == null ? soft : Long.parseLong(parts.group(3));
      if (hard >= 0 && (soft < 0 || soft > hard)) {
        wrong(Setting.DOCKER_ULIMITS, "has a soft limit above its hard one: " + parts.group(1));
      }
      ulimits.add(new Ulimit(parts.group(1), soft, hard));
    }
    return ulimits;
  }

  private DockerOptions.Files files() {
    return new DockerOptions.Files(
        settings.flag(Setting.DOCKER_READONLY, true), tmpfs(), mounts(), storage());
  }

  // Commas separate the folders and the options of each; what begins with / is a folder.
  private Map<String, String> tmpfs() {
    var text = settings.text(Setting.DOCKER_TMPFS, "/tmp:rw,nosuid,nodev,size=64m");
    var tmpfs = new LinkedHashMap<String, String>();
    if (text.equals("none")) return tmpfs;
    for (var entry : text.split(",(?=\\s*/)")) {
      var parts = entry.strip().split(":", 2);
      var options = parts.length == 1 ? "" : parts[1];
      boolean known =
          options.isEmpty()
              || Stream.of(options.split(",", -1)).allMatch(o -> TMPFS_OPTION.matcher(o).matches());
      if (!parts[0].matches("/[^:,\\s]+") || parts[0].matches("/work/?") || !known) {
        wrong(Setting.DOCKER_TMPFS, "must be /path[:options], separated by commas, and not /work");
      } else {
        // Without a size a folder may take half of the machine's memory.
        var size = options.contains("size=") ? "" : options.isEmpty() ? "size=64m" : ",size=64m";
        tmpfs.put(parts[0], options + size);
      }
    }
    return tmpfs;
  }

  private List<Bind> mounts() {
    var mounts = new ArrayList<Bind>();
    for (var entry : settings.list(Setting.DOCKER_MOUNT, "none")) {
      var parts = entry.split(":");
      boolean writable = parts[parts.length - 1].equals("rw");
      boolean hasMode = writable || parts[parts.length - 1].equals("ro");
      int paths = hasMode ? parts.length - 1 : parts.length;
      if (paths < 1
          || paths > 2
          || !parts[0].startsWith("/")
          || !parts[paths - 1].startsWith("/")) {
        wrong(Setting.DOCKER_MOUNT, "must be /path[:/inside][:ro|rw], separated by commas");
        continue;
      }
      var outside = real(Path.of(parts[0]));
      if (outside == null) {
        wrong(Setting.DOCKER_MOUNT, "names no folder: " + parts[0]);
      } else if (opensTheMachine(outside) || Path.of(parts[paths - 1]).startsWith("/work")) {
        wrong(Setting.DOCKER_MOUNT, "may not hold the engine's socket, nor cover /work: " + entry);
      } else {
        var mode = writable ? AccessMode.rw : AccessMode.ro;
        mounts.add(new Bind(outside.toString(), new Volume(parts[paths - 1]), mode));
      }
    }
    return mounts;
  }

  // As the engine will find it, with all links followed; null when there is no such folder.
  private static Path real(Path folder) {
    try {
      return Files.isDirectory(folder) ? folder.toRealPath() : null;
    } catch (IOException e) {
      return null;
    }
  }

  // Whoever reaches the engine's socket, or the whole disk, is root of this machine.
  private boolean opensTheMachine(Path folder) {
    var socket = settings.text(Setting.DOCKER_HOST, "unix:///var/run/docker.sock");
    return Stream.of(
            socket.replaceFirst("^unix://", ""), "/run/docker.sock", "/proc", "/sys", "/dev")
        .anyMatch(path -> path.startsWith("/") && Path.of(path).startsWith(folder));
  }

  private Map<String, String> storage() {
    var storage = new LinkedHashMap<String, String>();
    for (var entry : settings.list(Setting.DOCKER_STORAGE_OPTS, "none")) {
      if (!entry.matches("size=\\d{1,9}[kKmMgGtT]?")) {
        wrong(Setting.DOCKER_STORAGE_OPTS, "must be size=<number>[k|m|g|t]");
      } else {
        storage.put("size", entry.substring("size=".length()));
      }
    }
    return storage;
  }

  private DockerOptions.Privileges privileges() {
    noNewPrivileges = settings.flag(Setting.DOCKER_NO_NEW_PRIVS, true);
    settings.text(Setting.DOCKER_SECCOMP).ifPresent(path -> seccomp(Setting.DOCKER_SECCOMP, path));
    settings
        .text(Setting.DOCKER_APPARMOR)
        .ifPresent(name -> appArmor(Setting.DOCKER_APPARMOR, name));
    for (var option : settings.list(Setting.DOCKER_SECURITY_OPTS, "none")) securityOption(option);
    return new DockerOptions.Privileges(
        user(),
        dropped(),
        noNewPrivileges,
        seccomp == null ? SeccompProfile.shipped() : seccomp,
        appArmor,
        settings.flag(Setting.DOCKER_REQUIRE_APPARMOR, false),
        List.copyOf(labels));
  }

  private void securityOption(String option) {
    var parts = option.split("[=:]", 2);
    var value = parts.length == 1 ? "" : parts[1];
    switch (parts[0]) {
      case "seccomp" -> seccomp(Setting.DOCKER_SECURITY_OPTS, value);
      case "apparmor" -> appArmor(Setting.DOCKER_SECURITY_OPTS, value);
      case "no-new-privileges" -> {
        if (!value.matches("|true|false")) wrong(Setting.DOCKER_SECURITY_OPTS, "has a bad flag");
        noNewPrivileges = !value.equals("false");
      }
      case "label" -> labels.add("label=" + value);
      default -> wrong(Setting.DOCKER_SECURITY_OPTS, "has an option that is none: " + parts[0]);
    }
  }

  private void seccomp(Setting setting, String path) {
    if (seccomp != null) wrong(setting, "names a second seccomp profile");
    try {
      seccomp = SeccompProfile.read(path);
    } catch (IOException e) {
      wrong(setting, "names no seccomp profile: " + path + ": " + e.getMessage());
    }
  }

  private void appArmor(Setting setting, String name) {
    if (appArmor != null) wrong(setting, "names a second AppArmor profile");
    if (!NAME.matcher(name).matches()) wrong(setting, "must name an AppArmor profile");
    appArmor = name;
  }

  private List<Capability> dropped() {
    var dropped = new ArrayList<Capability>();
    for (var name : settings.list(Setting.DOCKER_CAP_DROP, "ALL")) {
      try {
        dropped.add(Capability.valueOf(name.replaceFirst("^CAP_", "")));
      } catch (IllegalArgumentException e) {
        wrong(Setting.DOCKER_CAP_DROP, "has a capability that is none: " + name);
      }
    }
    return dropped;
  }

  private DockerOptions.User user() {
    var text = settings.text(Setting.DOCKER_USER).orElse(null);
    if (text == null) return usualUser();
    var parts = USER.matcher(text);
    if (!parts.matches() || parts.group(1).matches("0+")) {
      wrong(Setting.DOCKER_USER, "must be uid:gid, and not root");
      return USUAL;
    }
    var user =
        new DockerOptions.User(Integer.parseInt(parts.group(1)), Integer.parseInt(parts.group(2)));
    var agent = agentsUser();
    if (agent.uid() != 0 && agent.uid() != user.uid()) {
      wrong(Setting.DOCKER_USER, "must be the agent's own user, unless that is root");
    }
    return user;
  }

  // The files of a task belong to it and to the agent. Never root, even where the agent is.
  private static DockerOptions.User usualUser() {
    var agent = agentsUser();
    return agent.uid() == 0 ? USUAL : agent;
  }

  private static DockerOptions.User agentsUser() {
    try {
      var self = Path.of("/proc/self");
      int uid = (Integer) Files.getAttribute(self, "unix:uid");
      return new DockerOptions.User(uid, (Integer) Files.getAttribute(self, "unix:gid"));
    } catch (IOException | UnsupportedOperationException e) {
      return USUAL;
    }
  }

  private DockerOptions.Network network() {
    var byDefault = settings.text(Setting.DOCKER_NETWORK_DEFAULT, "none");
    if (!byDefault.matches("none|enabled|bridge")) {
      wrong(Setting.DOCKER_NETWORK_DEFAULT, "must be none or enabled");
    }
    var name = settings.text(Setting.DOCKER_NETWORK, "bridge");
    if (!NAME.matcher(name).matches()) wrong(Setting.DOCKER_NETWORK, "must name a network");
    boolean disabled = settings.flag(Setting.DOCKER_DISABLE_NETWORK, false) || name.equals("none");
    return new DockerOptions.Network(name, !byDefault.equals("none"), disabled);
  }
}
