package ai.vespid.gateway.dispatch;

import ai.vespid.kit.bus.Bus;
import ai.vespid.kit.node.Node;
import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.RequestId;
import ai.vespid.protocol.Workspaces;
import ai.vespid.protocol.bus.Continuations;
import ai.vespid.protocol.bus.Dispatch;
import ai.vespid.protocol.bus.DispatchRouter.Finished;
import ai.vespid.protocol.bus.DispatchRouter.Refused;
import ai.vespid.protocol.bus.Done;
import ai.vespid.protocol.bus.ResultStore;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries the table's decisions out and tells it how they went. */
final class Carrier {
  private static final Logger LOG = LoggerFactory.getLogger(Carrier.class);

  private static final int PUSHED_BYTES_MAX = 128 * 1024;

  private final Node node;
  private final DispatchRouterSettings settings;
  private final DispatchTable table;
  private final DurableLog log;
  private final Waiters waiters;
  private final RouterMeters meters;
  private final Bus bus;
  private final Function<String, Future<?>> openRow;
  private final Offers offers;
  private final FirstResults first;
  private final Map<String, Promise<Void>> settling = new HashMap<>();

  Carrier(
      Vertx vertx,
      Node node,
      DispatchRouterSettings settings,
      DispatchTable table,
      DurableLog log,
      Waiters waiters,
      RouterMeters meters,
      Claims claims,
      Consumer<Dispatch> elsewhere,
      Function<String, Future<?>> openRow) {
    this.node = node;
    this.settings = settings;
    this.table = table;
    this.log = log;
    this.waiters = waiters;
    this.meters = meters;
    this.openRow = openRow;
    this.bus = new Bus(vertx, node.id());
    var here = Surroundings.of(vertx, node);
    this.first = new FirstResults(here);
    this.offers =
        new Offers(
            here,
            node.membership().alone(),
            new WorkspaceAccessSigner(settings.publicUrl(), settings.signingSecret()),
            settings.offerMax(),
            table,
            claims,
            elsewhere,
            openRow,
            this::carryOut);
  }

  /** Does everything that was decided, and what is decided in turn. */
  void carryOut() {
    for (var decided = table.decisions(); !decided.isEmpty(); decided = table.decisions()) {
      for (var decision : decided) {
        switch (decision) {
          case Decision.Persist persist -> persist(persist);
          case Decision.LoadWorkspace load -> load(load);
          case Decision.Offer offer -> offers.make(offer);
          case Decision.Withdraw attempt -> offers.withdraw(attempt);
          case Decision.Cancel cancel -> offers.cancel(cancel);
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

  /** Completes when nothing of what was canceled is left. */
  Future<Done> stopped(String requestId) {
    return offers.stopped(requestId);
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
    return first.decide(dispatch.requestId(), dispatch.organizationId(), result);
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
    if (finish.durable() && settings.continuationPush() == 1) push(dispatch.requestId(), result);
    waiters.close(dispatch.requestId(), new Finished(result, false));
    table.settled(dispatch.requestId(), head, node.clock().millis());
  }

  // A big one would go whole to every node; the pollers' sweep fetches it.
  private void push(String requestId, DispatchResult result) {
    if (result.bulk() < PUSHED_BYTES_MAX) {
      bus.publish(Continuations.NEWS, new Continuations.Arrived(requestId, result));
    }
  }

  private Instant expires() {
    return node.clock().instant().plusSeconds(settings.resultsTtlSec());
  }
}
