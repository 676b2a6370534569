package ai.vespid.gateway.dispatch;

import ai.vespid.kit.bus.Fault;
import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.bus.DispatchRouter.Doubt;
import ai.vespid.protocol.bus.DispatchRouter.Reconcile;
import ai.vespid.protocol.bus.DispatchRouter.Report;
import ai.vespid.protocol.bus.Done;
import io.vertx.core.Future;
import java.util.function.Function;

/**
 * What edges tell of agents: results, doubts, hellos. Nothing is called unwanted while another
 * router may still bring what it belongs to.
 */
final class Reports {
  private final Surroundings here;
  private final DispatchTable table;
  private final Succession succession;
  private final LostHomes lostHomes;
  private final Function<String, Future<Void>> settled;
  private final Runnable changed;
  private final Hellos hellos = new Hellos();

  /**
   * @param settled completes when the terminal result of a request id is stored
   * @param changed run after the table was
   */
  Reports(
      Surroundings here,
      DispatchTable table,
      Succession succession,
      LostHomes lostHomes,
      Function<String, Future<Void>> settled,
      Runnable changed) {
    this.here = here;
    this.table = table;
    this.succession = succession;
    this.lostHomes = lostHomes;
    this.settled = settled;
    this.changed = changed;
  }

  Future<Report.Reply> decide(Report report) {
    succession.check(report.key());
    var id = report.requestId();
    long now = here.nowMs();
    if (table.handover().orphanEnded(id, report.epoch(), report.executorId(), now)) {
      changed.run();
      return lostHomes.keepUnlessKnown(report);
    }
    var verdict = table.report(id, report.epoch(), report.executorId(), report.result(), now);
    changed.run();
    return switch (verdict) {
      case DECIDED, SETTLING -> settled.apply(id).map(_ -> new Report.Settled());
      case UNWANTED -> {
        sure(report.key());
        yield Future.succeededFuture(new Report.Unwanted());
      }
    };
  }

  Future<Done> doubt(Doubt doubt) {
    succession.check(doubt.key());
    table.doubt(doubt.requestId(), doubt.epoch(), doubt.executorId(), here.nowMs());
    changed.run();
    return Future.succeededFuture(new Done());
  }

  Future<Reconcile.Reconciled> reconcile(Reconcile hello) {
    succession.check(hello.key());
    sure(hello.key());
    if (!hellos.isNewest(hello)) {
      throw new Fault(Fault.Code.BAD_REQUEST, "a later connection of this executor is known");
    }
    lostHomes.adopt(hello, succession.recent());
    var reconciled = table.reconcile(hello, here.nowMs());
    changed.run();
    return Future.succeededFuture(reconciled);
  }

  private void sure(String key) {
    if (succession.unsure(key)) {
      throw new Fault(Fault.Code.UNAVAILABLE, "another router may have what this belongs to");
    }
  }
}
