package ai.vespid.gateway.dispatch;

import ai.vespid.kit.bus.Fault;
import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.RequestId;
import ai.vespid.protocol.Workspaces;
import ai.vespid.protocol.bus.Dispatch;
import ai.vespid.protocol.bus.DispatchRouter.Finished;
import ai.vespid.protocol.bus.DispatchRouter.Refused;
import ai.vespid.protocol.bus.Holder;
import ai.vespid.protocol.bus.ResultStore;
import ai.vespid.simulation.Mutant;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;

/** As {@link Carrier} and {@link DurableLog}: carries decisions out, tells how they went. */
final class CarrierShell {
  private static final long RETRY_MS = 500;
  private static final Duration OFFER_MAX = Duration.ofSeconds(5);

  private final RouterPorts ports;
  private final Surroundings here;
  private final DispatchTable table;
  private final ExecutorDirectory directory;
  private final Waiters waiters;
  private final Offers offers;
  private final FirstResults first;
  private final Function<String, Future<?>> openRow;
  private final Predicate<String> mine;
  private final Map<String, Promise<Void>> settling = new HashMap<>();

  CarrierShell(
      RouterPorts ports,
      Surroundings here,
      DispatchTable table,
      ExecutorDirectory directory,
      Waiters waiters,
      Claims claims,
      Consumer<Dispatch> elsewhere,
      Function<String, Future<?>> openRow,
      Predicate<String> mine) {
    this.ports = ports;
    this.here = here;
    this.table = table;
    this.directory = directory;
    this.waiters = waiters;
    this.offers =
        new Offers(
            new SpoiledOffers(here, ports::omits, table, this::carryOut),
            ports.alone(),
            new WorkspaceAccessSigner("http://gateway", "a secret of the simulator"),
            OFFER_MAX,
            table,
            claims,
            elsewhere,
            openRow,
            this::carryOut);
    this.first = new FirstResults(here);
    this.openRow = openRow;
    this.mine = mine;
  }

  private boolean without(Mutant line) {
    return ports.omits(line);
  }

  void carryOut() {
    for (var decided = table.decisions(); !decided.isEmpty(); decided = table.decisions()) {
      for (var decision : decided) {
        switch (decision) {
          case Decision.Persist persist -> persist(persist);
          case Decision.LoadWorkspace load -> load(load);
          case Decision.Offer offer -> offer(offer);
          case Decision.Withdraw attempt -> offers.withdraw(attempt);
          case Decision.Cancel cancel -> offers.cancel(cancel);
          case Decision.Finish finish -> finish(finish);
        }
      }
    }
  }

  Future<Void> settled(String requestId) {
    var under = settling.get(requestId);
    return under == null ? Future.succeededFuture() : under.future();
  }

  private void persist(Decision.Persist persist) {
    var requestId = persist.dispatch().requestId();
    var to = persist.assigned();
    ports.say(
        persist.first() ? "inserts" : "assigns",
        requestId,
        "e" + persist.epoch(),
        to == null ? "to nobody" : to.executorId());
    if (without(Mutant.ACCEPTED_BEFORE_COMMIT)) waiters.accepted(requestId);
    if (without(Mutant.OFFERED_BEFORE_COMMIT)) {
      here.later(
          0,
          () -> {
            table.persisted(requestId, persist.epoch(), here.nowMs());
            carryOut();
          });
    }
    write(persist)
        .onSuccess(written -> {
          if (written) {
            if (persist.first()) waiters.accepted(requestId);
            table.persisted(requestId, persist.epoch(), here.nowMs());
          } else if (persist.first() || !without(Mutant.REFUSED_ASSIGNMENT_QUEUED)) {
            known(persist);
          } else {
            table.persistFailed(requestId, persist.epoch(), here.nowMs());
          }
          carryOut();
        })
        .onFailure(_ -> {
          table.persistFailed(requestId, persist.epoch(), here.nowMs());
          if (persist.first()) unavailable(requestId);
          carryOut();
        });
  }

  private Future<Boolean> write(Decision.Persist persist) {
    var to = persist.assigned();
    var holder = to == null ? null : Holder.of(to);
    return persist.first()
        ? ports.insert(
            new RouterPorts.Row(
                persist.dispatch(), persist.epoch(), holder, persist.deadlineMs(), null))
        : ports.assign(persist.dispatch().requestId(), persist.epoch(), holder);
  }

  private void unavailable(String requestId) {
    waiters.close(requestId, new Refused(ErrorCode.DATABASE_UNAVAILABLE, "the database is away"));
  }

  private void known(Decision.Persist persist) {
    var requestId = persist.dispatch().requestId();
    table.discard(requestId, persist.epoch(), here.nowMs());
    ports
        .find(requestId)
        .onSuccess(found -> {
          var row = found.orElse(null);
          if (row == null) {
            Waiters.conflict().onSuccess(no -> waiters.close(requestId, no));
          } else if (row.result() != null) {
            waiters.close(requestId, new Finished(row.result(), true));
          } else {
            waiters.accepted(requestId);
            // A row whose writer died before it heard of its commit is in nobody's table.
            if (!without(Mutant.OPEN_ROW_LEFT_ALONE)) openRow.apply(requestId);
          }
          carryOut();
        })
        .onFailure(_ -> {
          if (persist.first()) unavailable(requestId);
          else waiters.moved(requestId);
        });
  }

