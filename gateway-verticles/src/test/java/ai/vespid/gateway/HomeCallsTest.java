package ai.vespid.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.gateway.StagedSurroundings.Asked;
import ai.vespid.kit.bus.Fault;
import ai.vespid.kit.node.HomeCalls;
import ai.vespid.protocol.bus.DispatchRouter.Cancel;
import ai.vespid.protocol.bus.Done;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HomeCallsTest {
  private static final String KEY = "byon:org";
  private static final int CALLS = 500;

  private final StagedSurroundings here = new StagedSurroundings("gw-1");
  private final HomeCalls homes = new HomeCalls(here);
  private final AtomicBoolean wanted = new AtomicBoolean(true);

  private Future<Done> call(int number) {
    return homes.ask(KEY, new Cancel(KEY, "r" + number, "org"), Duration.ofSeconds(30));
  }

  private List<Future<Done>> calls() {
    return IntStream.range(0, CALLS).mapToObj(this::call).toList();
  }

  /** How many questions there were, all of them refused. */
  private int refuseAll(Fault.Code code) {
    var refused = new ArrayList<>(here.asked);
    here.asked.clear();
    refused.forEach(one -> one.answer().fail(new Fault(code, "taking over")));
    return refused.size();
  }

  private static void answer(Asked question) {
    question.answer().complete(new Done());
  }

  @Test
  void oneAsksForAllThatWaitForTheSameHome() {
    var calls = calls();
    assertThat(refuseAll(Fault.Code.UNAVAILABLE)).isEqualTo(CALLS);

    for (int round = 0; round < 10; round++) {
      here.pass(50);
      assertThat(refuseAll(Fault.Code.NOT_HOME)).isEqualTo(1);
    }
    here.pass(50);
    answer(here.next(Cancel.class));

    assertThat(here.asked).as("the others, at once").hasSize(CALLS - 1);
    here.asked.forEach(HomeCallsTest::answer);
    assertThat(calls).allMatch(Future::succeeded);
    here.pass(2_000);
    assertThat(here.asked).as("not asked: answered already").hasSize(CALLS - 1);
  }

  @Test
  void thoseWhoWaitAskThemselvesInTheEnd() {
    call(0);
    var second = call(1);
    refuseAll(Fault.Code.UNAVAILABLE);
    here.pass(50);
    here.next(Cancel.class);

    here.pass(950);
    answer(here.next(Cancel.class));

    assertThat(second.succeeded()).as("the first one's answer takes long").isTrue();
  }

  @Test
  void whatIsAskedIsNotAskedOnceMoreWhenAnotherIsAnswered() {
    call(0);
    call(1);
    refuseAll(Fault.Code.UNAVAILABLE);
    here.pass(1_000);
    assertThat(here.asked).as("both").hasSize(2);

    answer(here.next(Cancel.class));

    assertThat(here.asked).hasSize(1);
  }

  @Test
  void theNextOneAsksForAllWhenTheFirstIsWantedNoMore() {
    homes.askWhile(wanted::get, KEY, new Cancel(KEY, "r", "org"), Duration.ofSeconds(30));
    var second = call(1);
    refuseAll(Fault.Code.UNAVAILABLE);
    wanted.set(false);

    here.pass(50);
    here.pass(50);
    answer(here.next(Cancel.class));

    assertThat(second.succeeded()).isTrue();
  }

  @Test
  void whoIsHomeOfAnotherKeyKeepsNobodyWaiting() {
    call(0);
    refuseAll(Fault.Code.UNAVAILABLE);
    var other = new Cancel("byon:other", "r", "other");
    homes.ask("byon:other", other, Duration.ofSeconds(30));
    refuseAll(Fault.Code.UNAVAILABLE);

    here.pass(50);

    assertThat(here.asked).as("each the first of its line").hasSize(2);
  }

  @Test
  void givesUpAfterFifteenSecondsWithoutAHome() {
    var calls = calls();
    for (int ms = 0; ms <= 17_000; ms += 50) {
      refuseAll(Fault.Code.UNAVAILABLE);
      here.pass(50);
    }

    assertThat(calls).allMatch(Future::failed);
    assertThat(here.asked).isEmpty();
  }

  @Test
  void asksAHomeThatIsBehindLessAndLess() {
    var elsewhere = elsewhere();
    homes.ask(elsewhere, new Cancel(elsewhere, "r", "org"), Duration.ofSeconds(60));

    for (int seconds : List.of(2, 4, 8, 16, 16)) {
      here.next(Cancel.class);
      here.pass(seconds * 1_000L - 1);
      assertThat(here.asked).as("before %d s are over", seconds).isEmpty();
      here.pass(1);
      assertThat(here.asked).hasSize(1);
    }
  }

  @Test
  void theNextHomeIsNotTakenForOneThatIsBehind() {
    var elsewhere = elsewhere();
    homes.ask(elsewhere, new Cancel(elsewhere, "r", "org"), Duration.ofSeconds(60));
    here.pass(2_000);
    here.pass(4_000);
    here.asked.clear();

    var gone = here.view().homes().router(elsewhere).node();
    homes.viewChanged(here.sees("gw-1", gone.equals("gw-2") ? "gw-3" : "gw-2"));
    here.next(Cancel.class);
    here.pass(2_000);

    assertThat(here.asked).hasSize(1);
  }

  /** A key that is another node's, whoever of the others is gone; all three are there. */
  private String elsewhere() {
    var views =
        List.of(
            here.sees("gw-1", "gw-2"),
            here.sees("gw-1", "gw-3"),
            here.sees("gw-1", "gw-2", "gw-3"));
    return IntStream.range(0, 1_000)
        .mapToObj(number -> "byon:" + number)
        .filter(key -> views.stream().noneMatch(view -> view.homes().isHome("gw-1", key)))
        .findFirst()
        .orElseThrow();
  }
}
