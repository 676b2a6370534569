package ai.vespid.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Resident memory as the kernel counts it. */
final class Memory {
  private Memory() {}

  /** Adds {@code name[pid]} with its megabytes; a process that has gone is left out. */
  static void add(Map<String, Double> megabytes, ProcessHandle process) {
    var status = Path.of("/proc", Long.toString(process.pid()), "status");
    try {
      var lines = Files.readAllLines(status);
      var name = value(lines, "Name:");
      var kilobytes = value(lines, "VmRSS:");
      if (kilobytes.isEmpty()) return;
      double mb = Long.parseLong(kilobytes.split(" ")[0]) / 1024.0;
      megabytes.put(name + "[" + process.pid() + "]", Math.round(mb * 10) / 10.0);
    } catch (IOException _) {
      // It ended between being listed and being read.
    }
  }

  private static String value(List<String> lines, String key) {
    return lines.stream()
        .filter(line -> line.startsWith(key))
        .map(line -> line.substring(key.length()).trim())
        .findFirst()
        .orElse("");
  }
}
