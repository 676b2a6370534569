package ai.vespid.agent.sandbox.lxc;

import ai.vespid.agent.sandbox.docker.DockerOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Limits in the words of whichever generation of control groups this machine has. */
final class Cgroups {
  private static final Path ROOT = Path.of("/sys/fs/cgroup");
  private static final long PERIOD_US = 100_000;

  private Cgroups() {}

  private static boolean first() {
    return Files.isDirectory(ROOT.resolve("memory"));
  }

  private static boolean countsSwap() {
    return first()
        ? Files.exists(ROOT.resolve("memory/memory.memsw.limit_in_bytes"))
        : Files.exists(Path.of("/proc/swaps"));
  }

  /** What will not hold here, a sentence each. */
  static List<String> ignored() {
    return countsSwap() ? List.of() : List.of("swap: the kernel counts none");
  }

  static Map<String, String> settings(DockerOptions.Limits limits) {
    var memory = Long.toString(limits.memoryBytes());
    var quota = Long.toString(Math.max(1_000, limits.nanoCpus() * PERIOD_US / 1_000_000_000));
    var settings = new TreeMap<String, String>();
    if (first()) {
      settings.put("lxc.cgroup.memory.limit_in_bytes", memory);
      if (countsSwap()) settings.put("lxc.cgroup.memory.memsw.limit_in_bytes", memory);
      settings.put("lxc.cgroup.pids.max", Long.toString(limits.pids()));
      settings.put("lxc.cgroup.cpu.cfs_period_us", Long.toString(PERIOD_US));
      settings.put("lxc.cgroup.cpu.cfs_quota_us", quota);
    } else {
      settings.put("lxc.cgroup2.memory.max", memory);
      settings.put("lxc.cgroup2.memory.swap.max", "0");
      settings.put("lxc.cgroup2.pids.max", Long.toString(limits.pids()));
      settings.put("lxc.cgroup2.cpu.max", quota + " " + PERIOD_US);
    }
    return settings;
  }

  /** Removes the groups of containers that were killed; a group with a process in it stays. */
  static void remove(Predicate<String> container) {
    try (var controllers = Files.list(ROOT)) {
      for (var folder : Stream.concat(Stream.of(ROOT), controllers).toList()) {
        if (Files.isDirectory(folder)) removeIn(folder, container);
      }
    } catch (IOException e) {
      return; // A system without any.
    }
  }

  private static void removeIn(Path folder, Predicate<String> container) throws IOException {
    try (var groups = Files.newDirectoryStream(folder, "lxc.*.vespid-*")) {
      for (var group : groups) {
        var name = group.getFileName().toString();
        if (container.test(name.substring(name.indexOf("vespid-")))) removeTree(group);
      }
    }
  }

  private static void removeTree(Path group) {
    var folders = new ArrayList<Path>();
    try (var walk = Files.walk(group)) {
      walk.filter(Files::isDirectory).forEach(folders::addFirst);
      for (var folder : folders) Files.deleteIfExists(folder);
    } catch (NoSuchFileException e) {
      return; // Gone by itself.
    } catch (IOException | RuntimeException e) {
      return; // Still in use.
    }
  }
}
