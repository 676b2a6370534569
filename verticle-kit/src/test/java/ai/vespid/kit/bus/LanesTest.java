package ai.vespid.kit.bus;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.bus.Address;
import ai.vespid.protocol.bus.DispatchRouter;
import ai.vespid.protocol.bus.DispatchRouter.Report;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LanesTest {
  private static final int MB = 1024 * 1024;

  private final Lanes lanes = new Lanes();
  private final List<String> sent = new ArrayList<>();
  private final Queue<Promise<String>> unanswered = new ArrayDeque<>();

  private Future<String> pass(String node, int bulk, String name) {
    return lanes.pass(
        node,
        bulk,
        () -> {
          sent.add(name);
          Promise<String> answer = Promise.promise();
          unanswered.add(answer);
          return answer.future();
        });
  }

  @Test
  void aSmallMessageNeverWaits() {
    pass("b", 8 * MB, "big");
    pass("b", 8 * MB, "bigger");
    pass("b", 0, "heartbeat");

    assertThat(sent).containsExactly("big", "heartbeat");
  }

  @Test
  void aBigOneGoesWhenThoseBeforeItAreAnswered() {
    var first = pass("b", 8 * MB, "first");
    pass("b", 200_000, "second");
    pass("b", 8 * MB, "third");

    unanswered.poll().complete("done");
    assertThat(first.result()).isEqualTo("done");
    assertThat(sent).containsExactly("first", "second");
    unanswered.poll().fail("lost");
    assertThat(sent).containsExactly("first", "second", "third");
  }

  @Test
  void someThatFitTogetherGoTogetherAndInOrder() {
    for (int i = 0; i < 10; i++) pass("b", MB / 4, "m" + i);

    assertThat(sent).containsExactly("m0", "m1", "m2", "m3");
    unanswered.poll().complete("");
    assertThat(sent).hasSize(5).endsWith("m4");
  }

  @Test
  void oneNodeDoesNotDelayAnother() {
    pass("b", 8 * MB, "to b");
    pass("c", 8 * MB, "to c");

    assertThat(sent).containsExactly("to b", "to c");
  }

  @Test
  void oneThatCannotBeSentMakesRoomForTheNext() {
    Future<String> failed =
        lanes.pass(
            "b",
            8 * MB,
            () -> {
              throw new IllegalArgumentException("no codec");
            });
    pass("b", 8 * MB, "next");

    assertThat(failed.failed()).isTrue();
    assertThat(sent).containsExactly("next");
  }

  @Test
  void refusesMoreThanMayWait() {
    for (int i = 0; i < 9; i++) pass("b", 8 * MB, "m" + i);

    assertThat(Fault.of(pass("b", 8 * MB, "one more").cause()).code()).isEqualTo(Fault.Code.BUSY);
    while (!unanswered.isEmpty()) unanswered.poll().complete("");
    assertThat(sent).hasSize(9);
    assertThat(pass("b", 8 * MB, "again").failed()).isFalse();
  }

  @Test
  void theBusLetsOneBigResultAtATimeLeaveItsNode() throws InterruptedException {
    try (var local = new LocalBus()) {
      var arrived = new LinkedBlockingQueue<Promise<Report.Settled>>();
      Address<DispatchRouter<?>> router = DispatchRouter.at("b", 0);
      new Bus(local.vertx(), "b")
          .serve(
              router,
              10,
              _ -> {
                Promise<Report.Settled> answer = Promise.promise();
                arrived.add(answer);
                return answer.future();
              })
          .await();
      var bus = new Bus(local.vertx(), "a");
      var max = Duration.ofSeconds(5);

      var first = bus.ask(router, report("big-1", 2 * MB), max);
      var second = bus.ask(router, report("big-2", 2 * MB), max);
      var small = bus.ask(router, report("small", 10), max);
      var head = arrived.poll(5, TimeUnit.SECONDS);
      arrived.poll(5, TimeUnit.SECONDS).complete(new Report.Settled());

      // The small one came second, and is answered while the second big one still waits.
      assertThat(small.await()).isEqualTo(new Report.Settled());
      assertThat(first.isComplete() || second.isComplete()).isFalse();
      head.complete(new Report.Settled());
      arrived.poll(5, TimeUnit.SECONDS).complete(new Report.Settled());
      assertThat(second.await()).isEqualTo(new Report.Settled());
    }
  }

  private static Report report(String id, int size) {
    var output = RawJson.of("\"" + "x".repeat(size) + "\"");
    return new Report("byon:o", "o", id, 1, "e", DispatchResult.succeeded(output), "gw-1~a");
  }
}
