package ai.vespid.gateway.dispatch;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;

/**
 * Which dispatch works in the files of which run, one at a time, and which version is the newest.
 * Heads of idle runs are kept as a bounded cache; the database has the last word when a version is
 * committed.
 */
final class WorkspaceLedger {
  static final int IDLE_HEADS_MAX = 50_000;

  private static final class Run {
    String holder;
    WorkspaceHead head;
    // Once each: who asks again keeps its place, and is gone when it leaves.
    final LinkedHashSet<String> waiting = new LinkedHashSet<>();
  }

  private final Map<String, Run> active = new HashMap<>();
  private final LinkedHashMap<String, WorkspaceHead> idle =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, WorkspaceHead> eldest) {
          return size() > IDLE_HEADS_MAX;
        }
      };

  /**
   * Asks for the files of a run.
   *
   * @return true when this dispatch holds them now, false when another does and it waits its turn
   */
  boolean claim(String runId, String requestId) {
    var run =
        active.computeIfAbsent(
            runId,
            _ -> {
              var fresh = new Run();
              fresh.head = idle.remove(runId);
              return fresh;
            });
    if (run.holder == null) run.holder = requestId;
    if (run.holder.equals(requestId)) return true;
    run.waiting.add(requestId);
    return false;
  }

  /** Gives the files of a run to one that works in them already; who held them is next in line. */
  void seize(String runId, String requestId) {
    if (claim(runId, requestId)) return;
    var run = active.get(runId);
    run.waiting.remove(requestId);
    run.waiting.addFirst(run.holder);
    run.holder = requestId;
  }

  /** The newest version as far as known; empty means it must be loaded. */
  Optional<WorkspaceHead> head(String runId) {
    return Optional.ofNullable(active.get(runId)).map(run -> run.head);
  }

  Optional<String> holder(String runId) {
    return Optional.ofNullable(active.get(runId)).map(run -> run.holder);
  }

  /** Remembers the newest version; null forgets it, so that it is loaded again. */
  void headIs(String runId, WorkspaceHead head) {
    var run = active.get(runId);
    if (run != null) run.head = head;
  }

  /** Forgets the newest versions of idle runs: they are loaded again. */
  void forgetIdle() {
    idle.clear();
  }

  /**
   * Gives the files back, or leaves the line.
   *
   * @return who holds them next
   */
  Optional<String> release(String runId, String requestId) {
    var run = active.get(runId);
    if (run == null) return Optional.empty();
    if (!requestId.equals(run.holder)) {
      run.waiting.remove(requestId);
      return Optional.empty();
    }
    run.holder = run.waiting.isEmpty() ? null : run.waiting.removeFirst();
    if (run.holder != null) return Optional.of(run.holder);
    active.remove(runId);
    if (run.head != null) idle.put(runId, run.head);
    return Optional.empty();
  }
}
