package ai.vespid.gateway.dispatch;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.EffectClass;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.ResultStatus;
import ai.vespid.protocol.bus.Dispatch;
import ai.vespid.protocol.bus.DispatchRouter.Finished;
import ai.vespid.protocol.bus.DispatchRouter.Reconcile;
import ai.vespid.protocol.bus.DispatchRouter.Refused;
import ai.vespid.protocol.bus.DispatchRouter.Reply;
import ai.vespid.protocol.bus.DispatchRouter.Report;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.executor.ExecutorFrame.Held;
import ai.vespid.simulation.Mutant;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * As {@link DispatchRouterVerticle} and {@link Claims}, over the same pure classes, with the
 * simulated world around it.
 *
 * <p>Its last mutants ({@link Mutant}) take out again what the simulator found missing in
 * production.
 */
public final class RouterShell {
  /** Bounds of the table; see {@link DispatchTable.Rules}. */
  public record Limits(
      int dispatchesMax, int orgQueueMax, int orgInFlightMax, long graceMs, int epochMax) {}

  /** How often time is looked at; finer in production, and no different but for being late. */
  public static final long TICK_MS = 50;

  private static final long SWEEP_MS = 5_000;

  private final RouterPorts ports;
  private final String owner;
  private final ExecutorDirectory directory = new ExecutorDirectory();
  private final Waiters waiters = new Waiters();
  private final DispatchTable table;
  private final CarrierShell carrier;
  private final Census census;
  private final Set<String> claimed = new HashSet<>();
  private final Hellos hellos = new Hellos();

  /**
   * @param owner names this process in its claims
   */
  public RouterShell(RouterPorts ports, Limits limits, String owner) {
    this.ports = ports;
    this.owner = owner;
    var rules =
        new DispatchTable.Rules(
            limits.dispatchesMax(),
            limits.orgQueueMax(),
            limits.orgInFlightMax(),
            limits.graceMs(),
            limits.epochMax());
    table = new DispatchTable(rules, directory);
    census = new Census(table, directory);
    carrier = new CarrierShell(ports, table, directory, waiters, census);
  }

  private boolean without(Mutant line) {
    return ports.mutant() == line;
  }

  /** Completes when it may be asked; fails when the rows cannot be read. */
  public Future<Void> start() {
    ports.routes().forEach(directory::up);
    if (without(Mutant.ROWS_NOT_RECOVERED)) return started();
    return ports
        .open()
        .compose(rows -> {
          inOrder(rows).forEach(this::recover);
          return started();
        });
  }

  private Future<Void> started() {
    ports.later(TICK_MS, this::tick);
    ports.later(SWEEP_MS, this::sweep);
    carrier.carryOut();
    return Future.succeededFuture();
  }

  // What is with an executor has its run's files; one that waits could get them first.
  private List<RouterPorts.Row> inOrder(List<RouterPorts.Row> rows) {
    return rows.stream()
        .sorted(Comparator.comparing((RouterPorts.Row row) -> row.executorId() == null))
        .toList();
  }

  private void recover(RouterPorts.Row row) {
    waiters.open(row.dispatch(), true).accepted();
    carrier.recover(row);
  }

  public Future<Reply> submit(Dispatch dispatch, boolean async) {
    if (!without(Mutant.OPEN_ID_NOT_JOINED)) {
      var open = waiters.join(dispatch, async);
      if (open != null) return open;
    }
    var line = waiters.open(dispatch, async);
    claim(dispatch.requestId()).onSuccess(answer -> claimed(dispatch, async, answer));
    return line.answer(async);
  }

  private Future<Claims.Answer> claim(String requestId) {
    return ports
        .claim(requestId, owner)
        .transform(written -> {
          boolean first = claimed.add(requestId) || without(Mutant.OWN_CLAIMS_FORGOTTEN);
          if (written.succeeded() && written.result() && first) return granted();
          return written.succeeded() ? conflict(requestId) : decidedOr(requestId, granted());
        });
  }

