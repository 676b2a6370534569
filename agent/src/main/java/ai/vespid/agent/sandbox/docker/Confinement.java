package ai.vespid.agent.sandbox.docker;

import com.github.dockerjava.api.command.InspectImageResponse;
import com.github.dockerjava.api.model.AccessMode;
import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.Info;
import com.github.dockerjava.api.model.LogConfig;
import com.github.dockerjava.api.model.Ulimit;
import com.github.dockerjava.api.model.Volume;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Turns the options into what the engine is told, and into what the engine will not do although it
 * was told.
 */
record Confinement(DockerOptions options) {
  static final String WORK = "/work";

  /**
   * @param init whether a small first process reaps what scripts leave
   * @param image its declared volumes would be folders on disk that no limit holds
   */
  HostConfig of(Path workDir, boolean network, boolean init, InspectImageResponse image) {
    return of(workDir, WORK, network, init, image);
  }

  /** The same, with the folder in another place inside. */
  HostConfig of(
      Path workDir, String inside, boolean network, boolean init, InspectImageResponse image) {
    var limits = options.limits();
    var binds = new ArrayList<Bind>();
    binds.add(new Bind(workDir.toString(), new Volume(inside), AccessMode.rw));
    binds.addAll(options.files().mounts());
    return HostConfig.newHostConfig()
        .withInit(init)
        .withReadonlyRootfs(options.files().readOnly())
        .withTmpFs(tmpfs(image, inside))
        .withStorageOpt(emptyAsNull(options.files().storage()))
        .withBinds(binds)
        .withCapDrop(options.privileges().dropped().toArray(Capability[]::new))
        .withSecurityOpts(securityOptions())
        .withMemory(limits.memoryBytes())
        // The same again: no swap on top.
        .withMemorySwap(limits.memoryBytes())
        .withNanoCPUs(limits.nanoCpus())
        .withPidsLimit(limits.pids())
        .withUlimits(limits.ulimits().toArray(Ulimit[]::new))
        // Else every container has /dev/shm to write to, of any size.
        .withIpcMode("none")
        .withNetworkMode(network ? options.network().name() : "none")
        // The agent reads the streams; the engine would write them to disk without end.
        .withLogConfig(new LogConfig(LogConfig.LoggingType.NONE));
  }

  private static Map<String, String> emptyAsNull(Map<String, String> map) {
    return map.isEmpty() ? null : map;
  }

  private Map<String, String> tmpfs(InspectImageResponse image, String inside) {
    var tmpfs = new LinkedHashMap<>(options.files().tmpfs());
    var config = image.getConfig();
    var volumes = config == null ? null : config.getVolumes();
    if (options.files().readOnly() && volumes != null) {
      for (var volume : volumes.keySet()) {
        if (!volume.equals(inside)) tmpfs.putIfAbsent(volume, "rw,nosuid,nodev,size=64m");
      }
    }
    return tmpfs;
  }

  private List<String> securityOptions() {
    var privileges = options.privileges();
    var security = new ArrayList<String>();
    if (privileges.noNewPrivileges()) security.add("no-new-privileges");
    security.add("seccomp=" + privileges.seccomp());
    if (privileges.appArmor() != null) security.add("apparmor=" + privileges.appArmor());
    security.addAll(privileges.labels());
    return security;
  }

  /** Why an engine must not be used at all, or null. */
  String refusal(Info engine) {
    if (!"linux".equals(engine.getOsType())) return "the engine runs no Linux containers";
    return options.privileges().appArmorRequired() && !has(engine, "apparmor")
        ? "AppArmor is required, and the engine has none"
        : null;
  }

  /** What was asked for and will not hold, a sentence each. */
  List<String> ignoredBy(Info engine) {
    var ignored = new ArrayList<String>();
    var privileges = options.privileges();
    boolean filtered = !privileges.seccomp().equals("unconfined");
    if (filtered && !has(engine, "seccomp")) ignored.add("seccomp: the engine has none");
    if (privileges.appArmor() != null && !has(engine, "apparmor")) {
      ignored.add("AppArmor: the engine has none, and ignores the profile");
    }
    if (!privileges.labels().isEmpty() && !has(engine, "selinux")) {
      ignored.add("label: the engine has no SELinux, and ignores it");
    }
    if (Boolean.FALSE.equals(engine.getMemoryLimit())) ignored.add("memory: no such cgroup");
    if (Boolean.FALSE.equals(engine.getSwapLimit())) ignored.add("swap: the kernel counts none");
    if (Boolean.FALSE.equals(engine.getCpuCfsQuota())) ignored.add("cpus: no such cgroup");
    if (Boolean.FALSE.equals(engine.getRawValues().get("PidsLimit"))) {
      ignored.add("pids: no such cgroup");
    }
    return ignored;
  }

  private static boolean has(Info engine, String module) {
    var modules = engine.getSecurityOptions();
    return modules != null
        && modules.stream()
            .anyMatch(m -> m.equals("name=" + module) || m.startsWith("name=" + module + ","));
  }
}