  private void load(Decision.LoadWorkspace load) {
    var key = load.organizationId() + '/' + load.runId();
    var workspaceId = Workspaces.idOf(load.organizationId(), load.runId());
    ports
        .head(workspaceId)
        .map(version -> new WorkspaceHead(workspaceId, version, "v" + version, null))
        .otherwise(_ -> null)
        .onSuccess(head -> {
          table.workspaceLoaded(key, head, here.nowMs());
          carryOut();
        });
  }

  private void offer(Decision.Offer offer) {
    var requestId = offer.dispatch().requestId();
    ports.say("offers", requestId, "e" + offer.epoch(), "to", offer.route().connectionId());
    ports.history().offered(requestId, offer.remainingMs());
    offers.make(offer);
  }

  private void finish(Decision.Finish finish) {
    var requestId = finish.dispatch().requestId();
    ports.say("decides", requestId, "e" + finish.epoch(), finish.result());
    if (without(Mutant.CAPACITY_NOT_RELEASED)) holdAgain(requestId);
    if (finish.files() == null && !finish.durable() && decidesAlone()) {
      settle(finish, finish.result(), null);
      return;
    }
    var stored = Promise.<Void>promise();
    settling.put(requestId, stored);
    commitFiles(finish)
        .compose(result -> store(finish, result))
        .onSuccess(result -> {
          settling.remove(requestId);
          settle(finish, result, result == finish.result() ? finish.files() : null);
          stored.complete();
          carryOut();
        })
        .onFailure(cause -> {
          settling.remove(requestId);
          waiters.moved(requestId);
          table.settled(requestId, null, here.nowMs());
          stored.fail(cause);
          carryOut();
        });
  }

  private boolean decidesAlone() {
    return ports.alone() || without(Mutant.SYNC_DECIDED_ALONE);
  }

  private void holdAgain(String requestId) {
    table.find(requestId).map(Entry::executorId).ifPresent(id -> directory.hold(id, requestId));
  }

  private Future<DispatchResult> commitFiles(Decision.Finish finish) {
    if (finish.files() == null) return Future.succeededFuture(finish.result());
    var workspaceId =
        Workspaces.idOf(
            finish.dispatch().organizationId(), RequestId.runIdOf(finish.dispatch().requestId()));
    return ports
        .commitFiles(workspaceId, finish.files().version())
        .map(committed ->
            committed
                ? finish.result()
                : DispatchResult.failed(ErrorCode.WORKSPACE_VERSION_CONFLICT))
        .otherwise(_ -> DispatchResult.failed(ErrorCode.WORKSPACE_UNAVAILABLE));
  }

  private Future<DispatchResult> store(Decision.Finish finish, DispatchResult result) {
    if (!finish.durable()) {
      var dispatch = finish.dispatch();
      return decidesAlone()
          ? Future.succeededFuture(result)
          : first.decide(dispatch.requestId(), dispatch.organizationId(), result);
    }
    var decided = Promise.<DispatchResult>promise();
    attempt(finish, finish.epoch(), result, decided);
    return decided.future();
  }

  private void attempt(
      Decision.Finish finish, int epoch, DispatchResult result, Promise<DispatchResult> decided) {
    var requestId = finish.dispatch().requestId();
    ports
        .finish(requestId, epoch, result)
        .compose(deciding ->
            deciding
                ? Future.succeededFuture(Optional.of(result))
                : refused(finish, epoch, result, decided))
        .onSuccess(known -> known.ifPresent(decided::tryComplete))
        .onFailure(cause -> {
          if (cause instanceof Fault fault && fault.code() == Fault.Code.NOT_HOME) {
            decided.tryFail(cause);
          } else if (without(Mutant.STORING_NOT_REPEATED)) decided.complete(result);
          else here.later(RETRY_MS, () -> attempt(finish, epoch, result, decided));
        });
  }

  // Decided before, or the row is ahead: an assignment of a dead process was written late and never
  // offered. Taken for the first, a result would be answered that is not stored.
  private Future<Optional<DispatchResult>> refused(
      Decision.Finish finish, int epoch, DispatchResult result, Promise<DispatchResult> decided) {
    return ports
        .find(finish.dispatch().requestId())
        .map(found -> {
          var row = found.orElse(null);
          if (row != null && row.result() != null) return Optional.of(row.result());
          if (row == null || without(Mutant.REFUSED_RESULT_ANSWERED)) return Optional.of(result);
          if (!mine.test(row.queueKey())) throw new Fault(Fault.Code.NOT_HOME, "another decides");
          attempt(finish, row.epoch(), result, decided);
          return Optional.empty();
        });
  }

  private void settle(Decision.Finish finish, DispatchResult result, WorkspaceHead head) {
    var dispatch = finish.dispatch();
    here.ask(
        ResultStore.at(here.node()),
        new ResultStore.Put(dispatch.requestId(), dispatch.organizationId(), result),
        OFFER_MAX);
    waiters.close(dispatch.requestId(), new Finished(result, false));
    table.settled(dispatch.requestId(), head, here.nowMs());
  }
}