  private Future<Claims.Answer> conflict(String requestId) {
    return decidedOr(
        requestId,
        ports.claimant(requestId).map(this::holder).otherwise(new Claims.Answer.Granted()));
  }

  private Claims.Answer holder(Optional<String> holder) {
    return holder.isEmpty() || holder.get().equals(owner) || without(Mutant.CLAIM_IGNORED)
        ? new Claims.Answer.Granted()
        : new Claims.Answer.Taken();
  }

  private Future<Claims.Answer> decidedOr(String requestId, Future<Claims.Answer> otherwise) {
    if (without(Mutant.DECIDED_NOT_LOOKED_UP)) return otherwise;
    return ports
        .result(requestId)
        .transform(found ->
            found.succeeded() && found.result().isPresent()
                ? Future.succeededFuture(decided(found.result().get()))
                : otherwise);
  }

  private static Claims.Answer decided(RouterPorts.Stored stored) {
    return new Claims.Answer.Decided(stored.organizationId(), stored.result());
  }

  private static Future<Claims.Answer> granted() {
    return Future.succeededFuture(new Claims.Answer.Granted());
  }

  private void claimed(Dispatch dispatch, boolean async, Claims.Answer answer) {
    switch (answer) {
      case Claims.Answer.Decided decided ->
          waiters.close(dispatch.requestId(), new Finished(decided.result(), true));
      case Claims.Answer.Taken _ when !async && dispatch.effect() == EffectClass.AT_MOST_ONCE ->
          waiters.close(
              dispatch.requestId(),
              new Finished(DispatchResult.failed(ErrorCode.AGENT_DISCONNECTED), false));
      case Claims.Answer.Taken _, Claims.Answer.Granted _ -> take(dispatch, async);
    }
  }

  private void take(Dispatch dispatch, boolean async) {
    var refusal = table.refusal(dispatch);
    if (refusal.isPresent()) {
      claimed.remove(dispatch.requestId());
      ports.unclaim(dispatch.requestId());
      waiters.close(dispatch.requestId(), new Refused(refusal.get(), "refused"));
      return;
    }
    census.add(dispatch.requestId());
    table.submit(dispatch, async, ports.nowMs());
    carrier.carryOut();
  }

  public Future<Report.Reply> decide(Report said) {
    var before = table.find(said.requestId());
    var report =
        without(Mutant.REPORT_EPOCH_UNCHECKED) ? before.map(e -> as(said, e)).orElse(said) : said;
    int epoch = before.map(entry -> entry.epoch).orElse(0);
    var executorId = before.map(Entry::executorId).orElse(null);
    var verdict =
        table.report(
            report.requestId(),
            report.epoch(),
            report.executorId(),
            report.result(),
            ports.nowMs());
    ports.say("hears", said.requestId(), "e" + said.epoch(), "from", said.executorId(), verdict);
    if (verdict == DispatchTable.Verdict.DECIDED) {
      ports.history().decided(said.requestId(), epoch, executorId, said.epoch(), said.executorId());
    }
    carrier.carryOut();
    return switch (verdict) {
      case DECIDED, SETTLING ->
          without(Mutant.ACKNOWLEDGED_BEFORE_SETTLED)
              ? Future.succeededFuture(new Report.Settled())
              : carrier.settled(report.requestId()).map(_ -> new Report.Settled());
      case UNWANTED -> Future.succeededFuture(new Report.Unwanted());
    };
  }

  private static Report as(Report said, Entry entry) {
    return entry.executorId() == null
        ? said
        : new Report(
            said.key(),
            said.organizationId(),
            said.requestId(),
            entry.epoch,
            entry.executorId(),
            said.result());
  }

