package ai.vespid.gateway.dispatch;

import ai.vespid.gateway.dispatch.DispatchTable.Rules;
import ai.vespid.gateway.dispatch.Entry.State;
import ai.vespid.protocol.bus.DispatchRouter.Reconcile;
import ai.vespid.protocol.bus.Holder;
import ai.vespid.protocol.executor.ExecutorFrame.Held;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Compares what an agent says it still has with what it was given. */
final class Reconciliation {
  private final Rules rules;
  private final ExecutorDirectory directory;
  private final Progress go;
  private final Orphans orphans;

  Reconciliation(Rules rules, ExecutorDirectory directory, Progress go, Orphans orphans) {
    this.rules = rules;
    this.directory = directory;
    this.go = go;
    this.orphans = orphans;
  }

  /**
   * What is assigned to it and listed goes on; what is not listed never arrived when the process is
   * the same, and died with it when not.
   */
  Reconcile.Reconciled reconcile(Reconcile hello, long nowMs) {
    var listed = listed(hello);
    var adopted = new ArrayList<Reconcile.Adopted>();
    for (var requestId : listed.keySet()) {
      var open = go.entries.get(requestId);
      // Decided, and not stored yet: until it is, the agent is the only one who has the result.
      if (open != null
          && open.state instanceof State.Settling
          && hello.executorId().equals(open.executorId())
          && open.epoch == listed.get(requestId)) {
        adopted.add(new Reconcile.Adopted(requestId, open.epoch, open.organizationId()));
      }
      var orphan = orphans.find(requestId).orElse(null);
      if (orphan != null
          && orphan.executorId().equals(hello.executorId())
          && orphan.epoch() == listed.get(requestId)) {
        adopted.add(new Reconcile.Adopted(requestId, orphan.epoch(), orphan.organizationId()));
      }
    }
    for (var requestId : directory.heldBy(hello.executorId())) {
      var entry = go.entries.get(requestId);
      if (entry == null || !entry.held()) continue;
      if (Integer.valueOf(entry.epoch).equals(listed.get(requestId))) {
        adopted.add(new Reconcile.Adopted(requestId, entry.epoch, entry.organizationId()));
        entry.arrived = true;
        var holder = new Holder(hello.executorId(), hello.bootId(), hello.connectedAtMs());
        go.become(entry, new State.Grace(holder, nowMs + rules.graceMs()));
      } else if (entry.isOn(hello.connectionId())
          || entry.holder().connectedAtMs() > hello.connectedAtMs()) {
        // Offered after this hello, which is said again or was kept waiting.
        continue;
      } else if (hello.bootId() != null && hello.bootId().equals(entry.holder().bootId())) {
        // Another home may have offered it on this very connection: it is repeated there.
        if (entry.offeredOn == null) entry.arrived = false;
        else go.undelivered(entry, nowMs);
      } else {
        go.lost(entry, nowMs);
      }
    }
    return new Reconcile.Reconciled(adopted, unwanted(hello, adopted));
  }

  /** Every request id it lists, with the latest epoch. */
  static Map<String, Integer> listed(Reconcile hello) {
    var listed = new HashMap<String, Integer>();
    for (var held : hello.finished()) listed.merge(held.requestId(), held.epoch(), Math::max);
    for (var held : hello.inFlight()) listed.merge(held.requestId(), held.epoch(), Math::max);
    return listed;
  }

  /** What it may stop and forget: everything that was not adopted under its epoch. */
  static List<Held> unwanted(Reconcile hello, List<Reconcile.Adopted> adopted) {
    var wanted = new HashMap<String, Integer>();
    adopted.forEach(a -> wanted.put(a.requestId(), a.epoch()));
    var unwanted = new ArrayList<Held>();
    for (var list : List.of(hello.inFlight(), hello.finished())) {
      for (var held : list) {
        if (!held.epoch().equals(wanted.get(held.requestId()))) unwanted.add(held);
      }
    }
    return unwanted;
  }
}
