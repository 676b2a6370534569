package ai.vespid.gateway.dispatch;

import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.bus.DispatchRouter.Adopt;
import ai.vespid.protocol.bus.Done;
import ai.vespid.simulation.Mutant;
import io.vertx.core.Future;
import java.util.Comparator;
import java.util.List;

/** As {@link DispatchRouterVerticle} with {@link DurableLog}: takes open rows over. */
final class Rows {
  private final RouterPorts ports;
  private final Surroundings here;
  private final DispatchTable table;
  private final Waiters waiters;
  private Succession succession;
  private Runnable changed;

  Rows(RouterPorts ports, Surroundings here, DispatchTable table, Waiters waiters) {
    this.ports = ports;
    this.here = here;
    this.table = table;
    this.waiters = waiters;
  }

  /**
   * @param carryOut run after the table was changed
   */
  void begin(Succession under, Runnable carryOut) {
    succession = under;
    changed = carryOut;
  }

  Future<Done> adopt(Adopt rows) {
    var unknown = rows.requestIds().stream().filter(id -> table.find(id).isEmpty()).toList();
    if (unknown.isEmpty()) return Future.succeededFuture(new Done());
    return succession
        .tellHoldings(unknown)
        .compose(_ -> read(unknown))
        .map(_ -> {
          changed.run();
          return new Done();
        });
  }

  /** Those of these ids that stand open. */
  Future<Void> read(List<String> among) {
    if (ports.omits(Mutant.ROWS_NOT_LOOKED_UP)) return Future.succeededFuture();
    return ports
        .open()
        .map(open -> {
          for (var row : inOrder(open)) {
            if (!among.contains(row.dispatch().requestId())) continue;
            if (succession.knows(row.queueKey())) recover(row);
          }
          return null;
        });
  }

  /** A row that turned out to be there already. */
  Future<?> open(String requestId) {
    var ids = List.of(requestId);
    Future<?> read = table.find(requestId).isPresent() ? read(ids) : adopt(new Adopt(ids));
    return read.onComplete(_ -> {
      changed.run();
      if (table.find(requestId).isEmpty()) waiters.moved(requestId);
    });
  }

  /** Everything that stands open. */
  Future<Void> read() {
    if (ports.omits(Mutant.ROWS_NOT_RECOVERED)) return Future.succeededFuture();
    return ports
        .open()
        .map(rows -> {
          inOrder(rows).forEach(this::recover);
          return null;
        });
  }

  // What is with an executor has its run's files; one that waits could get them first.
  private static List<RouterPorts.Row> inOrder(List<RouterPorts.Row> rows) {
    return rows.stream()
        .sorted(Comparator.comparing((RouterPorts.Row row) -> row.holder() == null))
        .toList();
  }

  private void recover(RouterPorts.Row row) {
    if (!succession.mine(row.queueKey())) return;
    ports.say("recovers", row.dispatch().requestId(), "e" + row.epoch(), row.holder());
    waiters.open(row.dispatch(), true).accepted();
    table
        .handover()
        .recover(row.dispatch(), row.epoch(), row.holder(), row.deadlineMs(), here.nowMs());
  }
}
