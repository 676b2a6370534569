package ai.vespid.worker.agents;

import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import io.vertx.core.Future;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/** The steps of one thinker: those that are kept are gone over first, then it adds to them. */
final class AgentSteps {
  private final String thinker;
  private final AgentTask.Progress progress;
  private final Deque<AgentStep> past = new ArrayDeque<>();
  private int seq;

  AgentSteps(AgentTask task) {
    thinker = task.id();
    progress = task.progress();
    for (var kept : task.kept().getOrDefault(thinker, List.of())) {
      past.add(Json.read(kept.bytes(), AgentStep.class));
    }
    seq = past.size();
  }

  /** How many are kept. */
  int kept() {
    return seq;
  }

  /** Whether there is more to go over. */
  boolean past() {
    return !past.isEmpty();
  }

  /** The next that is kept; empty when there is none, and it is to be done. */
  <T extends AgentStep> Optional<T> next(Class<T> type) {
    return Optional.ofNullable(past.poll()).map(type::cast);
  }

  /**
   * A step as who takes over will read it: what follows from it, such as the id of a dispatch, must
   * be the same for both.
   */
  static <T extends AgentStep> T asKept(T step) {
    @SuppressWarnings("unchecked")
    var read = (T) Json.read(Json.write(step), AgentStep.class);
    return read;
  }

  /** Completes when it is committed together with its event. */
  Future<Void> keep(AgentStep step, String kind, Object payload) {
    var told = kind == null ? null : RawJson.from(payload);
    return progress.kept(thinker, seq++, RawJson.of(Json.write(step)), kind, told);
  }
}
