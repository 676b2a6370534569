package ai.vespid.gateway.dispatch;

import static ai.vespid.gateway.dispatch.Routes.ORG;
import static ai.vespid.gateway.dispatch.Routes.dispatch;
import static ai.vespid.gateway.dispatch.Routes.route;
import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.gateway.StagedSurroundings;
import ai.vespid.kit.bus.Fault;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.Pool;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.bus.ExecutorEdge.Holding;
import ai.vespid.protocol.bus.ExecutorEdge.HoldingList;
import ai.vespid.protocol.bus.ExecutorEdge.Holdings;
import ai.vespid.protocol.bus.ExecutorEdge.Offer;
import ai.vespid.protocol.bus.ResultStore;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LongHeldTest {
  private static final String ID = dispatch("n").requestId();

  private final StagedSurroundings here = new StagedSurroundings("me", "gw-1");
  private final ExecutorDirectory directory = new ExecutorDirectory();
  private final DispatchTable table =
      new DispatchTable(new DispatchTable.Rules(1_000, 1_000, 1_000, 10_000, 5), directory);
  private final List<String> rowsRead = new ArrayList<>();
  private final LongHeld longHeld = new LongHeld(here, table, this::readRows, () -> {});

  @BeforeEach
  void assigned() {
    table.routeUp(route("a", 1_000), 0);
    table.submit(dispatch("n"), false, 0);
    table.offerAnswered(ID, 1, new Offer.Accepted(), 0);
    longHeld.check();
  }

  private Future<Void> readRows(List<String> requestIds) {
    rowsRead.addAll(requestIds);
    return Future.succeededFuture();
  }

  private void pass(long ms) {
    here.pass(ms);
    longHeld.check();
  }

  private void noResult() {
    here.next(ResultStore.Get.class).answer().complete(new ResultStore.Get.NotReady());
  }

  private void edgeHolds(Holding... holdings) {
    here.next(Holdings.class).answer().complete(new HoldingList(List.of(holdings)));
  }

  private static Holding held(int epoch) {
    return new Holding(ID, epoch, Pool.BYON, ORG, "a", "boot");
  }

  private Stream<Decision.Finish> ends() {
    return table.decisions().stream()
        .filter(Decision.Finish.class::isInstance)
        .map(Decision.Finish.class::cast);
  }

  @Test
  void asksNobodyAboutWhatHasJustBeenGiven() {
    pass(LongHeld.EVERY_MS - 1);

    assertThat(here.asked).isEmpty();
  }

  @Test
  void endsWithTheResultThatAnotherHomeHeard() {
    var decided = DispatchResult.succeeded(RawJson.of("1"));
    pass(LongHeld.EVERY_MS);

    here.next(ResultStore.Get.class).answer().complete(new ResultStore.Get.Found(ORG, decided));

    assertThat(ends().map(Decision.Finish::result)).containsExactly(decided);
    assertThat(directory.heldBy("a")).isEmpty();
  }

  @Test
  void leavesAloneWhatItsEdgeHolds() {
    for (int i = 0; i < 4; i++) {
      pass(LongHeld.EVERY_MS);
      noResult();
      edgeHolds(held(1));
    }

    assertThat(ends()).isEmpty();
    assertThat(directory.heldBy("a")).containsExactly(ID);
  }

  @Test
  void givesUpWhatItsEdgeTwiceDoesNotHold() {
    pass(LongHeld.EVERY_MS);
    noResult();
    edgeHolds(held(7));
    assertThat(ends()).isEmpty();
    assertThat(rowsRead).as("another home may have gone on").containsExactly(ID);

    pass(LongHeld.AGAIN_MS);
    noResult();
    edgeHolds();

    assertThat(ends().map(finish -> finish.result().error()))
        .containsExactly(ErrorCode.AGENT_DISCONNECTED.name());
  }

  @Test
  void believesAnEdgeThatHasItAfterAll() {
    pass(LongHeld.EVERY_MS);
    noResult();
    edgeHolds();
    pass(LongHeld.AGAIN_MS);
    noResult();
    edgeHolds(held(1));
    pass(LongHeld.EVERY_MS);
    noResult();
    edgeHolds();

    assertThat(ends()).isEmpty();
  }

  @Test
  void concludesNothingWithoutAnAnswer() {
    for (int i = 0; i < 2; i++) {
      pass(LongHeld.EVERY_MS);
      here.next(ResultStore.Get.class).answer().fail(new Fault(Fault.Code.UNAVAILABLE, "away"));
    }
    assertThat(here.asked).isEmpty();
    for (int i = 0; i < 2; i++) {
      pass(LongHeld.EVERY_MS);
      noResult();
      here.next(Holdings.class).answer().fail(new Fault(Fault.Code.TIMEOUT, "away"));
    }

    assertThat(ends()).isEmpty();
  }

  @Test
  void asksEachEdgeOnce() {
    IntStream.range(0, 50).forEach(i -> table.submit(dispatch("n" + i), false, here.nowMs()));
    pass(1);
    pass(LongHeld.EVERY_MS);
    for (int i = 0; i < 51; i++) noResult();

    assertThat(here.asked)
        .singleElement()
        .extracting(one -> one.request())
        .isInstanceOf(Holdings.class);
  }

  @Test
  void asksLessOftenTheLongerItRuns() {
    int asked = 0;
    for (int second = 0; second < 3_600; second++) {
      pass(1_000);
      if (here.asked.isEmpty()) continue;
      asked++;
      noResult();
      edgeHolds(held(1));
    }

    assertThat(asked).isBetween(10, 30);
  }
}
