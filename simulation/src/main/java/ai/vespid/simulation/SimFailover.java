package ai.vespid.simulation;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;

import ai.vespid.gateway.dispatch.RouterPorts;
import ai.vespid.kit.node.Homes;
import ai.vespid.protocol.bus.DispatchRouter;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;

/** As the failover manager: the first node of a view gives open rows to their homes. */
final class SimFailover {
  private static final long SWEEP_MS = 5_000;
  private static final Duration ASK_MAX = Duration.ofSeconds(10);

  private final SimNode node;
  private final SimSurroundings here;

  SimFailover(SimNode node, SimSurroundings here) {
    this.node = node;
    this.here = here;
  }

  void begin() {
    here.later(SWEEP_MS, this::sweep);
  }

  private void sweep() {
    here.later(SWEEP_MS, this::sweep);
    if (node.cluster.omits(Mutant.ORPHANED_ROWS_NOT_SWEPT)) return;
    var view = here.view();
    boolean first = view.members().getFirst().id().equals(here.node());
    if (first && !view.homes().routers().isEmpty()) {
      node.cluster.database.open(node.process).onSuccess(this::give);
    }
  }

  private void give(List<RouterPorts.Row> rows) {
    var homes = here.view().homes();
    if (homes.routers().isEmpty()) return;
    rows.stream()
        .collect(
            groupingBy(
                row -> homes.router(key(row)),
                LinkedHashMap::new,
                mapping(row -> row.dispatch().requestId(), toList())))
        .forEach((home, ids) -> here.ask(home, new DispatchRouter.Adopt(ids), ASK_MAX));
  }

  private static String key(RouterPorts.Row row) {
    return Homes.queueKey(row.dispatch().selector().pool(), row.dispatch().organizationId());
  }
}
