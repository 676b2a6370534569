package ai.vespid.gateway.dispatch;

import ai.vespid.gateway.dispatch.Entry.State;
import ai.vespid.kit.bus.Fault;
import ai.vespid.kit.node.Surroundings;
import ai.vespid.kit.node.View;
import ai.vespid.protocol.bus.Address;
import ai.vespid.protocol.bus.ExecutorEdge;
import ai.vespid.protocol.bus.Message;
import ai.vespid.protocol.bus.Request;
import ai.vespid.protocol.bus.ResultStore;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.bus.Topic;
import ai.vespid.simulation.Mutant;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.function.Predicate;

/** The world as {@link Offers} sees it; mutants spoil what it is told. */
final class SpoiledOffers implements Surroundings {
  private final Surroundings here;
  private final Predicate<Mutant> omits;
  private final DispatchTable table;
  private final Runnable changed;

  /**
   * @param changed run after the table was
   */
  SpoiledOffers(Surroundings here, Predicate<Mutant> omits, DispatchTable table, Runnable changed) {
    this.here = here;
    this.omits = omits;
    this.table = table;
    this.changed = changed;
  }

  @Override
  public String node() {
    return here.node();
  }

  @Override
  public View view() {
    return here.view();
  }

  @Override
  public long nowMs() {
    return here.nowMs();
  }

  // Denied routes are looked at again after this time, and nothing else is.
  @Override
  public void later(long delayMs, Runnable action) {
    boolean lookAgain = delayMs == DeniedRoutes.UNREACHED_MS;
    if (!lookAgain || !omits.test(Mutant.DENIED_ROUTE_FORGOTTEN)) here.later(delayMs, action);
  }

  @Override
  public <R extends Message, Q extends Request<R>> Future<R> ask(
      Address<? super Q> to, Q request, Duration max) {
    if (omits.test(Mutant.OFFERED_AGAIN_UNASKED) && request instanceof ResultStore.Get) {
      return Future.failedFuture(new Fault(Fault.Code.UNAVAILABLE, "not asked"));
    }
    if (omits.test(Mutant.WITHDRAWN_UNASKED) && request instanceof ExecutorEdge.Withdraw) {
      @SuppressWarnings("unchecked")
      var givenUp = (R) new ExecutorEdge.Offer.Full();
      return Future.succeededFuture(givenUp);
    }
    var answer = here.ask(to, request, max);
    return request instanceof ExecutorEdge.Offer offer ? spoiled(offer, answer) : answer;
  }

  private <R extends Message> Future<R> spoiled(ExecutorEdge.Offer offer, Future<R> answer) {
    var told = answer;
    if (omits.test(Mutant.UNANSWERED_OFFER_GIVEN_AWAY)) {
      told = told.recover(_ -> Future.failedFuture(gone()));
    }
    if (omits.test(Mutant.REFUSED_OFFER_REPEATED)) {
      told = told.recover(cause -> Future.failedFuture(unjudged(Fault.of(cause))));
    }
    if (omits.test(Mutant.LATE_ANSWER_BELIEVED)) {
      told = told.onSuccess(reply -> believe(offer, reply));
    }
    if (omits.test(Mutant.REPEATED_OFFER_DENIED)) {
      told =
          told.onSuccess(reply -> {
            if (isWith(offer)) believe(offer, reply);
          });
    }
    return told;
  }

  private static Fault gone() {
    return new Fault(Fault.Code.UNAVAILABLE, "no answer");
  }

  private static Fault unjudged(Fault fault) {
    return fault.code() == Fault.Code.NOT_HOME
        ? new Fault(Fault.Code.TIMEOUT, fault.getMessage())
        : fault;
  }

  private void believe(ExecutorEdge.Offer offer, Message reply) {
    table.offerAnswered(
        offer.dispatch().requestId(), offer.epoch(), (ExecutorEdge.Offer.Reply) reply, nowMs());
    changed.run();
  }

  private boolean isWith(ExecutorEdge.Offer offer) {
    return table
        .find(offer.dispatch().requestId())
        .filter(entry -> entry.epoch == offer.epoch())
        .filter(entry ->
            entry.state instanceof State.Assigned(Route to)
                && to.connectionId().equals(offer.connectionId()))
        .isPresent();
  }

  @Override
  public <F extends Message> void publish(Topic<? super F> topic, F fact) {
    here.publish(topic, fact);
  }
}
