package ai.vespid.gateway.dispatch;

import static ai.vespid.gateway.dispatch.Routes.dispatch;
import static ai.vespid.gateway.dispatch.Routes.route;
import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.gateway.StagedSurroundings;
import ai.vespid.kit.node.Seat;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.bus.DispatchRouter.Moving;
import ai.vespid.protocol.bus.DispatchRouter.TakeOver;
import ai.vespid.protocol.bus.Done;
import ai.vespid.protocol.bus.Holder;
import ai.vespid.protocol.bus.ResultStore;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What goes from one home to the next: all of it, once. */
class HandingOverTest {
  private static final Seat HEIR = new Seat("heir", 0);
  private static final String ID = dispatch("n").requestId();

  private final StagedSurroundings here = new StagedSurroundings("me", "heir");
  private final DispatchTable table =
      new DispatchTable(new DispatchTable.Rules(1_000, 100, 3, 10_000, 3), new ExecutorDirectory());
  private final Waiters waiters = new Waiters();
  private final List<List<Moving>> takenBack = new ArrayList<>();
  private final Giving giving =
      new Giving(
          here,
          new Seat("me", 0),
          table,
          waiters,
          takenBack::add,
          _ -> false,
          _ -> false,
          () -> {},
          table::decisions);
  private final Receiving receiving =
      new Receiving(
          here,
          table,
          waiters,
          new LostHomes(here, table, waiters, () -> {}, 10_000),
          table::decisions);

  @Test
  void isDoneOnlyWhenWhatWasSentBeforeHasArrivedToo() {
    table.routeUp(route("a", 1), 0);
    table.submit(dispatch("n"), false, 0);
    var first = giving.everything(_ -> true, HEIR);
    var again = giving.everything(_ -> true, HEIR);
    here.pass(100);
    assertThat(again.isComplete()).as("nothing is left here, but it is on its way").isFalse();

    here.next(TakeOver.class).answer().complete(new Done());
    here.pass(100);

    assertThat(first.succeeded()).isTrue();
    assertThat(again.succeeded()).isTrue();
  }

  @Test
  void saysTheSameAgainUntilItArrivesAndTakesItBackWhenTheHeirIsGone() {
    table.routeUp(route("a", 1), 0);
    table.submit(dispatch("n"), false, 0);
    giving.everything(_ -> true, HEIR);
    var first = (TakeOver) here.next(TakeOver.class).request();
    here.pass(2_000);
    here.pass(100);
    var second = (TakeOver) here.next(TakeOver.class).request();
    assertThat(second.id()).isEqualTo(first.id());

    here.sees("me");
    here.pass(2_000);
    here.pass(100);

    assertThat(takenBack).singleElement().isEqualTo(first.moving());
  }

  @Test
  void takesWhatIsSaidTwiceOnce() {
    table.routeUp(route("a", 1), 0);
    var over = new TakeOver("former/0#1", List.of(moving(1)));
    receiving.takeOver(over);
    assertThat(receiving.arriving(ID)).isTrue();
    here.next(ResultStore.Get.class).answer().complete(new ResultStore.Get.NotReady());
    assertThat(table.report(ID, 1, "a", DispatchResult.succeeded(RawJson.NULL), 0))
        .isEqualTo(Verdict.DECIDED);
    table.settled(ID, null, 0);

    assertThat(receiving.takeOver(over).succeeded()).isTrue();

    assertThat(table.find(ID)).isEmpty();
    assertThat(here.asked).isEmpty();
  }

  @Test
  void doesNotTakeWhatIsDecided() {
    receiving.takeOver(new TakeOver("former/0#1", List.of(moving(1))));
    here.next(ResultStore.Get.class)
        .answer()
        .complete(new ResultStore.Get.Found(Routes.ORG, DispatchResult.succeeded(RawJson.NULL)));

    assertThat(table.find(ID)).isEmpty();
    assertThat(receiving.arriving(ID)).isFalse();
  }

  private static Moving moving(int epoch) {
    return new Moving(dispatch("n"), false, epoch, 60_000, new Holder("a", "boot", 0), true);
  }

  @Test
  void leavesAloneTheAttemptThatStandsInTheRowWhileItWritesItsOwn() {
    table.routeUp(route("a", 1), 0);
    table.routeUp(route("b", 1), 0);
    table.handover().recover(dispatch("n"), 0, null, 60_000, 0);
    assertThat(table.decisions()).anyMatch(Decision.Persist.class::isInstance);

    table
        .handover()
        .resume(new Moving(dispatch("n"), true, 1, 60_000, new Holder("b", "boot", 0), true), 0);

    assertThat(table.decisions()).noneMatch(Decision.Cancel.class::isInstance);
  }
}
