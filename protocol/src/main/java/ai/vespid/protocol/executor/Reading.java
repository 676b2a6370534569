package ai.vespid.protocol.executor;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.InvalidMessage;
import java.util.Map;

/**
 * How an agent and its machine are at one moment, as measured there (W-25). What its system does
 * not tell is null.
 *
 * @param takenAtMs by the clock of the agent
 * @param status {@code ok}, or {@code degraded} when something that was asked for is missing
 * @param executes whether anything is, or the agent only tells how it is
 * @param sandboxes by backend: {@code works}, or why not
 * @param engines by name: {@code verified}, or why it has no login
 */
public record Reading(
    Long takenAtMs,
    String status,
    Long uptimeSec,
    Boolean executes,
    About about,
    Machine machine,
    Work work,
    Map<String, String> sandboxes,
    Map<String, String> engines) {
  private static final int ENTRIES_MAX = 50;
  private static final int TEXT_MAX = 200;

  /**
   * What does not change while the process lives.
   *
   * @param bootId names the process
   */
  public record About(
      String version,
      String bootId,
      Long startedAtMs,
      String hostname,
      String os,
      String arch,
      String kernel,
      String java) {
    public About {
      Check.optionalText("about.version", version, 1, 120);
      Check.optionalText("about.bootId", bootId, 1, 64);
      Check.optionalText("about.hostname", hostname, 1, TEXT_MAX);
      Check.optionalText("about.os", os, 1, TEXT_MAX);
      Check.optionalText("about.arch", arch, 1, TEXT_MAX);
      Check.optionalText("about.kernel", kernel, 1, TEXT_MAX);
      Check.optionalText("about.java", java, 1, TEXT_MAX);
    }
  }

  /**
   * The machine, as its kernel has it.
   *
   * @param cpuPercent of all processors since the reading before
   * @param load of the last minute
   * @param diskFreeBytes where files of runs are
   * @param residentBytes of the agent's process, as {@code openFiles}
   */
  public record Machine(
      Integer processors,
      Double cpuPercent,
      Double load,
      Long memoryTotalBytes,
      Long memoryAvailableBytes,
      Long diskTotalBytes,
      Long diskFreeBytes,
      Long residentBytes,
      Integer openFiles) {}

  /**
   * What it has to do.
   *
   * @param unacknowledged results that the gateway does not have yet
   * @param services by name, how each is
   */
  public record Work(
      Integer inFlight,
      Integer maxInFlight,
      Integer unacknowledged,
      Integer sessions,
      Map<String, String> services) {
    public Work {
      services = texts("work.services", services);
    }
  }

  public Reading {
    Check.required("reading.takenAtMs", takenAtMs);
    Check.text("reading.status", status, 1, 20);
    sandboxes = texts("reading.sandboxes", sandboxes);
    engines = texts("reading.engines", engines);
  }

  private static Map<String, String> texts(String field, Map<String, String> texts) {
    if (texts == null) return Map.of();
    if (texts.size() > ENTRIES_MAX) {
      throw new InvalidMessage(field, "must have at most " + ENTRIES_MAX + " entries");
    }
    texts.forEach((name, text) -> {
      Check.text(field, name, 1, TEXT_MAX);
      Check.text(field + '.' + name, text, 1, TEXT_MAX);
    });
    return Map.copyOf(texts);
  }
}
