package ai.vespid.gateway.dispatch;

import ai.vespid.protocol.bus.DispatchRouter.Reconcile;
import java.util.LinkedHashMap;
import java.util.Map;

/** The newest hello of each executor: one that it overtook lists what is true no longer. */
final class Hellos {
  private static final int KEPT_MAX = 50_000;

  private record Newest(String connectionId, long connectedAtMs) {}

  private final Map<String, Newest> newest =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Newest> eldest) {
          return size() > KEPT_MAX;
        }
      };

  /** False when a later connection of the executor said hello before; repeated ones are new. */
  boolean isNewest(Reconcile hello) {
    var known = newest.get(hello.executorId());
    if (known != null
        && known.connectedAtMs() >= hello.connectedAtMs()
        && !known.connectionId().equals(hello.connectionId())) {
      return false;
    }
    newest.put(hello.executorId(), new Newest(hello.connectionId(), hello.connectedAtMs()));
    return true;
  }
}
