package ai.vespid.agent.work;

import ai.vespid.protocol.EffectClass;
import ai.vespid.protocol.RequestId;
import ai.vespid.protocol.executor.ExecutorFrame.Held;
import ai.vespid.protocol.executor.GatewayFrame.InvokeTool;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What this agent runs and what waits for a place. A dispatch that arrives twice is run once: a
 * later epoch of the same id takes over the run that is there. A run that was cancelled keeps its
 * place until its processes are gone, so that the bound on what runs at once is a true one. Pure;
 * confined to the link's thread.
 */
public final class WorkTable {
  /** What to do with an invoke that arrived. */
  public sealed interface Admission {
    /** Run it now. */
    record Start(Run run) implements Admission {}

    /** It runs, or waits for a place: acknowledge it, nothing more. */
    record Taken() implements Admission {}

    /** There is no place for it, not even to wait. */
    record Full() implements Admission {}

    /** This attempt, or a later one, is over or was given up: it is not answered. */
    record Outdated() implements Admission {}

    /** It was begun here and stopped, and must not be begun twice: what it did nobody knows. */
    record Stopped() implements Admission {}
  }

  /** One execution; its identity keeps the end of one from being taken for that of the next. */
  public static final class Run {
    private final InvokeTool invoke;
    private Integer epoch;
    private boolean cancelled;

    private Run(InvokeTool invoke) {
      this.invoke = invoke;
      this.epoch = invoke.epoch();
    }

    public InvokeTool invoke() {
      return invoke;
    }

    /** The attempt it is done for now; null when the gateway gave none. */
    public Integer epoch() {
      return epoch;
    }

    private Held held() {
      return new Held(invoke.requestId(), epoch == null ? 1 : epoch);
    }
  }

  private static final int OVER_MAX = 10_000;

  private final int runningMax;
  private final Map<String, Run> running = new LinkedHashMap<>();
  private final Map<String, Run> waiting = new LinkedHashMap<>();
  private final Map<String, Integer> over = new LinkedHashMap<>();
  private final LinkedHashSet<String> stopped = new LinkedHashSet<>();

  /**
   * @param runningMax how much runs at once; as much again may wait
   */
  public WorkTable(int runningMax) {
    this.runningMax = runningMax;
  }

  public Admission admit(InvokeTool invoke) {
    var id = invoke.requestId();
    var last = over.get(id);
    if (last != null && invoke.epoch() != null && invoke.epoch() <= last) {
      return new Admission.Outdated();
    }
    var run = wanted(id);
    if (run != null) {
      if (older(invoke.epoch(), run.epoch)) return new Admission.Outdated();
      run.epoch = invoke.epoch();
      return new Admission.Taken();
    }
    if (invoke.effect() == EffectClass.AT_MOST_ONCE && stopped.contains(id)) {
      return new Admission.Stopped();
    }
    var fresh = new Run(invoke);
    if (running.size() < runningMax && !running.containsKey(id)) {
      running.put(id, fresh);
      return new Admission.Start(fresh);
    }
    if (waiting.size() >= runningMax) return new Admission.Full();
    waiting.put(id, fresh);
    return new Admission.Taken();
  }

  private Run wanted(String id) {
    var run = running.get(id);
    return run == null || run.cancelled ? waiting.get(id) : run;
  }

  /**
   * A run has ended and left its place.
   *
   * @return the epoch its result is wanted under; empty when the result is not wanted at all
   */
  public Optional<Answer> finish(Run run) {
    if (!running.remove(run.invoke.requestId(), run) || run.cancelled) return Optional.empty();
    over(run.invoke.requestId(), run.epoch);
    return Optional.of(new Answer(run.epoch));
  }

  /** The epoch to answer under; null when the gateway gave none. */
  public record Answer(Integer epoch) {}

  /** The next that waited and has a place now; call until empty. */
  public Optional<Run> next() {
    if (running.size() >= runningMax) return Optional.empty();
    var next = waiting.keySet().stream().filter(id -> !running.containsKey(id)).findFirst();
    return next.map(id -> {
      var run = waiting.remove(id);
      running.put(id, run);
      return run;
    });
  }

  /**
   * The gateway does not want it any more.
   *
   * @return the run to be stopped, when it was running
   */
  public Optional<Run> cancel(String requestId, Integer epoch) {
    var run = wanted(requestId);
    if (run == null || older(epoch, run.epoch)) return Optional.empty();
    over(requestId, run.epoch);
    if (waiting.remove(requestId, run)) return Optional.empty();
    run.cancelled = true;
    stopped.add(requestId);
    if (stopped.size() > OVER_MAX) stopped.removeFirst();
    return Optional.of(run);
  }

  /** Whether anything of it is left, wanted or not. */
  public boolean runs(String requestId) {
    return running.containsKey(requestId);
  }

  /** Gives up what waits: it never began, and the gateway may give it to another. */
  public void abandonWaiting() {
    waiting.clear();
  }

  /** Gives up everything; results of what runs are not wanted any more. */
  public void abandon() {
    abandonWaiting();
    running.values().forEach(run -> run.cancelled = true);
  }

  private void over(String requestId, Integer epoch) {
    if (epoch == null) return;
    over.remove(requestId);
    over.put(requestId, epoch);
    if (over.size() > OVER_MAX) over.remove(over.keySet().iterator().next());
  }

  /** What runs or waits, for the hello; it takes no id that is shorter than ours ever are. */
  public List<Held> inFlight() {
    var held = new ArrayList<Held>();
    for (var runs : List.of(running, waiting)) {
      runs.values().stream().filter(WorkTable::tellable).map(Run::held).forEach(held::add);
    }
    return held;
  }

  private static boolean tellable(Run run) {
    return !run.cancelled && run.invoke.requestId().length() >= RequestId.LENGTH_MIN;
  }

  public boolean idle() {
    return running.isEmpty() && waiting.isEmpty();
  }

  private static boolean older(Integer epoch, Integer than) {
    return epoch != null && than != null && epoch < than;
  }
}
