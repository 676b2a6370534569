package ai.vespid.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Processor seconds of this process and of all others on the machine. On a shared machine a figure
 * without them cannot be judged: "others" holds the system under test and whoever else was busy.
 */
record Cpu(double generator, double others) {
  static final Cpu NONE = new Cpu(0, 0);
  // The kernel counts in USER_HZ, which is 100 on every Linux that Java runs on.
  private static final double TICKS_PER_SECOND = 100;
  private static final Path MACHINE = Path.of("/proc/stat");
  private static final Path SELF = Path.of("/proc/self/stat");

  /** Totals since boot; zero where there is no {@code /proc}. */
  static Cpu now() {
    if (!Files.isReadable(MACHINE)) return NONE;
    try {
      double own = own(Files.readString(SELF));
      return new Cpu(own, busy(Files.readString(MACHINE)) - own);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Processor seconds that another process has used so far. */
  static double of(long pid) {
    try {
      return own(Files.readString(Path.of("/proc", Long.toString(pid), "stat")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Cpu minus(Cpu earlier) {
    return new Cpu(generator - earlier.generator, others - earlier.others);
  }

  Cpu plus(Cpu more) {
    return new Cpu(generator + more.generator, others + more.others);
  }

  // The process name may hold blanks, so count from its closing bracket: utime and stime follow.
  private static double own(String stat) {
    var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
  }

  // cpu user nice system idle iowait irq softirq steal ...; idle, iowait and steal are not work.
  private static double busy(String stat) {
    var fields = stat.lines().findFirst().orElseThrow().trim().split("\\s+");
    long ticks = 0;
    for (int i : new int[] {1, 2, 3, 6, 7}) ticks += Long.parseLong(fields[i]);
    return ticks / TICKS_PER_SECOND;
  }
}
