package ai.vespid.gateway.dispatch;

import ai.vespid.kit.bus.Fault;
import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.bus.DispatchRouter.Doubt;
import ai.vespid.protocol.bus.DispatchRouter.Reconcile;
import ai.vespid.protocol.bus.DispatchRouter.Report;
import ai.vespid.protocol.bus.Done;
import io.vertx.core.Future;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * What edges tell of agents: results, doubts, hellos. Nothing is called unwanted while another
 * router may still bring what it belongs to.
 */
final class Reports {
  // A link that is silent for longer is closed. A doubt that came late is about one that is not.
  private static final long DOUBTED_MS = 6_000;

  private static final long ORPHAN_MS = 660_000;

  private final Surroundings here;
  private final DispatchTable table;
  private final Succession succession;
  private final LostHomes lostHomes;
  private final Claims claims;
  private final Function<List<String>, Future<Void>> readRows;
  private final Function<String, Future<Void>> settled;
  private final Runnable changed;
  private final DeniedRoutes denied;
  private final LongHeld longHeld;
  private final Hellos hellos = new Hellos();
  private final Map<Attempt, Future<Report.Reply>> deciding = new HashMap<>();

  private record Attempt(String requestId, int epoch, String executorId) {
    static Attempt of(Report report) {
      return new Attempt(report.requestId(), report.epoch(), report.executorId());
    }
  }

  /**
   * @param readRows takes over those of these request ids that stand open in the database
   * @param settled completes when the terminal result of a request id is stored
   * @param changed run after the table was
   */
  Reports(
      Surroundings here,
      DispatchTable table,
      Succession succession,
      LostHomes lostHomes,
      Claims claims,
      Function<List<String>, Future<Void>> readRows,
      Function<String, Future<Void>> settled,
      Runnable changed) {
    this.here = here;
    this.table = table;
    this.succession = succession;
    this.lostHomes = lostHomes;
    this.claims = claims;
    this.readRows = readRows;
    this.settled = settled;
    this.changed = changed;
    this.denied = new DeniedRoutes(here, table, changed);
    this.longHeld = new LongHeld(here, table, readRows, changed);
  }

  /** Looks whether what has been with its executor for long was reported to another home. */
  void checkLongHeld() {
    longHeld.check();
  }

  /** What is repeated while it is decided costs nothing more: it shares the answer. */
  Future<Report.Reply> decide(Report report) {
    succession.check(report.key());
    var attempt = Attempt.of(report);
    var known = deciding.get(attempt);
    if (known != null) return known;
    var decided = read(report);
    if (!decided.isComplete()) {
      deciding.put(attempt, decided);
      decided.onComplete(_ -> deciding.remove(attempt));
    }
    return decided;
  }

  private Future<Report.Reply> read(Report report) {
    var attempt = Map.of(report.requestId(), report.epoch());
    attempt.forEach(this::checkFirm);
    if (isKnown(report.requestId(), report.epoch())) return judge(report);
    return claims
        .begun(report.requestId(), report.epoch())
        .compose(_ -> readUnknown(attempt))
        .compose(_ -> judge(report));
  }

  // Accepted in the other half of a split, they may stand in rows that nobody here has read. Read
  // last: nothing is waited for between this and what is concluded from it.
  private Future<Void> readUnknown(Map<String, Integer> attempts) {
    var unknown =
        attempts.entrySet().stream()
            .filter(held -> ahead(held.getKey(), held.getValue()))
            .map(Map.Entry::getKey)
            .sorted()
            .toList();
    return unknown.isEmpty() ? Future.succeededFuture() : readRows.apply(unknown);
  }

  private boolean isKnown(String requestId, int epoch) {
    return table.find(requestId).filter(entry -> entry.epoch == epoch).isPresent();
  }

  /** True when an agent knows of an attempt that this router does not know. */
  private boolean ahead(String requestId, int epoch) {
    checkFirm(requestId, epoch);
    var entry = table.find(requestId).orElse(null);
    return entry == null || entry.durable && entry.epoch < epoch;
  }

