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
import ai.vespid.protocol.bus.Holder;
import ai.vespid.protocol.bus.Route;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * What a home may not conclude of attempts that another one made: in a split both are home, words
 * are late, and an at-most-once dispatch ran twice in seeds 5045, 21344 and 56777 and their like.
 */
class AnotherHomesAttemptTest {
  private static final long GRACE_MS = 10_000;
  private static final DispatchResult OK = DispatchResult.succeeded(RawJson.NULL);
  private static final String ID = dispatch("n").requestId();

  private final DispatchTable table =
      new DispatchTable(
          new DispatchTable.Rules(1_000, 100, 3, GRACE_MS, 3), new ExecutorDirectory());

  @Test
  void asksTheEdgeToGiveUpWhatStandsInARowInsteadOfTakingItForNeverOffered() {
    table.routeUp(route("a", 1), 0);
    table.handover().recover(dispatch("n"), 1, new Holder("a", "boot", 0), 60_000, 0);

    assertThat(table.decisions()).containsExactly(new Decision.Withdraw(route("a", 1), ID, 1));

    table.askedBack(ID, 1, true, 10);
    assertThat(table.decisions()).as("the edge has it").isEmpty();
    assertThat(table.report(ID, 1, "a", OK, 20)).isEqualTo(Verdict.DECIDED);
  }

  @Test
  void writesTheNextAttemptWhenTheEdgeGaveThisOneUp() {
    table.routeUp(route("a", 1), 0);
    table.handover().recover(dispatch("n"), 1, new Holder("a", "boot", 0), 60_000, 0);
    table.decisions();

    table.askedBack(ID, 1, false, 10);

    assertThat(table.decisions())
        .singleElement()
        .isInstanceOfSatisfying(Decision.Persist.class, p -> assertThat(p.epoch()).isEqualTo(2));
  }

  @Test
  void concludesNothingFromAnEarlierConnectionOfTheProcess() {
    table.routeUp(route("a", 1), 0);
    table.decisions();

    table.handover().recover(dispatch("n"), 1, new Holder("a", "boot", 7), 60_000, 0);
    table.reconcile(hello("c2"), 10);

    assertThat(table.decisions()).as("it was given on a later one, in the other half").isEmpty();
    assertThat(table.report(ID, 1, "a", OK, 20)).isEqualTo(Verdict.DECIDED);
  }

  @Test
  void doesNotBelieveAHelloAboutWhatAnotherHomeMayHaveOfferedAfterIt() {
    table.handover().recover(dispatch("n"), 1, new Holder("a", "boot", 0), 60_000, 0);

    table.reconcile(hello("c2"), 10);
    assertThat(table.decisions()).as("it may be kept waiting since before the offer").isEmpty();

    table.routeUp(connection("c2"), 20);
    assertThat(table.decisions()).singleElement().isInstanceOf(Decision.Withdraw.class);
  }

  @Test
  void doesNotBelieveALateHelloAboutWhatWasOfferedOnItsConnection() {
    table.routeUp(connection("c2"), 0);
    table.submit(dispatch("n"), false, 0);
    table.decisions();
    table.routeDown("a", "c2", 10);

    table.reconcile(hello("c2"), 20);
    assertThat(table.decisions()).isEmpty();

    table.routeUp(route("b", 1), 20);
    table.reconcile(hello("c3"), 30);
    assertThat(table.decisions())
        .as("a later one never heard of it")
        .singleElement()
        .isInstanceOf(Decision.Offer.class);
  }

  @Test
  void asksTheEdgeToGiveUpWhatAnAgentSaysItDoesNotHave() {
    table
        .handover()
        .resume(new Moving(dispatch("n"), false, 7, 60_000, new Holder("a", "boot", 0), true), 0);

    table.reconcile(hello("c2"), 10);
    table.routeUp(connection("c2"), 20);

    assertThat(table.decisions()).containsExactly(new Decision.Withdraw(connection("c2"), ID, 7));
  }

  @Test
  void doesNotPassOverAnAttemptThatWasWrittenElsewhereWhileItsOwnCouldNotBe() {
    queued();
    table.routeUp(route("a", 1), 0);
    assertThat(written()).isEqualTo(1);

    table.persistFailed(ID, 1, 10);
    table.routeUp(route("a", 1), 20);

    assertThat(written()).as("a higher one would replace what another home wrote").isEqualTo(1);
  }

  private int written() {
    return table.decisions().stream()
        .filter(Decision.Persist.class::isInstance)
        .map(Decision.Persist.class::cast)
        .reduce((_, last) -> last)
        .orElseThrow()
        .epoch();
  }

  @Test
  void doesNotOfferWhenItsTimeIsOver() {
    table.handover().recover(dispatch("n"), 1, new Holder("a", "boot", 0), 1_000, 0);

    table.routeUp(connection("c2"), 1_000);

    assertThat(table.decisions()).noneMatch(Decision.Offer.class::isInstance);
    assertThat(table.decisions()).noneMatch(Decision.Withdraw.class::isInstance);
  }

  private void queued() {
    var patient = dispatch(Routes.ORG, "n", Selector.byon(), EffectClass.AT_MOST_ONCE, 60_000);
    table.handover().recover(patient, 0, null, 60_000, 0);
  }

  private static Reconcile hello(String connectionId) {
    return new Reconcile("k", Routes.ORG, "a", connectionId, 1, "boot", List.of(), List.of(), "me");
  }

  private static Route connection(String connectionId) {
    return Routes.route("a", connectionId, "boot", Pool.BYON, 3, Set.of());
  }
}
