package ai.vespid.gateway.dispatch;

import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Check 4: the capacity in use is the live assignments, exactly. */
final class Census {
  private final DispatchTable table;
  private final ExecutorDirectory directory;
  private final Set<String> ids = new LinkedHashSet<>();

  Census(DispatchTable table, ExecutorDirectory directory) {
    this.table = table;
    this.directory = directory;
  }

  void add(String requestId) {
    ids.add(requestId);
  }

  /** What is in the table now. */
  Set<String> ids() {
    ids.removeIf(id -> table.find(id).isEmpty());
    return Set.copyOf(ids);
  }

  Optional<String> miscount(Iterable<String> executorIds) {
    ids.removeIf(id -> table.find(id).isEmpty());
    for (var executorId : executorIds) {
      var held = new TreeSet<String>();
      for (var id : ids) if (holds(executorId, table.find(id).orElseThrow())) held.add(id);
      var counted = directory.heldBy(executorId);
      if (counted.equals(held)) continue;
      return Optional.of(
          executorId + " counts as holding " + new TreeSet<>(counted) + " but holds " + held);
    }
    return Optional.empty();
  }

  private static boolean holds(String executorId, Entry entry) {
    return executorId.equals(entry.executorId()) && !(entry.state instanceof Entry.State.Settling);
  }
}