  // Also after something was read: what was firm before may have been given to somebody meanwhile.
  private void checkFirm(String requestId, int epoch) {
    if (succession.arriving(requestId)) {
      throw new Fault(Fault.Code.UNAVAILABLE, "it arrives from another home");
    }
    var entry = table.find(requestId).orElse(null);
    if (entry == null || !entry.durable || entry.epoch > epoch) return;
    if (entry.state instanceof Entry.State.Committing) {
      throw new Fault(Fault.Code.UNAVAILABLE, "an attempt is being written");
    }
  }

  private Future<Report.Reply> judge(Report report) {
    succession.check(report.key());
    var id = report.requestId();
    checkFirm(id, report.epoch());
    long now = here.nowMs();
    var orphan = table.handover().orphaned(id).orElse(null);
    if (table.handover().orphanEnded(id, report.epoch(), report.executorId(), now)) {
      changed.run();
      return lostHomes
          .keepUnlessKnown(report)
          .onFailure(_ -> table.handover().orphan(orphan, here.nowMs() + ORPHAN_MS));
    }
    var verdict = table.report(id, report.epoch(), report.executorId(), report.result(), now);
    changed.run();
    return switch (verdict) {
      case DECIDED, SETTLING -> settled.apply(id).map(_ -> new Report.Settled());
      // Its agent is the only one who knows that it was begun, until the other result is stored.
      case OVERRULED -> settled.apply(id).map(_ -> new Report.Unwanted());
      case UNWANTED -> {
        sure(report.key(), report.edge());
        yield Future.succeededFuture(new Report.Unwanted());
      }
    };
  }

  Future<Done> doubt(Doubt doubt) {
    succession.check(doubt.key());
    table
        .doubt(doubt.requestId(), doubt.epoch(), doubt.executorId(), here.nowMs())
        .ifPresent(route -> denied.add(route, DOUBTED_MS));
    changed.run();
    return Future.succeededFuture(new Done());
  }

  Future<Reconcile.Reconciled> reconcile(Reconcile hello) {
    succession.check(hello.key());
    sure(hello.key(), hello.edge());
    if (isOvertaken(hello)) throw overtaken();
    var attempts = Reconciliation.listed(hello);
    attempts.forEach(this::checkFirm);
    var begun =
        attempts.entrySet().stream()
            .filter(held -> !isKnown(held.getKey(), held.getValue()))
            .toList();
    if (begun.isEmpty()) return compare(hello);
    return Future.join(begun.stream().map(this::begun).toList())
        .compose(_ -> readUnknown(attempts))
        .compose(_ -> compare(hello));
  }

  private Future<?> begun(Map.Entry<String, Integer> held) {
    return claims.begun(held.getKey(), held.getValue());
  }

  // A home that is new has heard no hello; the registry knows who is connected.
  private boolean isOvertaken(Reconcile hello) {
    boolean later =
        table
            .route(hello.executorId())
            .filter(route -> route.connectedAtMs() > hello.connectedAtMs())
            .isPresent();
    return later || !hellos.isNewest(hello);
  }

  private static Fault overtaken() {
    return new Fault(Fault.Code.BAD_REQUEST, "a later connection of this executor is known");
  }

  private Future<Reconcile.Reconciled> compare(Reconcile hello) {
    succession.check(hello.key());
    sure(hello.key(), hello.edge());
    if (isOvertaken(hello)) throw overtaken();
    Reconciliation.listed(hello).forEach(this::checkFirm);
    lostHomes.adopt(hello, succession.recent());
    var reconciled = table.reconcile(hello, here.nowMs());
    changed.run();
    return Future.succeededFuture(reconciled);
  }

  // From out of sight: who gave it the work is out of sight as well, and was not asked.
  private void sure(String key, String edge) {
    boolean seen = edge == null || here.view().has(edge);
    if (!seen || succession.unsure(key)) {
      throw new Fault(Fault.Code.UNAVAILABLE, "another router may have what this belongs to");
    }
  }
}
