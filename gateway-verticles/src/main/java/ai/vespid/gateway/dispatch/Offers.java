package ai.vespid.gateway.dispatch;

import ai.vespid.kit.bus.Fault;
import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.bus.ExecutorEdge;
import ai.vespid.protocol.bus.ResultStore;
import ai.vespid.protocol.bus.Route;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands dispatches to the edges of their executors, and takes them back. */
final class Offers {
  private static final Logger LOG = LoggerFactory.getLogger(Offers.class);
  private static final long REPEAT_MS = 250;

  private final Surroundings here;
  private final boolean alone;
  private final WorkspaceAccessSigner signer;
  private final Duration offerMax;
  private final DispatchTable table;
  private final DeniedRoutes denied;
  private final Function<String, Future<?>> openRow;
  private final Runnable changed;

  /**
   * @param alone no other node can be there
   * @param offerMax how long an edge has to answer
   * @param openRow reads the row of a dispatch again, if it is open
   * @param changed run after the table was
   */
  Offers(
      Surroundings here,
      boolean alone,
      WorkspaceAccessSigner signer,
      Duration offerMax,
      DispatchTable table,
      Function<String, Future<?>> openRow,
      Runnable changed) {
    this.here = here;
    this.alone = alone;
    this.signer = signer;
    this.offerMax = offerMax;
    this.table = table;
    this.denied = new DeniedRoutes(here, table, changed);
    this.openRow = openRow;
    this.changed = changed;
  }

  /** Offers it to the edge of its route until it is known whether it arrived. */
  void make(Decision.Offer offer) {
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
                here.nowMs() + offer.remainingMs()),
            here.node());
    if (offer.again()) offerUnlessDecided(request, route, offer, true);
    else if (mayBeDecided(offer)) offerUnlessDecided(request, route, offer, false);
    else offer(request, route, offer, false);
  }

  private void offerUnlessDecided(
      ExecutorEdge.Offer request, Route route, Decision.Offer offer, boolean repeated) {
    var requestId = offer.dispatch().requestId();
    here.ask(ResultStore.at(here.node()), new ResultStore.Get(requestId), offerMax)
        .otherwiseEmpty()
        .onSuccess(known -> {
          if (known instanceof ResultStore.Get.Found(String _, DispatchResult result)) {
            long now = here.nowMs();
            table.report(requestId, offer.epoch(), route.executorId(), result, now);
            changed.run();
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
    return !alone
        && table
            .find(offer.dispatch().requestId())
            .filter(entry -> !entry.durable && entry.attempts > 1)
            .isPresent();
  }

  private void offer(
      ExecutorEdge.Offer request, Route route, Decision.Offer offer, boolean repeated) {
    var requestId = offer.dispatch().requestId();
    here.ask(route.edge(), request, offerMax)
        .recover(cause -> unanswered(Fault.of(cause)))
        .onSuccess(reply -> {
          boolean denies = reply instanceof ExecutorEdge.Offer.NotHere;
          // The first may have arrived before the socket was gone. Its route goes, too, and the
          // agent's hello tells.
          if (denies && repeated || !isWith(offer)) return;
          if (denies) denied.add(route, DeniedRoutes.UNREACHED_MS);
          table.offerAnswered(requestId, offer.epoch(), reply, here.nowMs());
          changed.run();
        })
        .onFailure(cause -> {
          LOG.atWarn()
              .addKeyValue("request", requestId)
              .addKeyValue("cause", cause.getMessage())
              .log("it is unknown whether an offer arrived; it is repeated");
          // Refused because this home was out of sight: another one may have gone on with it.
          boolean refused = Fault.of(cause).code() == Fault.Code.NOT_HOME;
          here.later(
              REPEAT_MS,
              () -> {
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

  void cancel(Decision.Cancel cancel) {
    here.ask(
            cancel.route().edge(),
            new ExecutorEdge.Cancel(
                cancel.route().executorId(), cancel.requestId(), cancel.epoch(), cancel.reason()),
            offerMax)
        .onFailure(cause ->
            LOG.atWarn()
                .addKeyValue("request", cancel.requestId())
                .addKeyValue("cause", cause.getMessage())
                .log("a cancel did not arrive; the agent's own timeout ends the work"));
  }
}
