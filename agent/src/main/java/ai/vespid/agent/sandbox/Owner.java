package ai.vespid.agent.sandbox;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Which process a container or machine belongs to, as its labels tell. Whether that process still
 * lives decides whether what it left may be removed, so no field is a guess: a number that another
 * process got later, or a clock that was set, must not make a living one look dead.
 *
 * @param agent the executor's id
 * @param boot the agent's boot id, new with every start
 * @param place this start of the machine and its process numbering: elsewhere a pid says nothing
 * @param pid of the agent's process
 * @param start of that process, in the kernel's ticks since the machine started
 */
public record Owner(String agent, String boot, String place, long pid, long start) {
  /** Labels begin with this. */
  public static final String LABEL = "ai.vespid.";

  public static final String AGENT = LABEL + "agent";

  private static final Path PROC = Path.of("/proc");
  private static final int START_FIELD = 19;

  /** This process. */
  public static Owner self(String agent, String boot) {
    long pid = ProcessHandle.current().pid();
    return new Owner(agent, boot, here(), pid, startOf(pid));
  }

  /** What a container is labelled with. */
  public Map<String, String> labels() {
    return Map.of(
        AGENT,
        agent,
        LABEL + "boot",
        boot,
        LABEL + "place",
        place,
        LABEL + "pid",
        Long.toString(pid),
        LABEL + "start",
        Long.toString(start));
  }

  /**
   * The owner that labels name; one field that is missing makes it one that nothing is known of.
   */
  public static Owner of(Map<String, String> labels) {
    return new Owner(
        labels.getOrDefault(AGENT, ""),
        labels.getOrDefault(LABEL + "boot", ""),
        labels.getOrDefault(LABEL + "place", ""),
        number(labels.get(LABEL + "pid")),
        number(labels.get(LABEL + "start")));
  }

  /** True when this owner is certain to be gone, judged from where {@code judge} runs. */
  public boolean isGone(Owner judge) {
    boolean comparable = !place.isEmpty() && place.equals(judge.place) && pid > 0 && start > 0;
    return comparable && startOf(pid) != start;
  }

  private static long number(String text) {
    return text != null && text.matches("\\d{1,18}") ? Long.parseLong(text) : 0;
  }

  private static String here() {
    try {
      var boot = Files.readString(PROC.resolve("sys/kernel/random/boot_id")).strip();
      return boot + "/" + Files.readSymbolicLink(PROC.resolve("self/ns/pid"));
    } catch (IOException | UnsupportedOperationException e) {
      return "";
    }
  }

  // 0 when there is no such process.
  private static long startOf(long pid) {
    try {
      var stat = Files.readString(PROC.resolve(pid + "/stat"), StandardCharsets.ISO_8859_1);
      // The name in parentheses may hold anything, so fields count from its last parenthesis.
      var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      boolean dead = fields[0].equals("Z") || fields[0].equals("X");
      return dead ? 0 : Long.parseLong(fields[START_FIELD]);
    } catch (IOException e) {
      return 0;
    }
  }
}
