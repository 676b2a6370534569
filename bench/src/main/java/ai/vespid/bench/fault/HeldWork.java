package ai.vespid.bench.fault;

import ai.vespid.protocol.executor.ExecutorFrame.Held;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What one process of an agent runs, what it has finished and not yet been thanked for, and which
 * attempts are over for it. An id that comes again is not run again: a later epoch takes over what
 * is there. Pure.
 */
final class HeldWork {
  /** Work that is under way, or done and waiting for its acknowledgement. */
  static final class Run {
    final String id;
    final String execution;
    final long number;
    private int epoch;

    Run(String id, int epoch, String execution, long number) {
      this.id = id;
      this.epoch = epoch;
      this.execution = execution;
      this.number = number;
    }

    /** The attempt it answers. */
    int epoch() {
      return epoch;
    }
  }

  /** What becomes of an invoke. */
  enum Admission {
    /** It is new: begin. */
    BEGIN,
    /** It is under way already. */
    TAKEN,
    /** It is done already: answer again. */
    DONE,
    /** A later attempt of it is over: ignore. */
    OUTDATED
  }

  private final Map<String, Run> running = new LinkedHashMap<>();
  private final Map<String, Run> finished = new LinkedHashMap<>();
  private final Map<String, Integer> over = new HashMap<>();

  Admission admit(String id, int epoch) {
    if (epoch <= over.getOrDefault(id, 0)) return Admission.OUTDATED;
    var known = running.getOrDefault(id, finished.get(id));
    if (known == null) return Admission.BEGIN;
    if (epoch < known.epoch) return Admission.OUTDATED;
    known.epoch = epoch;
    return running.containsKey(id) ? Admission.TAKEN : Admission.DONE;
  }

  void begin(Run run) {
    running.put(run.id, run);
  }

  /** Done; false when nobody wants its result any more. */
  boolean finish(Run run) {
    if (!running.remove(run.id, run)) return false;
    finished.put(run.id, run);
    return true;
  }

  /** The result of this attempt, or of an earlier one, is safe or not wanted. */
  void acknowledged(String id, int epoch) {
    forget(finished, id, epoch);
  }

  /** Nobody wants this attempt any more, done or not. */
  void drop(String id, int epoch) {
    forget(running, id, epoch);
    forget(finished, id, epoch);
  }

  private void forget(Map<String, Run> runs, String id, int epoch) {
    var run = runs.get(id);
    if (run == null || epoch < run.epoch) return;
    runs.remove(id);
    over.merge(id, run.epoch, Math::max);
  }

  Optional<Run> finished(String id) {
    return Optional.ofNullable(finished.get(id));
  }

  Collection<Run> finished() {
    return List.copyOf(finished.values());
  }

  Collection<Run> running() {
    return List.copyOf(running.values());
  }

  List<String> ids() {
    return Stream.concat(running.keySet().stream(), finished.keySet().stream()).toList();
  }

  static List<Held> held(Collection<Run> runs) {
    return runs.stream().map(run -> new Held(run.id, run.epoch)).toList();
  }
}
