package ai.vespid.agent.operation;

import ai.vespid.agent.sandbox.Probe;
import ai.vespid.agent.sandbox.Sandboxes;
import com.fasterxml.jackson.annotation.JsonIgnore;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * How an agent is at one moment, without any secret: shown by {@code status} and {@code /health}.
 *
 * @param status {@code ok}; {@code degraded} when something that was asked for is missing; {@code
 *     error} without a connection, for then it can do nothing for anybody
 * @param fault why there is no connection, by its code
 * @param unacknowledged results that the gateway does not have yet
 * @param sessions how many there are, in whichever state
 * @param sandboxes by backend: {@code works}, or why not
 * @param machine null when nobody looked
 * @param ignored limits that a backend does not enforce
 * @param engines by name: {@code verified}, or why it has no login
 */
public record AgentStatus(
    String status,
    Instant timestamp,
    long pid,
    String version,
    String executorId,
    String name,
    String gateway,
    boolean connected,
    String fault,
    boolean stopping,
    long uptimeSec,
    int inFlight,
    int maxInFlight,
    int unacknowledged,
    int sessions,
    Map<String, String> sandboxes,
    List<String> ignored,
    Map<String, String> engines,
    Machine machine) {

  /** The same, with how the machine is. */
  public AgentStatus on(Machine now) {
    return new AgentStatus(
        status,
        timestamp,
        pid,
        version,
        executorId,
        name,
        gateway,
        connected,
        fault,
        stopping,
        uptimeSec,
        inFlight,
        maxInFlight,
        unacknowledged,
        sessions,
        sandboxes,
        ignored,
        engines,
        now);
  }

  public static String of(boolean connected, Sandboxes.Health sandboxes) {
    if (!connected) return "error";
    return sandboxes == Sandboxes.Health.OK ? "ok" : "degraded";
  }

  public static Map<String, String> sandboxes(Map<String, Probe> probes) {
    var shown = new LinkedHashMap<String, String>();
    probes.forEach((backend, probe) ->
        shown.put(
            backend,
            switch (probe) {
              case Probe.Works _ -> "works";
              case Probe.Fails(var why) -> why;
            }));
    return shown;
  }

  public static List<String> ignored(Map<String, Probe> probes) {
    return probes.values().stream()
        .flatMap(
            probe -> probe instanceof Probe.Works(var ignored) ? ignored.stream() : Stream.empty())
        .toList();
  }

  @JsonIgnore
  public boolean healthy() {
    return !status.equals("error");
  }
}
