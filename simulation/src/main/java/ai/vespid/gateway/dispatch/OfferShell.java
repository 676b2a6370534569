package ai.vespid.gateway.dispatch;

import ai.vespid.kit.bus.Fault;
import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.bus.ExecutorEdge;
import ai.vespid.protocol.bus.ResultStore;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.executor.GatewayFrame.Upload;
import ai.vespid.protocol.executor.GatewayFrame.WorkspaceAccess;
import ai.vespid.simulation.Mutant;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.function.Function;

/** As {@link Offers}. */
final class OfferShell {
  private static final long REPEAT_MS = 250;
  private static final Duration OFFER_MAX = Duration.ofSeconds(5);

  private final RouterPorts ports;
  private final Surroundings here;
  private final DispatchTable table;
  private final DeniedRoutes denied;
  private final Function<String, Future<?>> openRow;
  private final Runnable changed;

  /**
   * @param changed run after the table was
   */
  OfferShell(
      RouterPorts ports,
      Surroundings here,
      DispatchTable table,
      Function<String, Future<?>> openRow,
      Runnable changed) {
    this.ports = ports;
    this.here = here;
    this.table = table;
    this.denied = new DeniedRoutes(here, table, changed);
    this.openRow = openRow;
    this.changed = changed;
  }

  private boolean without(Mutant line) {
    return ports.mutant() == line;
  }

  void make(Decision.Offer offer) {
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
            new WorkspaceAccess(null, new Upload("http://gateway/files", "v" + next, next)),
            here.node());
    ports.history().offered(requestId, offer.remainingMs());
    if (offer.again()) askUnlessDecided(offer, request, true);
    else if (mayBeDecided(offer)) askUnlessDecided(offer, request, false);
    else ask(offer, request, false);
  }

  private void askUnlessDecided(
      Decision.Offer offer, ExecutorEdge.Offer request, boolean repeated) {
    var requestId = offer.dispatch().requestId();
    here.ask(ResultStore.at(here.node()), new ResultStore.Get(requestId), OFFER_MAX)
        .otherwiseEmpty()
        .onSuccess(known -> {
          if (known instanceof ResultStore.Get.Found(String _, DispatchResult result)) {
            var executorId = offer.route().executorId();
            table.report(requestId, offer.epoch(), executorId, result, here.nowMs());
            changed.run();
          } else if (repeated) {
            openRow.apply(requestId).onComplete(_ -> offerAgain(offer, request, true));
          } else {
            offerAgain(offer, request, false);
          }
        });
  }

  private boolean mayBeDecided(Decision.Offer offer) {
    return !ports.alone()
        && !without(Mutant.OFFERED_AGAIN_UNASKED)
        && table
            .find(offer.dispatch().requestId())
            .filter(entry -> !entry.durable && entry.attempts > 1)
            .isPresent();
  }

  private void ask(Decision.Offer offer, ExecutorEdge.Offer request, boolean repeated) {
    here.ask(offer.route().edge(), request, OFFER_MAX)
        .recover(cause -> unanswered(Fault.of(cause)))
        .onSuccess(reply -> {
          boolean no = reply instanceof ExecutorEdge.Offer.NotHere;
          if (no && repeated && !without(Mutant.REPEATED_OFFER_DENIED)) return;
          if (!isWith(offer) && !without(Mutant.LATE_ANSWER_BELIEVED)) return;
          if (no && !without(Mutant.DENIED_ROUTE_FORGOTTEN))
            denied.add(offer.route(), DeniedRoutes.UNREACHED_MS);
          table.offerAnswered(request.dispatch().requestId(), offer.epoch(), reply, here.nowMs());
          changed.run();
        })
        .onFailure(cause -> {
          boolean refused = Fault.of(cause).code() == Fault.Code.NOT_HOME;
          here.later(REPEAT_MS, () -> repeat(offer, request, refused));
        });
  }

  private void repeat(Decision.Offer offer, ExecutorEdge.Offer request, boolean refused) {
    if (!isWith(offer)) return;
    if (refused && !without(Mutant.REFUSED_OFFER_REPEATED)) askUnlessDecided(offer, request, true);
    else ask(offer, request, true);
  }

  private void offerAgain(Decision.Offer offer, ExecutorEdge.Offer request, boolean repeated) {
    if (isWith(offer)) ask(offer, request, repeated);
  }

  private boolean isWith(Decision.Offer offer) {
    return table
        .find(offer.dispatch().requestId())
        .filter(entry -> entry.epoch == offer.epoch())
        .filter(entry ->
            entry.state instanceof Entry.State.Assigned(Route to)
                && to.connectionId().equals(offer.route().connectionId()))
        .isPresent();
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
}