  public Future<Reconcile.Reconciled> reconcile(Reconcile hello) {
    if (!hellos.isNewest(hello) && !without(Mutant.OVERTAKEN_HELLO_BELIEVED)) {
      return Future.failedFuture("overtaken");
    }
    var believed = without(Mutant.BOOT_ID_IGNORED) ? sameProcess(hello) : hello;
    ports.say("reconciles", hello.connectionId(), hello.inFlight(), hello.finished());
    var unstored = unstored(hello);
    var reconciled = table.reconcile(believed, ports.nowMs());
    carrier.carryOut();
    return Future.succeededFuture(
        without(Mutant.SETTLING_RESULT_DROPPED) ? dropping(unstored, reconciled) : reconciled);
  }

  private List<Held> unstored(Reconcile hello) {
    return Reconciliation.listed(hello).entrySet().stream()
        .filter(held ->
            table
                .find(held.getKey())
                .filter(entry -> entry.state instanceof Entry.State.Settling)
                .isPresent())
        .map(held -> new Held(held.getKey(), held.getValue()))
        .toList();
  }

  private static Reconcile.Reconciled dropping(List<Held> these, Reconcile.Reconciled from) {
    var ids = these.stream().map(Held::requestId).toList();
    var drop = new ArrayList<>(from.drop());
    drop.addAll(these);
    return new Reconcile.Reconciled(
        from.adopted().stream().filter(a -> !ids.contains(a.requestId())).toList(), drop);
  }

  private Reconcile sameProcess(Reconcile hello) {
    var boot =
        directory.heldBy(hello.executorId()).stream()
            .flatMap(id -> table.find(id).stream())
            .map(Entry::bootId)
            .filter(id -> id != null)
            .findFirst()
            .orElse(hello.bootId());
    return new Reconcile(
        hello.key(),
        hello.organizationId(),
        hello.executorId(),
        hello.connectionId(),
        hello.connectedAtMs(),
        boot,
        hello.inFlight(),
        hello.finished());
  }

  public void routeUp(Route route) {
    ports.say("route up", route.connectionId());
    table.routeUp(route, ports.nowMs());
    carrier.carryOut();
  }

  public void routeDown(String executorId, String connectionId) {
    ports.say("route down", connectionId);
    table.routeDown(executorId, connectionId, ports.nowMs());
    carrier.carryOut();
  }

  private void tick() {
    ports.later(TICK_MS, this::tick);
    if (without(Mutant.DEADLINES_NOT_WATCHED)) return;
    table.tick(ports.nowMs());
    carrier.carryOut();
  }

  // Rows whose deadline has passed and whose writer died before it heard of its commit.
  private void sweep() {
    ports.later(SWEEP_MS, this::sweep);
    if (without(Mutant.ORPHANED_ROWS_NOT_SWEPT)) return;
    long now = ports.nowMs();
    var held = census.ids();
    ports
        .open()
        .onSuccess(rows -> {
          for (var row : inOrder(rows)) {
            if (row.deadlineMs() > now || held.contains(row.dispatch().requestId())) continue;
            // Who submits it now finds the row too.
            if (waiters.join(row.dispatch(), true) == null) recover(row);
          }
          carrier.carryOut();
        });
  }

  /** Dispatches in the table. */
  public int open() {
    return table.size();
  }

  /** True when the attempt is believed to be with this executor, or its result is not stored. */
  public boolean awaits(String requestId, int epoch, String executorId) {
    return table
        .find(requestId)
        .filter(entry -> entry.epoch == epoch && executorId.equals(entry.executorId()))
        .filter(entry -> entry.held() || entry.durable && unstoredSuccess(entry))
        .isPresent();
  }

  private static boolean unstoredSuccess(Entry entry) {
    return entry.state instanceof Entry.State.Settling settling
        && settling.result().status() == ResultStatus.SUCCEEDED;
  }

  /** Check 4: the capacity in use is the live assignments. */
  public Optional<String> miscount(Iterable<String> executorIds) {
    return census.miscount(executorIds);
  }
}
