package ai.vespid.gateway.dispatch;

import static ai.vespid.gateway.dispatch.Routes.dispatch;
import static ai.vespid.gateway.dispatch.Routes.route;
import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.EffectClass;
import ai.vespid.protocol.Pool;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.Selector;
import ai.vespid.protocol.bus.DispatchRouter.Moving;
import ai.vespid.protocol.bus.DispatchRouter.Reconcile;
import ai.vespid.protocol.bus.ExecutorEdge;
import ai.vespid.protocol.bus.ExecutorEdge.Holding;
import ai.vespid.protocol.bus.Holder;
import ai.vespid.protocol.executor.ExecutorFrame.Held;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a new home does with what a former one began. */
class SuccessionRulesTest {
  private static final long GRACE_MS = 10_000;
  private static final DispatchResult OK = DispatchResult.succeeded(RawJson.NULL);
  private static final String ID = dispatch("n").requestId();

  private final ExecutorDirectory directory = new ExecutorDirectory();
  private final DispatchTable former = table(new ExecutorDirectory());
  private final DispatchTable table = table(directory);

  private static DispatchTable table(ExecutorDirectory directory) {
    return new DispatchTable(new DispatchTable.Rules(1_000, 100, 3, GRACE_MS, 3), directory);
  }

  @Test
  void goesOnWithTheSameAttemptAfterAHandover() {
    former.routeUp(route("a", 1), 0);
    former.submit(dispatch("n"), false, 0);
    former.decisions();
    former.offerAnswered(ID, 1, new ExecutorEdge.Offer.Accepted(), 10);
    table.routeUp(route("a", 1), 0);

    table.handover().resume(former.handover().give(ID, 100), 100);

    assertThat(former.find(ID)).isEmpty();
    assertThat(table.decisions()).as("nothing is offered again").isEmpty();
    assertThat(directory.heldBy("a")).containsExactly(ID);
    assertThat(table.report(ID, 1, "a", OK, 200)).isEqualTo(Verdict.DECIDED);
  }

  @Test
  void asksForAnOfferWhoseAnswerTheFormerHomeNeverHeard() {
    former.routeUp(route("a", 1), 0);
    former.submit(dispatch("n"), false, 0);
    former.decisions();
    table.routeUp(route("a", 1), 0);

    table.handover().resume(former.handover().give(ID, 100), 100);

    assertThat(table.decisions()).containsExactly(new Decision.Withdraw(route("a", 1), ID, 1));
  }

  @Test
  void doesNotRepeatAnOfferWhoseTimeIsOver() {
    former.routeUp(route("a", 1), 0);
    former.submit(dispatch("n"), false, 0);
    former.decisions();
    table.routeUp(route("a", 1), 0);
    int timeoutMs = dispatch("n").timeoutMs();

    table.handover().resume(former.handover().give(ID, timeoutMs), timeoutMs);

    assertThat(table.decisions()).noneMatch(Decision.Offer.class::isInstance);
    assertThat(table.find(ID))
        .hasValueSatisfying(
            entry -> assertThat(entry.state).isInstanceOf(Entry.State.Settling.class));
  }

  @Test
  void repeatsAnUnansweredOfferWhenTheRouteIsBackAndAsksNoMoreWhenItWasAnswered() {
    table.routeUp(route("a", 1), 0);
    table.submit(dispatch("n"), false, 0);
    table.decisions();
    backAgain();
    assertThat(table.decisions())
        .singleElement()
        .isInstanceOfSatisfying(Decision.Offer.class, offer -> assertThat(offer.again()).isTrue());

    table.offerAnswered(ID, 1, new ExecutorEdge.Offer.Accepted(), 40);
    backAgain();

    assertThat(table.decisions()).isEmpty();
  }

  // As when two halves of a split see each other again: its agent noticed nothing.
  private void backAgain() {
    var route = route("a", 1);
    table.routeDown("a", route.connectionId(), 20);
    table.routeUp(route, 30);
  }

  @Test
  void letsWaitForRoomWhoeverComesAtOnceWithTheHome() {
    table.routeUp(route("a", 1), 0);
    table.submit(dispatch("n"), false, 0);
    table.handover().homeMoved(100);
    table.decisions();

    table.submit(dispatch("impatient"), false, 100 + GRACE_MS - 1);
    assertThat(table.decisions()).isEmpty();
    table.submit(dispatch("late"), false, 100 + GRACE_MS);

    assertThat(table.decisions())
        .singleElement()
        .isInstanceOfSatisfying(
            Decision.Finish.class,
            no -> assertThat(no.dispatch().requestId()).isEqualTo(dispatch("late").requestId()));
  }

