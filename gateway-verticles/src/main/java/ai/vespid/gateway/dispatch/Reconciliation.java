package ai.vespid.gateway.dispatch;

import ai.vespid.protocol.bus.DispatchRouter.Reconcile;
import ai.vespid.protocol.executor.ExecutorFrame.Held;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads what an agent says it still has. */
final class Reconciliation {
  private Reconciliation() {}

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
