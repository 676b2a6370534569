package ai.vespid.agent.operation;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The machine as the kernel has it at one moment. What another system does not tell is -1.
 *
 * @param cpuPercent of all processors together since the last reading, or since the machine began
 * @param load of the last minute
 * @param diskFreeBytes where files of runs are
 */
public record Machine(
    int processors,
    double cpuPercent,
    double load,
    long memoryTotalBytes,
    long memoryAvailableBytes,
    long diskTotalBytes,
    long diskFreeBytes,
    long residentBytes,
    int openFiles) {

  /**
   * All the memory there is. From the kernel, for what Java brings to tell it costs as much time
   * and memory as a connection; where the kernel writes no such file, from Java.
   */
  public static long allMemoryBytes() {
    try {
      long told = kibibytes(Files.readString(Path.of("/proc/meminfo")), "MemTotal:");
      if (told > 0) return told;
    } catch (IOException e) {
      // Another system.
    }
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
  }

  private static long kibibytes(String text, String name) {
    return text.lines()
        .filter(line -> line.startsWith(name))
        .findFirst()
        .map(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1_024)
        .orElse(-1L);
  }

  /** Reads it; remembers what it needs for a difference. Safe for many threads. */
  public static final class Reader {
    private final Path proc;
    private final Path disk;
    private long busyBefore;
    private long allBefore;

    /**
     * @param disk a folder on the disk that is meant; it need not exist yet
     */
    public Reader(Path disk) {
      this(Path.of("/proc"), disk);
    }

    Reader(Path proc, Path disk) {
      this.proc = proc;
      this.disk = disk;
    }

    public Machine read() {
      var memory = text("meminfo");
      var load = text("loadavg").split(" ")[0];
      return new Machine(
          Runtime.getRuntime().availableProcessors(),
          cpu(text("stat")),
          load.isEmpty() ? -1 : Double.parseDouble(load),
          kibibytes(memory, "MemTotal:"),
          kibibytes(memory, "MemAvailable:"),
          space(true),
          space(false),
          resident(),
          openFiles());
    }

    /** Bytes of memory that this process holds; -1 where that cannot be read. */
    long resident() {
      return kibibytes(text("self/status"), "VmRSS:");
    }

    // user nice system idle iowait irq softirq steal …, in ticks (proc(5)).
    private synchronized double cpu(String stat) {
      var line = stat.lines().findFirst().orElse("");
      if (!line.startsWith("cpu ")) return -1;
      var ticks = line.substring(4).strip().split(" +");
      long all = 0;
      for (int i = 0; i < Math.min(8, ticks.length); i++) all += Long.parseLong(ticks[i]);
      long busy = all - Long.parseLong(ticks[3]) - Long.parseLong(ticks[4]);
      long allSince = all - allBefore;
      long busySince = busy - busyBefore;
      allBefore = all;
      busyBefore = busy;
      return allSince <= 0 ? 0 : Math.round(1_000.0 * busySince / allSince) / 10.0;
    }

    private long space(boolean total) {
      return existing()
          .map(folder -> {
            try {
              var store = Files.getFileStore(folder);
              return total ? store.getTotalSpace() : store.getUsableSpace();
            } catch (IOException e) {
              return -1L;
            }
          })
          .orElse(-1L);
    }

    private Optional<Path> existing() {
      var folder = disk.toAbsolutePath();
      while (folder != null && !Files.exists(folder)) folder = folder.getParent();
      return Optional.ofNullable(folder);
    }

    private int openFiles() {
      try (var files = Files.list(proc.resolve("self/fd"))) {
        return (int) files.count();
      } catch (IOException e) {
        return -1;
      }
    }

    private String text(String file) {
      try {
        return Files.readString(proc.resolve(file));
      } catch (IOException e) {
        return "";
      }
    }
  }
}
