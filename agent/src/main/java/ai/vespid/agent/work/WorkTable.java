package ai.vespid.agent.work;

import ai.vespid.protocol.executor.ExecutorFrame.Held;
import ai.vespid.protocol.executor.ExecutorFrame.ToolResult;
import ai.vespid.protocol.executor.GatewayFrame.InvokeTool;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What this agent runs, what waits for a free place, and whose results are not acknowledged yet. A
 * dispatch that arrives twice is run once: a later epoch of the same id takes over the run or the
 * result that is there. Pure; confined to the link's thread.
 */
public final class WorkTable {
  /** What to do with an invoke that arrived. */
  public sealed interface Admission {
    /** Run it now. */
    record Start(InvokeTool invoke) implements Admission {}

    /** It runs, or waits for a place: acknowledge it, nothing more. */
    record Taken() implements Admission {}

    /** It is finished: send this again. */
    record Finished(ToolResult result) implements Admission {}

    /** There is no place for it, not even to wait. */
    record Full() implements Admission {}

    /** A later attempt is known: it is not answered. */
    record Outdated() implements Admission {}
  }

  private static final class Job {
    final InvokeTool invoke;
    Integer epoch;

    Job(InvokeTool invoke) {
      this.invoke = invoke;
      this.epoch = invoke.epoch();
    }
  }

  private final int runningMax;
  private final Map<String, Job> running = new LinkedHashMap<>();
  private final Map<String, Job> waiting = new LinkedHashMap<>();
  private final Map<String, ToolResult> finished = new HashMap<>();

  /**
   * @param runningMax how much runs at once; as much again may wait
   */
  public WorkTable(int runningMax) {
    this.runningMax = runningMax;
  }

  public Admission admit(InvokeTool invoke) {
    var id = invoke.requestId();
    var result = finished.get(id);
    if (result != null) {
      var current = older(invoke.epoch(), result.epoch()) ? result : under(result, invoke.epoch());
      finished.put(id, current);
      return new Admission.Finished(current);
    }
    var job = running.getOrDefault(id, waiting.get(id));
    if (job != null) {
      if (older(invoke.epoch(), job.epoch)) return new Admission.Outdated();
      job.epoch = invoke.epoch();
      return new Admission.Taken();
    }
    if (running.size() < runningMax) {
      running.put(id, new Job(invoke));
      return new Admission.Start(invoke);
    }
    if (waiting.size() >= runningMax) return new Admission.Full();
    waiting.put(id, new Job(invoke));
    return new Admission.Taken();
  }

  /**
   * A run is over.
   *
   * @return its result under the epoch that is wanted now; empty when it was cancelled meanwhile
   */
  public Optional<ToolResult> finish(ToolResult result) {
    var job = running.remove(result.requestId());
    if (job == null) return Optional.empty();
    var current = under(result, job.epoch);
    finished.put(result.requestId(), current);
    return Optional.of(current);
  }

  /** The next that waited and has a place now; call until empty. */
  public Optional<InvokeTool> next() {
    if (running.size() >= runningMax || waiting.isEmpty()) return Optional.empty();
    var first = waiting.entrySet().iterator().next();
    waiting.remove(first.getKey());
    running.put(first.getKey(), first.getValue());
    return Optional.of(first.getValue().invoke);
  }

  /**
   * The gateway does not want it any more.
   *
   * @return true when it is running and has to be stopped
   */
  public boolean cancel(String requestId, Integer epoch) {
    var job = running.getOrDefault(requestId, waiting.get(requestId));
    if (job == null || older(epoch, job.epoch)) return false;
    waiting.remove(requestId);
    return running.remove(requestId) != null;
  }

  /** A result of an earlier process, read from the journal. */
  public void restore(ToolResult result) {
    finished.put(result.requestId(), result);
  }

  /**
   * The gateway has the result, or does not want it.
   *
   * @return true when it was kept until now
   */
  public boolean acknowledged(String requestId, Integer epoch) {
    var result = finished.get(requestId);
    if (result == null || older(epoch, result.epoch())) return false;
    finished.remove(requestId);
    return true;
  }

  /** Results that are not acknowledged. */
  public List<ToolResult> unacknowledged() {
    return List.copyOf(finished.values());
  }

  /** What runs or waits, for the hello. */
  public List<Held> inFlight() {
    var held = new ArrayList<Held>();
    for (var jobs : List.of(running, waiting)) {
      jobs.forEach((id, job) -> held.add(new Held(id, job.epoch == null ? 1 : job.epoch)));
    }
    return held;
  }

  /** Whose results wait for an acknowledgement, for the hello. */
  public List<Held> finished() {
    return finished.values().stream()
        .map(result -> new Held(result.requestId(), result.epoch() == null ? 1 : result.epoch()))
        .toList();
  }

  public int runningCount() {
    return running.size();
  }

  public boolean idle() {
    return running.isEmpty() && waiting.isEmpty();
  }

  private static boolean older(Integer epoch, Integer than) {
    return epoch != null && than != null && epoch < than;
  }

  private static ToolResult under(ToolResult result, Integer epoch) {
    return new ToolResult(
        result.requestId(),
        epoch,
        result.status(),
        result.output(),
        result.error(),
        result.workspace());
  }
}
