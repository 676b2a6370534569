package ai.vespid.agent.sandbox.lxc;

import ai.vespid.agent.sandbox.ScriptProcess;
import ai.vespid.agent.sandbox.docker.DockerOptions;
import com.github.dockerjava.api.model.AccessMode;
import com.github.dockerjava.api.model.Capability;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/**
 * What LXC is told about one container.
 *
 * @param policy file with the system calls that are let through; null for no such limit
 * @param network what is told about it
 */
record LxcSettings(DockerOptions options, Path rootFs, Path policy, List<String> network) {
  /** Of a container that has none. */
  static final List<String> NO_NETWORK = List.of("lxc.net.0.type=empty");

  /** Of a container for one task. */
  List<String> of(Path workDir, Collection<String> variables) {
    var settings = of(workDir, "/work");
    // By name: the values are in the environment, where no process list shows them.
    settings.add("lxc.environment=" + ScriptProcess.MARKER);
    variables.forEach(variable -> settings.add("lxc.environment=" + variable));
    return settings;
  }

  /**
   * Of any container.
   *
   * @param inside where it sees the folder
   */
  List<String> of(Path workDir, String inside) {
    var settings = new ArrayList<String>();
    settings.add("lxc.uts.name=sandbox");
    settings.addAll(network);
    settings.add("lxc.init.cwd=" + inside);
    settings.add("lxc.autodev=1");
    settings.add("lxc.console.path=none");
    settings.add("lxc.tty.max=0");
    settings.add("lxc.pty.max=1");
    settings.add("lxc.signal.stop=SIGKILL");
    files(settings, workDir, inside);
    privileges(settings);
    Cgroups.settings(options.limits()).forEach((key, value) -> settings.add(key + '=' + value));
    for (var limit : options.limits().ulimits()) {
      settings.add(
          "lxc.prlimit.%s=%s:%s"
              .formatted(limit.getName(), bound(limit.getSoftLong()), bound(limit.getHardLong())));
    }
    return settings;
  }

  private static String bound(long limit) {
    return limit < 0 ? "unlimited" : Long.toString(limit);
  }

  private void files(List<String> settings, Path workDir, String inside) {
    settings.add("lxc.rootfs.path=dir:" + rootFs);
    settings.add(
        "lxc.rootfs.options=%s,nosuid,nodev".formatted(options.files().readOnly() ? "ro" : "rw"));
    settings.add("lxc.mount.auto=proc:mixed sys:ro");
    mount(settings, workDir.toString(), inside, "none", "bind,rw,nosuid,nodev");
    options
        .files()
        .tmpfs()
        .forEach((path, given) ->
            mount(
                settings,
                "tmpfs",
                path,
                "tmpfs",
                given + (given.contains("mode=") ? "" : ",mode=1777")));
    for (var bind : options.files().mounts()) {
      var mode = bind.getAccessMode() == AccessMode.rw ? "rw" : "ro";
      mount(settings, bind.getPath(), bind.getVolume().getPath(), "none", "bind," + mode);
    }
  }

  private static void mount(
      List<String> settings, String what, String where, String type, String with) {
    // As in fstab: no path may begin with a slash, and spaces are written in octal.
    settings.add(
        "lxc.mount.entry=%s %s %s %s 0 0"
            .formatted(
                what.replace(" ", "\\040"), where.substring(1).replace(" ", "\\040"), type, with));
  }

  private void privileges(List<String> settings) {
    var privileges = options.privileges();
    settings.add("lxc.init.uid=" + privileges.user().uid());
    settings.add("lxc.init.gid=" + privileges.user().gid());
    if (privileges.noNewPrivileges()) settings.add("lxc.no_new_privs=1");
    if (privileges.dropped().contains(Capability.ALL)) {
      settings.add("lxc.cap.keep=none");
    } else {
      for (var capability : privileges.dropped()) {
        settings.add("lxc.cap.drop=" + capability.name().toLowerCase(Locale.ROOT));
      }
    }
    if (policy != null) settings.add("lxc.seccomp.profile=" + policy);
    if (privileges.appArmor() != null) {
      settings.add("lxc.apparmor.profile=" + privileges.appArmor());
    }
  }
}
