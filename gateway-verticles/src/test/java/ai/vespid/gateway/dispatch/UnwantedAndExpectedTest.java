package ai.vespid.gateway.dispatch;

import static ai.vespid.gateway.dispatch.Routes.dispatch;
import static ai.vespid.gateway.dispatch.Routes.route;
import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.EffectClass;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.Selector;
import ai.vespid.protocol.bus.Dispatch;
import org.junit.jupiter.api.Test;

/** What nobody wants any more, and what waits for executors that are still coming back. */
class UnwantedAndExpectedTest {
  private final ExecutorDirectory directory = new ExecutorDirectory();
  private final DispatchTable table =
      new DispatchTable(new DispatchTable.Rules(1_000, 100, 3, 10_000, 3), directory);

  @Test
  void endsWhatNobodyWantsAnyMoreAndTellsWhoHoldsIt() {
    table.routeUp(route("a", 1), 0);
    table.submit(dispatch("n"), false, 0);
    var offer = only(Decision.Offer.class);
    table.cancel(id(offer), "another organization", 1);
    assertThat(table.decisions()).isEmpty();
    table.cancel(id(offer), offer.dispatch().organizationId(), 1);
    var decided = table.decisions();
    table.cancel(id(offer), offer.dispatch().organizationId(), 2);

    assertThat(decided).hasSize(2).first().isInstanceOf(Decision.Cancel.class);
    assertThat(((Decision.Finish) decided.getLast()).result().error())
        .isEqualTo("DISPATCH_CANCELED");
    assertThat(directory.heldBy("a")).isEmpty();
    assertThat(table.decisions()).isEmpty();
  }

  @Test
  void endsWhatIsCanceledWhileItIsWrittenAsSoonAsItIsAndOffersItToNobody() {
    table.routeUp(route("a", 1), 0);
    table.submit(dispatch("n"), true, 0);
    var persist = only(Decision.Persist.class);
    var id = persist.dispatch().requestId();

    table.cancel(id, persist.dispatch().organizationId(), 1);
    assertThat(table.decisions()).isEmpty();
    table.persisted(id, persist.epoch(), 2);

    assertThat(only(Decision.Finish.class).result().error()).isEqualTo("DISPATCH_CANCELED");
    assertThat(directory.heldBy("a")).isEmpty();
  }

  @Test
  void takesWhatNobodyCouldDoYetWhileExecutorsAreExpectedBack() {
    var early = waiting("n", 5_000);
    assertThat(table.refusal(early, false)).contains(ErrorCode.NO_AGENT_AVAILABLE);
    assertThat(table.refusal(early, true)).isEmpty();
    table.submit(early, false, 0);
    assertThat(table.decisions()).isEmpty();

    table.routeUp(route("a", 1), 1_000);

    assertThat(only(Decision.Offer.class).dispatch()).isEqualTo(early);
  }

  @Test
  void failsWhatWasTakenForExecutorsThatDidNotComeBack() {
    table.submit(waiting("n", 5_000), false, 0);

    table.tick(5_000);

    assertThat(only(Decision.Finish.class).result().error()).isEqualTo("NO_AGENT_AVAILABLE");
  }

  private static Dispatch waiting(String node, int maxWaitMs) {
    return dispatch(Routes.ORG, node, Selector.byon(), EffectClass.AT_MOST_ONCE, maxWaitMs);
  }

  private static String id(Decision.Offer offer) {
    return offer.dispatch().requestId();
  }

  private <D extends Decision> D only(Class<D> type) {
    var decided = table.decisions();
    assertThat(decided).hasSize(1);
    return type.cast(decided.getFirst());
  }
}
