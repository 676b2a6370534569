package ai.vespid.agent.operation;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/** Counts what the agent does, and writes it as Prometheus reads it. Safe for many threads. */
public final class Meters {
  private static final double[] BUCKETS = {0.05, 0.1, 0.5, 1, 5, 30, 60, 300, 600};

  private final Map<String, LongAdder> tasks = new ConcurrentHashMap<>();
  private final Map<String, LongAdder> denied = new ConcurrentHashMap<>();
  private final LongAdder[] buckets = adders(BUCKETS.length + 1);
  private final LongAdder nanos = new LongAdder();
  private final LongAdder connections = new LongAdder();
  private final LongAdder hellos = new LongAdder();
  private final List<Supplier<String>> others = new CopyOnWriteArrayList<>();

  /** Shows what others count, too, in the same form. */
  public void also(Supplier<String> other) {
    others.add(other);
  }

  private static LongAdder[] adders(int count) {
    var adders = new LongAdder[count];
    for (int i = 0; i < count; i++) adders[i] = new LongAdder();
    return adders;
  }

  /**
   * A task has ended.
   *
   * @param error its code, or null when it succeeded
   */
  public void task(String error, long nanosTaken) {
    // Without what stands behind the colon, which has no bound.
    var outcome = error == null ? "succeeded" : error.replaceFirst(":.*", "").strip();
    tasks.computeIfAbsent(outcome, _ -> new LongAdder()).increment();
    nanos.add(nanosTaken);
    int bucket = 0;
    while (bucket < BUCKETS.length && nanosTaken > BUCKETS[bucket] * 1e9) bucket++;
    buckets[bucket].increment();
  }

  /** A frame was not believed. */
  public void denied(String code) {
    denied.computeIfAbsent(code, _ -> new LongAdder()).increment();
  }

  public void connected() {
    connections.increment();
  }

  public void hello() {
    hellos.increment();
  }

  /** All of it, with what can be seen of the agent now. */
  public String prometheus(AgentStatus now, long residentBytes) {
    var text = new StringBuilder();
    gauge(text, "vespid_agent_up", "1 while the agent runs", 1);
    gauge(text, "vespid_agent_connected", "1 with a connection", now.connected() ? 1 : 0);
    gauge(text, "vespid_agent_uptime_seconds", "since its start", now.uptimeSec());
    gauge(text, "vespid_agent_in_flight", "tasks that run", now.inFlight());
    gauge(text, "vespid_agent_in_flight_max", "tasks that may run at once", now.maxInFlight());
    gauge(text, "vespid_agent_unacknowledged", "results to deliver", now.unacknowledged());
    gauge(text, "vespid_agent_resident_bytes", "memory of the process", residentBytes);
    var heap = Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    gauge(text, "vespid_agent_heap_bytes", "memory of Java objects", heap);
    head(text, "vespid_agent_sandbox_works", "gauge", "1 where scripts can run");
    now.sandboxes()
        .forEach((backend, state) ->
            text.append(
                "vespid_agent_sandbox_works{backend=\"%s\"} %d\n"
                    .formatted(backend, state.equals("works") ? 1 : 0)));
    counter(text, "vespid_agent_connections_total", "connections made", connections.sum());
    counter(text, "vespid_agent_heartbeats_total", "hellos sent", hellos.sum());
    head(text, "vespid_agent_tasks_total", "counter", "tasks that ended, by outcome");
    new TreeMap<>(tasks)
        .forEach((outcome, count) ->
            text.append(
                "vespid_agent_tasks_total{outcome=\"%s\"} %d\n".formatted(outcome, count.sum())));
    head(text, "vespid_agent_frames_denied_total", "counter", "frames not believed, by code");
    new TreeMap<>(denied)
        .forEach((code, count) ->
            text.append(
                "vespid_agent_frames_denied_total{code=\"%s\"} %d\n".formatted(code, count.sum())));
    if (now.machine() != null) machine(text, now.machine());
    durations(text);
    others.forEach(other -> text.append(other.get()));
    return text.toString();
  }

  private static void machine(StringBuilder text, Machine machine) {
    head(text, "vespid_agent_machine_cpu_percent", "gauge", "of all processors, since last asked");
    text.append("vespid_agent_machine_cpu_percent ").append(machine.cpuPercent()).append('\n');
    head(text, "vespid_agent_machine_load", "gauge", "of the last minute");
    text.append("vespid_agent_machine_load ").append(machine.load()).append('\n');
    var name = "vespid_agent_machine_";
    gauge(text, name + "processors", "of the machine", machine.processors());
    gauge(text, name + "memory_bytes", "of the machine", machine.memoryTotalBytes());
    gauge(text, name + "memory_available_bytes", "left", machine.memoryAvailableBytes());
    gauge(text, name + "disk_bytes", "where files of runs are", machine.diskTotalBytes());
    gauge(text, name + "disk_free_bytes", "left there", machine.diskFreeBytes());
    gauge(text, "vespid_agent_open_files", "of the process", machine.openFiles());
  }

  private void durations(StringBuilder text) {
    var name = "vespid_agent_task_seconds";
    head(text, name, "histogram", "how long tasks took");
    long sum = 0;
    for (int i = 0; i < buckets.length; i++) {
      sum += buckets[i].sum();
      var bound = i == BUCKETS.length ? "+Inf" : Double.toString(BUCKETS[i]);
      text.append("%s_bucket{le=\"%s\"} %d\n".formatted(name, bound, sum));
    }
    text.append(name).append("_sum ").append(nanos.sum() / 1e9).append('\n');
    text.append(name).append("_count ").append(sum).append('\n');
  }

  /** A counter of somebody else's, for {@link #also}. */
  public static String counted(String name, String help, long value) {
    var text = new StringBuilder();
    counter(text, name, help, value);
    return text.toString();
  }

  private static void gauge(StringBuilder text, String name, String help, long value) {
    head(text, name, "gauge", help);
    text.append(name).append(' ').append(value).append('\n');
  }

  private static void counter(StringBuilder text, String name, String help, long value) {
    head(text, name, "counter", help);
    text.append(name).append(' ').append(value).append('\n');
  }

  private static void head(StringBuilder text, String name, String type, String help) {
    text.append("# HELP %s %s\n# TYPE %s %s\n".formatted(name, help, name, type));
  }
}
