package ai.vespid.agent.session;

import ai.vespid.agent.settings.Problems;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What all sessions of this agent may take together; 0 for no bound. */
public record Bounds(int count, long memoryBytes, long nanoCpus, long diskBytes) {
  private static final long MIB = 1024L * 1024;
  private static final int COUNT_USUAL = 1_000;

  /**
   * Reads {@code count=…,memoryMb=…,cpus=…,diskMb=…}, each of them optional.
   *
   * @param memoryUsual of who does not say
   */
  public static Bounds read(List<String> parts, long memoryUsual, String where, Problems problems) {
    long count = COUNT_USUAL;
    long memory = memoryUsual;
    long cpus = 0;
    long disk = 0;
    for (var part : parts) {
      var pair = part.split("=", 2);
      long value = pair.length == 2 && pair[1].matches("\\d{1,9}") ? Long.parseLong(pair[1]) : -1;
      var name = pair[0].toLowerCase(Locale.ROOT);
      if (value < 0 || !List.of("count", "memorymb", "cpus", "diskmb").contains(name)) {
        problems.add(where, "must be count=,memoryMb=,cpus=,diskMb= with whole numbers, or none");
        continue;
      }
      switch (name) {
        case "count" -> count = value;
        case "memorymb" -> memory = value * MIB;
        case "cpus" -> cpus = value * 1_000_000_000;
        default -> disk = value * MIB;
      }
    }
    return new Bounds((int) count, memory, cpus, disk);
  }

  /** Refuses one more session when they would be too much together. */
  void admit(int sessions, Quota all) throws SessionFailed {
    var over = new ArrayList<String>();
    if (count > 0 && sessions > count) over.add("sessions: at most " + count);
    over(over, "memory in MiB", all.memoryBytes(), memoryBytes, MIB);
    over(over, "processors", all.nanoCpus(), nanoCpus, 1_000_000_000);
    over(over, "disk in MiB", all.diskBytes(), diskBytes, MIB);
    if (!over.isEmpty()) {
      throw new SessionFailed("QUOTA_EXCEEDED: this agent has no room: " + String.join(", ", over));
    }
  }

  private static void over(List<String> over, String what, long wanted, long max, long unit) {
    if (max > 0 && wanted > max) {
      over.add("%s: %d of %d".formatted(what, Math.ceilDiv(wanted, unit), max / unit));
    }
  }
}