  @Test
  void keepsTheDeadlineOfWhatItIsGiven() {
    former.routeUp(route("a", 1), 0);
    former.submit(dispatch("n"), false, 0);
    former.decisions();
    table.routeUp(route("a", 1), 0);
    table.handover().resume(former.handover().give(ID, 50_000), 50_000);

    table.tick(60_020);

    assertThat(table.decisions())
        .filteredOn(Decision.Finish.class::isInstance)
        .extracting(finish -> ((Decision.Finish) finish).result().error())
        .containsExactly("NODE_EXECUTION_TIMEOUT");
  }

  @Test
  void waitsForAnAgentThatIsNotConnectedHere() {
    former.routeUp(route("a", 1), 0);
    former.submit(dispatch("n"), false, 0);
    former.decisions();

    table.handover().resume(former.handover().give(ID, 0), 0);
    assertThat(table.report(ID, 1, "a", OK, 100)).isEqualTo(Verdict.DECIDED);
  }

  @Test
  void servesWhatStillWaitedForRoom() {
    former.routeUp(route("a", 1), 0);
    former.submit(dispatch("first"), false, 0);
    former.submit(
        dispatch(Routes.ORG, "n", Selector.byon(), EffectClass.AT_MOST_ONCE, 5_000), false, 0);
    former.decisions();
    table.routeUp(route("b", 1), 0);

    table.handover().resume(former.handover().give(ID, 100), 100);

    assertThat(table.decisions())
        .singleElement()
        .satisfies(
            offer -> assertThat(((Decision.Offer) offer).route().executorId()).isEqualTo("b"));
  }

  @Test
  void countsAnOrphanAsWorkAndBelievesItsResult() {
    table.routeUp(route("a", 1), 0);
    table.handover().orphan(new Holding(ID, 4, Pool.BYON, Routes.ORG, "a", "boot"), 1_000);
    assertThat(directory.full("a")).isTrue();

    assertThat(table.handover().orphanEnded(ID, 3, "a", 10)).as("a stale attempt").isFalse();
    assertThat(table.handover().orphanEnded(ID, 4, "b", 10)).as("somebody else").isFalse();
    assertThat(table.handover().orphanEnded(ID, 4, "a", 10)).isTrue();
    assertThat(directory.full("a")).isFalse();
  }

  @Test
  void givesTheRoomOfAnOrphanBackThatNobodyAsksFor() {
    table.routeUp(route("a", 1), 0);
    table.handover().orphan(new Holding(ID, 4, Pool.BYON, Routes.ORG, "a", "boot"), 1_000);

    table.tick(1_000);

    assertThat(directory.full("a")).isFalse();
    assertThat(table.handover().orphaned(ID)).isEmpty();
  }

  @Test
  void givesTheRoomOfAnOrphanBackThatNoSocketHoldsAnyMore() {
    table.routeUp(route("a", 1), 0);
    var orphan = new Holding(ID, 4, Pool.BYON, Routes.ORG, "a", "boot");
    table.handover().orphan(orphan, 60_000);

    table.handover().notHeld(new Holding(ID, 3, Pool.BYON, Routes.ORG, "a", "boot"), 10);
    assertThat(directory.full("a")).as("another attempt").isTrue();

    table.handover().notHeld(orphan, 10);
    assertThat(directory.full("a")).isFalse();
  }

  @Test
  void recoversADurableDispatchToTheSocketThatHoldsIt() {
    table.routeUp(route("a", 1), 0);
    table.handover().orphan(new Holding(ID, 2, Pool.BYON, Routes.ORG, "a", "boot"), 60_000);

    table.handover().recover(dispatch("n"), 2, new Holder("a", "boot", 0), 60_000, 0);
    table.tick(GRACE_MS + 20);

    assertThat(table.decisions()).as("no grace runs out").isEmpty();
    assertThat(table.report(ID, 2, "a", OK, 20_000)).isEqualTo(Verdict.DECIDED);
  }

  @Test
  void doesNotOfferAgainWhatAnAgentThatIsAwayMayHaveBegun() {
    table.routeUp(route("b", 1), 0);

    table.handover().recover(dispatch("n"), 2, new Holder("a", "boot", 0), 60_000, 0);

    assertThat(table.decisions()).isEmpty();
    assertThat(table.report(ID, 2, "a", OK, 100)).isEqualTo(Verdict.DECIDED);
  }

