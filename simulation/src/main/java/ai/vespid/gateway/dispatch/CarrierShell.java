package ai.vespid.gateway.dispatch;

import ai.vespid.kit.bus.Fault;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.RequestId;
import ai.vespid.protocol.Workspaces;
import ai.vespid.protocol.bus.DispatchRouter.Finished;
import ai.vespid.protocol.bus.DispatchRouter.Refused;
import ai.vespid.protocol.bus.ExecutorEdge;
import ai.vespid.protocol.executor.GatewayFrame.Upload;
import ai.vespid.protocol.executor.GatewayFrame.WorkspaceAccess;
import ai.vespid.simulation.Mutant;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** As {@link Carrier} and {@link DurableLog}: carries decisions out, tells how they went. */
final class CarrierShell {
  private static final long RETRY_MS = 500;

  private final RouterPorts ports;
  private final DispatchTable table;
  private final ExecutorDirectory directory;
  private final Waiters waiters;
  private final Census census;
  private final Map<String, Promise<Void>> settling = new HashMap<>();

  CarrierShell(
      RouterPorts ports,
      DispatchTable table,
      ExecutorDirectory directory,
      Waiters waiters,
      Census census) {
    this.ports = ports;
    this.table = table;
    this.directory = directory;
    this.waiters = waiters;
    this.census = census;
  }

  private boolean without(Mutant line) {
    return ports.mutant() == line;
  }

  void carryOut() {
    for (var decided = table.decisions(); !decided.isEmpty(); decided = table.decisions()) {
      for (var decision : decided) {
        switch (decision) {
          case Decision.Persist persist -> persist(persist);
          case Decision.LoadWorkspace load -> load(load);
          case Decision.Offer offer -> offer(offer);
          case Decision.Cancel cancel -> cancel(cancel);
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
      ports.later(
          0,
          () -> {
            table.persisted(requestId, persist.epoch(), ports.nowMs());
            carryOut();
          });
    }
    write(persist)
        .onSuccess(written -> {
          if (written) {
            if (persist.first()) waiters.accepted(requestId);
            table.persisted(requestId, persist.epoch(), ports.nowMs());
          } else if (persist.first()) {
            known(persist);
          } else {
            table.persistFailed(requestId, persist.epoch(), ports.nowMs());
          }
          carryOut();
        })
        .onFailure(_ -> {
          table.persistFailed(requestId, persist.epoch(), ports.nowMs());
          if (persist.first()) unavailable(requestId);
          carryOut();
        });
  }

  private Future<Boolean> write(Decision.Persist persist) {
    var to = persist.assigned();
    var executorId = to == null ? null : to.executorId();
    var bootId = to == null ? null : to.bootId();
    return persist.first()
        ? ports.insert(
            new RouterPorts.Row(
                persist.dispatch(),
                persist.epoch(),
                executorId,
                bootId,
                persist.deadlineMs(),
                null))
        : ports.assign(persist.dispatch().requestId(), persist.epoch(), executorId, bootId);
  }

  private void unavailable(String requestId) {
    waiters.close(requestId, new Refused(ErrorCode.DATABASE_UNAVAILABLE, "the database is away"));
  }

  private void known(Decision.Persist persist) {
    var requestId = persist.dispatch().requestId();
    table.discard(requestId, persist.epoch(), ports.nowMs());
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
            if (!without(Mutant.OPEN_ROW_LEFT_ALONE)) recover(row);
          }
          carryOut();
        })
        .onFailure(_ -> unavailable(requestId));
  }

  /** Takes over an open row. */
  void recover(RouterPorts.Row row) {
    ports.say(
        "recovers",
        row.dispatch().requestId(),
        "e" + row.epoch(),
        row.executorId() == null ? "of nobody" : row.executorId());
    census.add(row.dispatch().requestId());
    table
        .handover()
        .recover(
            row.dispatch(),
            row.epoch(),
            row.executorId(),
            row.bootId(),
            false,
            row.deadlineMs(),
            ports.nowMs());
  }

  private void load(Decision.LoadWorkspace load) {
    var key = load.organizationId() + '/' + load.runId();
    var workspaceId = Workspaces.idOf(load.organizationId(), load.runId());
    ports
        .head(workspaceId)
        .map(version -> new WorkspaceHead(workspaceId, version, "v" + version, null))
        .otherwise(_ -> null)
        .onSuccess(head -> {
          table.workspaceLoaded(key, head, ports.nowMs());
          carryOut();
        });
  }

  private void offer(Decision.Offer offer) {
    var route = offer.route();
    var requestId = offer.dispatch().requestId();
    ports.say("offers", requestId, "e" + offer.epoch(), "to", route.connectionId());
    long next = offer.workspace() == null ? 1 : offer.workspace().version() + 1;
    var request =
        new ExecutorEdge.Offer(
            offer.dispatch(),
            route.executorId(),
            route.connectionId(),
            offer.epoch(),
            offer.remainingMs(),
            WorkspaceAccessSigner.workspace(offer.dispatch(), offer.workspace()),
            new WorkspaceAccess(null, new Upload("http://gateway/files", "v" + next, next)));
    ports
        .offer(route, request)
        .recover(cause -> unanswered(Fault.of(cause)))
        .onSuccess(reply -> {
          table.offerAnswered(requestId, offer.epoch(), reply, ports.nowMs());
          carryOut();
        });
  }

  private Future<ExecutorEdge.Offer.Reply> unanswered(Fault fault) {
    if (without(Mutant.UNANSWERED_OFFER_GIVEN_AWAY)) {
      return Future.succeededFuture(new ExecutorEdge.Offer.NotHere());
    }
    return switch (fault.code()) {
      case UNAVAILABLE -> Future.succeededFuture(new ExecutorEdge.Offer.NotHere());
      case BUSY -> Future.succeededFuture(new ExecutorEdge.Offer.Full());
      case BAD_REQUEST, NOT_FOUND, NOT_HOME, INTERNAL, TIMEOUT -> Future.failedFuture(fault);
    };
  }

  private void cancel(Decision.Cancel cancel) {
    ports.cancel(
        cancel.route(),
        new ExecutorEdge.Cancel(
            cancel.route().executorId(), cancel.requestId(), cancel.epoch(), cancel.reason()));
  }

  private void finish(Decision.Finish finish) {
    var requestId = finish.dispatch().requestId();
    ports.say("decides", requestId, "e" + finish.epoch(), finish.result());
    if (without(Mutant.CAPACITY_NOT_RELEASED)) holdAgain(requestId);
    if (finish.files() == null && !finish.durable()) {
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
        });
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
    if (!finish.durable()) return Future.succeededFuture(result);
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
        .onFailure(_ -> {
          if (without(Mutant.STORING_NOT_REPEATED)) decided.complete(result);
          else ports.later(RETRY_MS, () -> attempt(finish, epoch, result, decided));
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
          attempt(finish, row.epoch(), result, decided);
          return Optional.empty();
        });
  }

  private void settle(Decision.Finish finish, DispatchResult result, WorkspaceHead head) {
    var dispatch = finish.dispatch();
    ports.keep(dispatch.requestId(), new RouterPorts.Stored(dispatch.organizationId(), result));
    waiters.close(dispatch.requestId(), new Finished(result, false));
    table.settled(dispatch.requestId(), head, ports.nowMs());
  }
}
