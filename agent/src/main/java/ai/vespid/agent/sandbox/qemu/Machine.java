package ai.vespid.agent.sandbox.qemu;

import ai.vespid.agent.sandbox.Ownership;
import ai.vespid.agent.sandbox.ScriptProcess;
import ai.vespid.agent.sandbox.docker.DockerOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What QEMU is told about one machine: emulated, without any device but two shared folders and two
 * serial lines, with no network but ports that lead into it, as the user whom tasks run as, and
 * with no way to other programs.
 *
 * @param name by which its process is found
 * @param control folder through which agent and machine talk
 * @param work folder that the machine sees as {@code inside}
 */
record Machine(
    Site site, String name, Path control, Path work, String inside, DockerOptions.Limits limits) {
  // Whom the machine runs as may not reach the folders by their paths, so it gets them opened.
  private static final String OPEN = "exec 3<\"$1\" 4<\"$2\"; shift 2; exec \"$@\"";
  private static final long MIB = 1024L * 1024;
  private static final long MEMORY_MIN = 128 * MIB;

  /**
   * What all machines have in common.
   *
   * @param guest folder with {@code kernel} and {@code initrd}
   * @param path where programs are; may be null
   */
  record Site(DockerOptions options, Path guest, String path) {
    String program(String name) {
      return ScriptProcess.find(name, path + ":/usr/sbin:/usr/bin:/sbin:/bin");
    }

    /** Processors are whole. */
    static long cpus(long nanoCpus) {
      return Math.max(1, Math.ceilDiv(nanoCpus, 1_000_000_000L));
    }
  }

  /** How a machine is used. */
  enum Mode {
    TASK,
    SESSION
  }

  private DockerOptions.User user() {
    return site.options().privileges().user();
  }

  /** Writes what the machine reads first, and makes both folders its user's. */
  void prepare(Mode mode, MachinePorts ports) throws IOException {
    var files =
        limits.ulimits().stream()
            .filter(limit -> limit.getName().equals("nofile"))
            .map(limit -> limit.getSoftLong())
            .findFirst()
            .orElse(1_024L);
    var tmp = site.options().files().tmpfs().getOrDefault("/tmp", "rw,nosuid,nodev,size=64m");
    Files.write(
        control.resolve("boot"),
        List.of(
            "RUNNER=" + user(),
            "INSIDE=" + inside,
            "TMP=" + tmp,
            "PIDS=" + limits.pids(),
            "FILES=" + files,
            "ADDRESS=" + (ports.any() ? MachinePorts.ADDRESS : "none"),
            "MODE=" + (mode == Mode.TASK ? "task" : "session")));
    Ownership.give(work, user().uid(), user().gid());
    Ownership.give(control, user().uid(), user().gid());
  }

  /**
   * The command that runs it.
   *
   * @param bell a pair of pipes, {@code .in} and {@code .out}, as seen from where it is run, or
   *     null for none
   */
  List<String> command(String bell, MachinePorts ports) {
    var command = new ArrayList<>(List.of("/bin/sh", "-c", OPEN, "sh"));
    command.addAll(List.of(control.toString(), work.toString()));
    if (isRoot()) {
      command.addAll(List.of(site.program("setpriv"), "--reuid", "" + user().uid()));
      command.addAll(List.of("--regid", "" + user().gid(), "--clear-groups"));
      command.addAll(List.of("--no-new-privs", "--"));
    }
    command.add(site.program("qemu-system-x86_64"));
    command.addAll(List.of("-name", name));
    words(command, "-nodefaults -no-user-config -display none -no-reboot -M q35 -accel tcg");
    words(command, "-cpu max -serial stdio");
    command.addAll(ports.options());
    words(command, "-sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny");
    command.addAll(List.of("-smp", "" + Site.cpus(limits.nanoCpus())));
    command.addAll(List.of("-m", Math.max(MEMORY_MIN, limits.memoryBytes()) / MIB + "M"));
    command.addAll(List.of("-kernel", site.guest().resolve("kernel").toString()));
    command.addAll(List.of("-initrd", site.guest().resolve("initrd").toString()));
    // Under load the emulated clock fails a test that the kernel would give up over.
    command.addAll(
        List.of("-append", "console=ttyS0 quiet panic=-1 no_timer_check cryptomgr.notests"));
    share(command, "control", 3);
    share(command, "work", 4);
    if (bell != null) {
      command.addAll(List.of("-chardev", "pipe,id=bell,path=" + bell));
      command.addAll(List.of("-device", "isa-serial,chardev=bell"));
    }
    return command;
  }

  private static void words(List<String> command, String words) {
    command.addAll(List.of(words.split(" ")));
  }

  private static void share(List<String> command, String tag, int descriptor) {
    var path = "/proc/self/fd/" + descriptor;
    command.addAll(
        List.of("-fsdev", "local,id=%s,security_model=none,path=%s".formatted(tag, path)));
    command.addAll(List.of("-device", "virtio-9p-pci,fsdev=%s,mount_tag=%s".formatted(tag, tag)));
  }

  static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"));
  }

  /** Text that any shell takes for itself. */
  static String quoted(String text) {
    return '\'' + text.replace("'", "'\\''") + '\'';
  }

  /** Words that any shell takes for themselves. */
  static String quoted(List<String> words) {
    return words.stream().map(Machine::quoted).collect(Collectors.joining(" "));
  }
}
