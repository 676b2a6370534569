package ai.vespid.gateway.dispatch;

import ai.vespid.kit.bus.Fault;
import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.EffectClass;
import ai.vespid.protocol.bus.Dispatch;
import ai.vespid.protocol.bus.Done;
import ai.vespid.protocol.bus.ExecutorEdge;
import ai.vespid.protocol.bus.ResultStore;
import ai.vespid.protocol.bus.Route;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
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
  private final Claims claims;
  private final Consumer<Dispatch> elsewhere;
  private final Function<String, Future<?>> openRow;
  private final Runnable changed;
  private final Map<String, Future<Done>> stopping = new HashMap<>();

  /**
   * @param alone no other node can be there
   * @param offerMax how long an edge has to answer
   * @param elsewhere told of what another home goes on with
   * @param openRow reads the row of a dispatch again, if it is open
   * @param changed run after the table was
   */
  Offers(
      Surroundings here,
      boolean alone,
      WorkspaceAccessSigner signer,
      Duration offerMax,
      DispatchTable table,
      Claims claims,
      Consumer<Dispatch> elsewhere,
      Function<String, Future<?>> openRow,
      Runnable changed) {
    this.here = here;
    this.alone = alone;
    this.signer = signer;
    this.offerMax = offerMax;
    this.table = table;
    this.denied = new DeniedRoutes(here, table, changed);
    this.claims = claims;
    this.elsewhere = elsewhere;
    this.openRow = openRow;
    this.changed = changed;
  }

  /**
   * One attempt to hand an offer over.
   *
   * @param repeated it was handed over before, and may have arrived
   * @param doubted it was said already that nobody knows whether it arrived
   */
  private record Attempt(
      ExecutorEdge.Offer request, Decision.Offer offer, boolean repeated, boolean doubted) {
    String requestId() {
      return offer.dispatch().requestId();
    }

    Attempt next() {
      return new Attempt(request, offer, true, true);
    }
  }

  /** Offers it to the edge of its route until it is known whether it arrived. */
  void make(Decision.Offer offer) {
    var attempt = new Attempt(request(offer), offer, offer.again(), false);
    if (offer.again() || mayBeDecided(offer)) offerUnlessDecided(attempt);
    else offer(attempt);
  }

  private ExecutorEdge.Offer request(Decision.Offer offer) {
    var route = offer.route();
    return new ExecutorEdge.Offer(
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
  }

  private void offerUnlessDecided(Attempt attempt) {
    var offer = attempt.offer();
    unlessDecided(
        attempt.requestId(),
        offer.epoch(),
        offer.route(),
        () -> {
          if (attempt.repeated()) {
            openRow.apply(attempt.requestId()).onComplete(_ -> offerIfThere(attempt));
          } else {
            offerIfFirst(attempt);
          }
        });
  }

  // Both halves of a split may know that the attempt before was never begun. One of them goes on.
  private void offerIfFirst(Attempt attempt) {
    var entry = table.find(attempt.requestId()).orElse(null);
    if (entry == null || !isWith(attempt.offer())) return;
    if (entry.dispatch.effect() != EffectClass.AT_MOST_ONCE) {
      offer(attempt);
      return;
    }
    claims
        .next(attempt.requestId(), entry.follows, entry.epoch)
        .onSuccess(first -> {
          if (!isWith(attempt.offer())) return;
          if (first) {
            offer(attempt);
            return;
          }
          table.discard(attempt.requestId(), attempt.offer().epoch(), here.nowMs());
          elsewhere.accept(attempt.offer().dispatch());
          changed.run();
        });
  }

  private void unlessDecided(String requestId, int epoch, Route route, Runnable action) {
    here.ask(ResultStore.at(here.node()), new ResultStore.Get(requestId), offerMax)
        .otherwiseEmpty()
        .onSuccess(known -> {
          if (known instanceof ResultStore.Get.Found(String _, DispatchResult result)) {
            table.report(requestId, epoch, route.executorId(), result, here.nowMs());
            changed.run();
          } else {
            action.run();
          }
        });
  }

  /** Asks the edge to give it up until it is known whether it has it. */
  void withdraw(Decision.Withdraw attempt) {
    unlessDecided(
        attempt.requestId(),
        attempt.epoch(),
        attempt.route(),
        () -> openRow.apply(attempt.requestId()).onComplete(_ -> askBack(attempt)));
  }

  private void askBack(Decision.Withdraw attempt) {
    var route = attempt.route();
    if (!isWith(attempt.requestId(), attempt.epoch(), route)) return;
    var question =
        new ExecutorEdge.Withdraw(route.connectionId(), attempt.requestId(), attempt.epoch());
    here.ask(route.edge(), question, offerMax)
        .onSuccess(reply -> {
          // Not there: its route goes, too, and the agent's hello tells.
          if (reply instanceof ExecutorEdge.Offer.NotHere) return;
          if (!isWith(attempt.requestId(), attempt.epoch(), route)) return;
          boolean has = reply instanceof ExecutorEdge.Offer.Accepted;
          table.askedBack(attempt.requestId(), attempt.epoch(), has, here.nowMs());
          changed.run();
        })
        .onFailure(_ -> here.later(REPEAT_MS, () -> withdraw(attempt)));
  }

  // The edge knows it when it has arrived. When the route went, its agent's hello tells.
  private void offerIfThere(Attempt attempt) {
    if (isWith(attempt.offer())) offer(attempt);
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

  private void offer(Attempt attempt) {
    var route = attempt.offer().route();
    here.ask(route.edge(), attempt.request(), offerMax)
        .recover(cause -> unanswered(Fault.of(cause), attempt.repeated()))
        .onSuccess(reply -> answered(attempt, reply))
        .onFailure(cause -> {
          tellOnce(attempt, cause);
          // Refused because this home was out of sight: another one may have gone on with it.
          boolean refused = Fault.of(cause).code() == Fault.Code.NOT_HOME;
          here.later(
              REPEAT_MS,
              () -> {
                if (!isWith(attempt.offer())) return;
                if (refused) offerUnlessDecided(attempt.next());
                else offer(attempt.next());
              });
        });
  }

  private void answered(Attempt attempt, ExecutorEdge.Offer.Reply reply) {
    boolean denies = reply instanceof ExecutorEdge.Offer.NotHere;
    // The first may have arrived before the socket was gone. Its route goes, too, and the agent's
    // hello tells.
    if (denies && attempt.repeated() || !isWith(attempt.offer())) return;
    if (denies) denied.add(attempt.offer().route(), DeniedRoutes.UNREACHED_MS);
    table.offerAnswered(attempt.requestId(), attempt.offer().epoch(), reply, here.nowMs());
    changed.run();
  }

  private static void tellOnce(Attempt attempt, Throwable cause) {
    if (attempt.doubted()) return;
    LOG.atWarn()
        .addKeyValue("request", attempt.requestId())
        .addKeyValue("cause", cause.getMessage())
        .log("it is unknown whether an offer arrived; it is repeated until it is known");
  }

  // An agent that came back has it on another connection: a late answer is not about that one.
  private boolean isWith(Decision.Offer offer) {
    return isWith(offer.dispatch().requestId(), offer.epoch(), offer.route());
  }

  private boolean isWith(String requestId, int epoch, Route route) {
    return table
        .find(requestId)
        .filter(entry -> entry.epoch == epoch)
        .filter(entry ->
            entry.state instanceof Entry.State.Assigned(Route to)
                && to.connectionId().equals(route.connectionId()))
        .isPresent();
  }

  // No handler: nothing arrived. Too busy: nothing was taken, this time. A timeout may mean either.
  private static Future<ExecutorEdge.Offer.Reply> unanswered(Fault fault, boolean repeated) {
    return switch (fault.code()) {
      case UNAVAILABLE -> Future.succeededFuture(new ExecutorEdge.Offer.NotHere());
      case BUSY ->
          repeated
              ? Future.failedFuture(fault)
              : Future.succeededFuture(new ExecutorEdge.Offer.Full());
      case BAD_REQUEST, NOT_FOUND, NOT_HOME, INTERNAL, TIMEOUT -> Future.failedFuture(fault);
    };
  }

  void cancel(Decision.Cancel cancel) {
    var stop =
        new ExecutorEdge.Cancel(
            cancel.route().executorId(), cancel.requestId(), cancel.epoch(), cancel.reason());
    var stopped = here.ask(cancel.route().edge(), stop, offerMax);
    stopping.put(cancel.requestId(), stopped);
    stopped
        .onFailure(cause ->
            LOG.atWarn()
                .addKeyValue("request", cancel.requestId())
                .addKeyValue("cause", cause.getMessage())
                .log("a cancel did not arrive; the agent's own timeout ends the work"))
        .onComplete(_ -> stopping.remove(cancel.requestId(), stopped));
  }

  /** Completes when nothing of what was canceled is left; at once when nothing is on its way. */
  Future<Done> stopped(String requestId) {
    var under = stopping.get(requestId);
    return under == null ? Future.succeededFuture(new Done()) : under.otherwise(new Done());
  }
}
