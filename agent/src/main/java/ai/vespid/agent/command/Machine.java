package ai.vespid.agent.command;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * This machine as it is, measured when it is asked.
 *
 * @param version of the agent
 * @param folder on the disk that sessions are on
 */
record Machine(String version, Path folder) {
  private static final Path LOAD = Path.of("/proc/loadavg");

  private static OperatingSystemMXBean system() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
  }

  /** In bytes. */
  record Space(long totalBytes, long usedBytes, double usedPercent) {
    static Space of(long total, long free) {
      long used = Math.max(0, total - free);
      return new Space(total, used, total == 0 ? 0 : Math.round(1_000.0 * used / total) / 10.0);
    }
  }

  /** What does not change. */
  record Info(
      String os,
      String arch,
      String kernel,
      int cpus,
      long memoryBytes,
      String hostname,
      String javaVersion,
      String version) {}

  Info info() {
    return new Info(
        System.getProperty("os.name").toLowerCase(Locale.ROOT),
        System.getProperty("os.arch"),
        System.getProperty("os.version"),
        Runtime.getRuntime().availableProcessors(),
        system().getTotalMemorySize(),
        hostname(),
        Runtime.version().toString(),
        version);
  }

  private static String hostname() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "unknown";
    }
  }

  static long memoryBytes() {
    return system().getTotalMemorySize();
  }

  long uptimeSec() {
    return ManagementFactory.getRuntimeMXBean().getUptime() / 1_000;
  }

  /** Of all processors, in percent; the first answers of a process may be none yet: 0. */
  double cpuUsage() {
    return Math.max(0, Math.round(system().getCpuLoad() * 1_000) / 10.0);
  }

  List<Double> loadAverage() throws IOException {
    if (!Files.exists(LOAD)) return List.of(system().getSystemLoadAverage());
    return Stream.of(Files.readString(LOAD).split(" ")).limit(3).map(Double::valueOf).toList();
  }

  Space memory() throws IOException {
    return Space.of(system().getTotalMemorySize(), available());
  }

  // What can be had without swapping, which is more than what is unused.
  private static long available() throws IOException {
    var file = Path.of("/proc/meminfo");
    if (!Files.exists(file)) return system().getFreeMemorySize();
    try (var lines = Files.lines(file)) {
      return lines
          .filter(line -> line.startsWith("MemAvailable:"))
          .map(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1_024)
          .findFirst()
          .orElseGet(() -> system().getFreeMemorySize());
    }
  }

  /** Of the disk that sessions are on. */
  Space disk() throws IOException {
    var existing = folder.toAbsolutePath();
    while (!Files.exists(existing)) existing = existing.getParent();
    var store = Files.getFileStore(existing);
    return Space.of(store.getTotalSpace(), store.getUsableSpace());
  }

  /** Those that are up, but for the loopback. */
  List<String> interfaces() throws SocketException {
    var names = new ArrayList<String>();
    for (var one : NetworkInterface.networkInterfaces().toList()) {
      if (one.isUp() && !one.isLoopback()) names.add(one.getName());
    }
    return names;
  }
}
