package ai.vespid.gateway.dispatch;

import ai.vespid.kit.bus.Bus;
import ai.vespid.kit.bus.Fault;
import ai.vespid.kit.node.Node;
import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.RequestId;
import ai.vespid.protocol.Workspaces;
import ai.vespid.protocol.bus.Continuations;
import ai.vespid.protocol.bus.DispatchRouter.Finished;
import ai.vespid.protocol.bus.DispatchRouter.Refused;
import ai.vespid.protocol.bus.ExecutorEdge;
import ai.vespid.protocol.bus.ResultStore;
import ai.vespid.protocol.bus.Route;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries the table's decisions out and tells it how they went. */
final class Carrier {
  private static final Logger LOG = LoggerFactory.getLogger(Carrier.class);

  private static final long REPEAT_MS = 250;

  private final Vertx vertx;
  private final Node node;
  private final DispatchRouterSettings settings;
  private final DispatchTable table;
  private final DurableLog log;
  private final Waiters waiters;
  private final RouterMeters meters;
  private final Function<String, Future<?>> openRow;
  private final WorkspaceAccessSigner signer;
  private final Bus bus;
  private final DeniedRoutes denied;
  private final Map<String, Promise<Void>> settling = new HashMap<>();

  Carrier(
      Vertx vertx,
      Node node,
      DispatchRouterSettings settings,
      DispatchTable table,
      DurableLog log,
      Waiters waiters,
      RouterMeters meters,
      Function<String, Future<?>> openRow) {
    this.node = node;
    this.settings = settings;
    this.table = table;
    this.log = log;
    this.waiters = waiters;
    this.meters = meters;
    this.openRow = openRow;
    this.signer = new WorkspaceAccessSigner(settings.publicUrl(), settings.signingSecret());
    this.vertx = vertx;
    this.bus = new Bus(vertx, node.id());
    this.denied = new DeniedRoutes(Surroundings.of(vertx, node), table, this::carryOut);
  }

  /** Does everything that was decided, and what is decided in turn. */
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

  /**
   * Completes when the terminal result of this dispatch is stored; at once when none is under way.
   */
  Future<Void> settled(String requestId) {
    var under = settling.get(requestId);
    return under == null ? Future.succeededFuture() : under.future();
  }

  private void persist(Decision.Persist persist) {
    var requestId = persist.dispatch().requestId();
    (persist.first() ? log.insert(persist) : log.assign(persist))
        .onSuccess(written -> {
          if (written) {
            if (persist.first()) waiters.accepted(requestId);
            table.persisted(requestId, persist.epoch(), node.clock().millis());
          } else {
            known(persist);
          }
          carryOut();
        })
        .onFailure(cause -> {
          LOG.atWarn()
              .addKeyValue("request", requestId)
              .addKeyValue("cause", cause.getClass().getSimpleName())
              .log("a dispatch could not be written");
          table.persistFailed(requestId, persist.epoch(), node.clock().millis());
          if (persist.first()) unavailable(requestId);
          carryOut();
        });
  }

  // The id was accepted before, by this or an earlier process, or another home of a split went on
  // with it: its row answers.
  private void known(Decision.Persist persist) {
    var dispatch = persist.dispatch();
    table.discard(dispatch.requestId(), persist.epoch(), node.clock().millis());
    log.find(dispatch.requestId())
        .onSuccess(row -> {
          var known = row.orElse(null);
          if (known == null || !known.organizationId().equals(dispatch.organizationId())) {
            Waiters.conflict().onSuccess(no -> waiters.close(dispatch.requestId(), no));
          } else if (known.result() != null) {
            waiters.close(dispatch.requestId(), new Finished(known.result(), true));
          } else {
            waiters.accepted(dispatch.requestId());
            // Whoever wrote it may have died before it heard of its commit.
            openRow.apply(dispatch.requestId());
          }
        })
        .onFailure(_ -> {
          if (persist.first()) unavailable(dispatch.requestId());
          else waiters.moved(dispatch.requestId());
        });
  }

  private void unavailable(String requestId) {
    waiters.close(requestId, new Refused(ErrorCode.DATABASE_UNAVAILABLE, "the database is away"));
  }