  @Test
  void letsAnAgentKeepAnOrphanWhenItSaysHelloAgain() {
    table.handover().orphan(new Holding(ID, 2, Pool.BYON, Routes.ORG, "a", "boot"), 60_000);

    var reconciled =
        table.reconcile(
            new Reconcile(
                "k", Routes.ORG, "a", "c2", 1, "boot", List.of(new Held(ID, 2)), List.of(), "gw"),
            10);

    assertThat(reconciled.adopted()).extracting(a -> a.requestId()).containsExactly(ID);
    assertThat(reconciled.drop()).isEmpty();
  }

  @Test
  void keepsTheAttemptThatWasWrittenLastWhenTwoHalvesOfASplitHadIt() {
    table.routeUp(route("a", 1), 0);
    table.routeUp(route("b", 1), 0);
    table.handover().recover(dispatch("n"), 1, new Holder("a", "boot", 0), 60_000, 0);

    table
        .handover()
        .resume(new Moving(dispatch("n"), true, 2, 60_000, new Holder("b", "boot", 0), true), 10);
    assertThat(directory.heldBy("a")).isEmpty();
    assertThat(directory.heldBy("b")).containsExactly(ID);

    table
        .handover()
        .resume(new Moving(dispatch("n"), true, 1, 60_000, new Holder("a", "boot", 0), true), 20);
    assertThat(table.report(ID, 1, "a", OK, 30)).isEqualTo(Verdict.UNWANTED);
    assertThat(table.report(ID, 2, "b", OK, 30)).isEqualTo(Verdict.DECIDED);
  }

  @Test
  void doesNotGoBackToAnAttemptBeforeTheOneItGaveUp() {
    var earlier = new Moving(dispatch("n"), true, 1, 60_000, new Holder("a", "boot", 0), true);
    givenUp();

    table.handover().resume(earlier, 10);

    assertThat(table.report(ID, 1, "a", OK, 20)).isEqualTo(Verdict.UNWANTED);
    table.report(dispatch("other").requestId(), 1, "b", OK, 30);
    assertThat(table.decisions())
        .filteredOn(Decision.Persist.class::isInstance)
        .extracting(next -> ((Decision.Persist) next).epoch())
        .containsExactly(3);
  }

  @Test
  void leavesAnAttemptForALaterOneThatWasGivenUp() {
    table.routeUp(route("a", 1), 0);
    table.handover().recover(dispatch("n"), 1, new Holder("a", "boot", 0), 60_000, 0);
    table.decisions();

    table.handover().resume(new Moving(dispatch("n"), true, 2, 60_000, null, false), 10);

    assertThat(table.decisions())
        .extracting(Object::getClass)
        .containsExactly(Decision.Cancel.class, Decision.Persist.class);
    assertThat(table.find(ID)).hasValueSatisfying(e -> assertThat(e.epoch).isEqualTo(3));
  }

  // The second attempt is over, and nobody has room for a third.
  private void givenUp() {
    var holder = new Holder("b", "boot", 0);
    table.routeUp(route("b", 1), 0);
    table.handover().recover(dispatch("other"), 1, holder, 60_000, 0);
    table.handover().recover(dispatch("n"), 2, holder, 60_000, 0);
    table.askedBack(ID, 2, false, 0);
    assertThat(table.find(ID))
        .hasValueSatisfying(e -> assertThat(e.state).isInstanceOf(Entry.State.Queued.class));
    table.decisions();
  }

  @Test
  void forgetsAStaleCopyWhenItsRowIsAhead() {
    table.routeUp(route("b", 1), 0);
    table.handover().recover(dispatch("n"), 1, new Holder("a", "boot", 0), 60_000, 0);

    table.handover().recover(dispatch("n"), 2, new Holder("b", "boot", 0), 60_000, 10);

    assertThat(table.report(ID, 2, "b", OK, 30)).isEqualTo(Verdict.DECIDED);
  }

  @Test
  void countsTheLaterOfTwoAttemptsOnDifferentSockets() {
    table.routeUp(route("a", 1), 0);
    table.routeUp(route("b", 1), 0);
    table.handover().orphan(new Holding(ID, 2, Pool.BYON, Routes.ORG, "b", "boot"), 1_000);
    table.handover().orphan(new Holding(ID, 1, Pool.BYON, Routes.ORG, "a", "boot"), 1_000);

    assertThat(directory.heldBy("a")).isEmpty();
    assertThat(directory.heldBy("b")).containsExactly(ID);
  }
}
