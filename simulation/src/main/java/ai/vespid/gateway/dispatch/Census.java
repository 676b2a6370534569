package ai.vespid.gateway.dispatch;

import java.util.Optional;
import java.util.TreeSet;

/** Check 4: the capacity in use is the live assignments and the orphans, exactly. */
record Census(DispatchTable table, ExecutorDirectory directory) {
  Optional<String> miscount(Iterable<String> executorIds) {
    var orphans = table.handover().orphans();
    var open = table.all();
    for (var executorId : executorIds) {
      var held = new TreeSet<String>();
      for (var entry : open) if (holds(executorId, entry)) held.add(entry.id());
      for (var orphan : orphans) {
        if (orphan.executorId().equals(executorId)) held.add(orphan.requestId());
      }
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