  private void load(Decision.LoadWorkspace load) {
    var key = load.organizationId() + '/' + load.runId();
    log.head(Workspaces.idOf(load.organizationId(), load.runId()))
        .otherwise(cause -> {
          LOG.atWarn()
              .addKeyValue("run", load.runId())
              .addKeyValue("cause", cause.getClass().getSimpleName())
              .log("the files of a run could not be looked up");
          return null;
        })
        .onSuccess(head -> {
          table.workspaceLoaded(key, head, node.clock().millis());
          carryOut();
        });
  }

  private void offer(Decision.Offer offer) {
    var route = offer.route();
    var requestId = offer.dispatch().requestId();
    var request =
        new ExecutorEdge.Offer(
            offer.dispatch(),
            route.executorId(),
            route.connectionId(),
            offer.epoch(),
            offer.remainingMs(),
            WorkspaceAccessSigner.workspace(offer.dispatch(), offer.workspace()),
            signer.access(
                offer.dispatch(),
                offer.workspace(),
                !route.acknowledges() || offer.workspace() != null,
                node.clock().millis() + offer.remainingMs()),
            node.id());
    if (offer.again()) offerUnlessDecided(request, route, offer, true);
    else if (mayBeDecided(offer)) offerUnlessDecided(request, route, offer, false);
    else offer(request, route, offer, false);
  }

  private void offerUnlessDecided(
      ExecutorEdge.Offer request, Route route, Decision.Offer offer, boolean repeated) {
    var requestId = offer.dispatch().requestId();
    bus.ask(ResultStore.at(node.id()), new ResultStore.Get(requestId), settings.offerMax())
        .otherwiseEmpty()
        .onSuccess(known -> {
          if (known instanceof ResultStore.Get.Found(String _, DispatchResult result)) {
            long now = node.clock().millis();
            table.report(requestId, offer.epoch(), route.executorId(), result, now);
            carryOut();
          } else if (repeated) {
            openRow.apply(requestId).onComplete(_ -> offerAgain(request, route, offer, true));
          } else {
            offerAgain(request, route, offer, false);
          }
        });
  }

  // Its executor may have given the result of an earlier attempt to another home, in the other half
  // of a split, and know nothing of it any more. For what stands in a row the row tells.
  private boolean mayBeDecided(Decision.Offer offer) {
    return !node.membership().alone()
        && table
            .find(offer.dispatch().requestId())
            .filter(entry -> !entry.durable && entry.attempts > 1)
            .isPresent();
  }

  private void offer(
      ExecutorEdge.Offer request, Route route, Decision.Offer offer, boolean repeated) {
    var requestId = offer.dispatch().requestId();
    bus.ask(route.edge(), request, settings.offerMax())
        .recover(cause -> unanswered(Fault.of(cause)))
        .onSuccess(reply -> {
          boolean denies = reply instanceof ExecutorEdge.Offer.NotHere;
          // The first may have arrived before the socket was gone. Its route goes, too, and the
          // agent's hello tells.
          if (denies && repeated || !isWith(offer)) return;
          if (denies) denied.add(route, DeniedRoutes.UNREACHED_MS);
          table.offerAnswered(requestId, offer.epoch(), reply, node.clock().millis());
          carryOut();
        })
        .onFailure(cause -> {
          LOG.atWarn()
              .addKeyValue("request", requestId)
              .addKeyValue("cause", cause.getMessage())
              .log("it is unknown whether an offer arrived; it is repeated");
          // Refused because this home was out of sight: another one may have gone on with it.
          boolean refused = Fault.of(cause).code() == Fault.Code.NOT_HOME;
          vertx.setTimer(
              REPEAT_MS,
              _ -> {
                if (!isWith(offer)) return;
                if (refused) offerUnlessDecided(request, route, offer, true);
                else offer(request, route, offer, true);
              });
        });
  }

  // The edge knows it when it has arrived. When the route went, its agent's hello tells.
  private void offerAgain(
      ExecutorEdge.Offer request, Route route, Decision.Offer offer, boolean repeated) {
    if (isWith(offer)) offer(request, route, offer, repeated);
  }

  // An agent that came back has it on another connection: a late answer is not about that one.
  private boolean isWith(Decision.Offer offer) {
    return table
        .find(offer.dispatch().requestId())
        .filter(entry -> entry.epoch == offer.epoch())
        .filter(entry ->
            entry.state instanceof Entry.State.Assigned(Route to)
                && to.connectionId().equals(offer.route().connectionId()))
        .isPresent();
  }

  // No handler: nothing arrived. Too busy: nothing was taken. A timeout may mean either.
  private static Future<ExecutorEdge.Offer.Reply> unanswered(Fault fault) {
    return switch (fault.code()) {
      case UNAVAILABLE -> Future.succeededFuture(new ExecutorEdge.Offer.NotHere());
      case BUSY -> Future.succeededFuture(new ExecutorEdge.Offer.Full());
      case BAD_REQUEST, NOT_FOUND, NOT_HOME, INTERNAL, TIMEOUT -> Future.failedFuture(fault);
    };
  }

  private void cancel(Decision.Cancel cancel) {
    bus.ask(
            cancel.route().edge(),
            new ExecutorEdge.Cancel(
                cancel.route().executorId(), cancel.requestId(), cancel.epoch(), cancel.reason()),
            settings.offerMax())
        .onFailure(cause ->
            LOG.atWarn()
                .addKeyValue("request", cancel.requestId())
                .addKeyValue("cause", cause.getMessage())
                .log("a cancel did not arrive; the agent's own timeout ends the work"));
  }

  private void finish(Decision.Finish finish) {
    if (finish.files() == null && !finish.durable() && node.membership().alone()) {
      settle(finish, finish.result(), null);
      return;
    }
    var stored = Promise.<Void>promise();
    settling.put(finish.dispatch().requestId(), stored);
    commitFiles(finish)
        .compose(result -> store(finish, result))
        .onSuccess(result -> {
          settling.remove(finish.dispatch().requestId());
          settle(finish, result, result == finish.result() ? finish.files() : null);
          stored.complete();
          carryOut();
        })
        .onFailure(cause -> {
          var requestId = finish.dispatch().requestId();
          settling.remove(requestId);
          waiters.moved(requestId);
          table.settled(requestId, null, node.clock().millis());
          stored.fail(cause);
          carryOut();
        });
  }

  private Future<DispatchResult> store(Decision.Finish finish, DispatchResult result) {
    var dispatch = finish.dispatch();
    if (finish.durable()) {
      return log.finish(
          dispatch.requestId(), finish.epoch(), result, expires(), () -> isHome(finish));
    }
    if (node.membership().alone()) return Future.succeededFuture(result);
    // The other half of a split may have decided it, and somebody may have been told.
    var decide = new ResultStore.Decide(dispatch.requestId(), dispatch.organizationId(), result);
    return bus.ask(ResultStore.at(node.id()), decide, settings.offerMax())
        .map(ResultStore.Decide.Stands::result)
        .otherwise(result);
  }

  private boolean isHome(Decision.Finish finish) {
    return node.homes().isHome(node.id(), Demand.of(finish.dispatch()).queueKey());
  }

  // The files are the newest version before anybody sees the result (defect B8).
  private Future<DispatchResult> commitFiles(Decision.Finish finish) {
    if (finish.files() == null) return Future.succeededFuture(finish.result());
    var dispatch = finish.dispatch();
    return log.commitFiles(
            dispatch.organizationId(), RequestId.runIdOf(dispatch.requestId()), finish.files())
        .map(committed ->
            committed
                ? finish.result()
                : DispatchResult.failed(ErrorCode.WORKSPACE_VERSION_CONFLICT))
        .otherwise(_ -> DispatchResult.failed(ErrorCode.WORKSPACE_UNAVAILABLE));
  }

  private void settle(Decision.Finish finish, DispatchResult result, WorkspaceHead head) {
    var dispatch = finish.dispatch();
    meters.finished(result);
    // Not awaited: a durable result stands in PostgreSQL, another one is promised to nobody else.
    bus.tell(
        ResultStore.at(node.id()),
        new ResultStore.Put(dispatch.requestId(), dispatch.organizationId(), result));
    if (finish.durable() && settings.continuationPush() == 1) {
      bus.publish(Continuations.NEWS, new Continuations.Arrived(dispatch.requestId(), result));
    }
    waiters.close(dispatch.requestId(), new Finished(result, false));
    table.settled(dispatch.requestId(), head, node.clock().millis());
  }

  private Instant expires() {
    return node.clock().instant().plusSeconds(settings.resultsTtlSec());
  }
}
