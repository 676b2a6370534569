package ai.vespid.kit.bus;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.bus.Address;
import ai.vespid.protocol.bus.DispatchRouter;
import ai.vespid.protocol.bus.DispatchRouter.Report;
import ai.vespid.protocol.bus.Message;
import ai.vespid.protocol.bus.ResultStore;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Big questions and answers between two real nodes, and small ones beside them. */
class ParcelsTest {
  private static final int MB = 1024 * 1024;
  private static final Duration MAX = Duration.ofSeconds(30);
  private static final Address<ResultStore<?>> RESULTS = ResultStore.at("b");
  private static final Address<DispatchRouter<?>> ROUTER = DispatchRouter.at("b", 0);
  private static final DispatchResult BIG = result(8 * MB);

  @Test
  void aBigAnswerAndABigQuestionArriveWhole() throws Exception {
    try (var nodes = new TwoNodes()) {
      serve(nodes);
      var bus = new Bus(nodes.a(), "a");

      assertThat(found(bus, "big").await()).isEqualTo(new ResultStore.Get.Found("o", BIG));
      assertThat(bus.ask(ROUTER, report(8 * MB), MAX).await()).isEqualTo(new Report.Settled());
      assertThat(bus.ask(ROUTER, report(200_000), MAX).await()).isEqualTo(new Report.Settled());
      assertThat(found(bus, "small").await()).isInstanceOf(ResultStore.Get.NotReady.class);
    }
  }

  @Test
  void aFaultIsAnsweredToABigQuestion() throws Exception {
    try (var nodes = new TwoNodes()) {
      new Bus(nodes.b(), "b")
          .serve(ROUTER, 10, _ -> Future.failedFuture(new Fault(Fault.Code.NOT_HOME, "elsewhere")))
          .await();
      var bus = new Bus(nodes.a(), "a");

      var code = bus.ask(ROUTER, report(8 * MB), MAX).map("").otherwise(Throwable::getMessage);
      assertThat(code.await()).isEqualTo("elsewhere");

      var nobody = bus.ask(DispatchRouter.at("b", 7), report(8 * MB), MAX).<Object>map("");
      assertThat(nobody.recover(cause -> Future.succeededFuture(Fault.of(cause).code())).await())
          .isEqualTo(Fault.Code.UNAVAILABLE);
    }
  }

  @Test
  void theTimeOfABigQuestionCountsFromItsArrival() throws Exception {
    try (var toA = new SlowCable(8 * MB);
        var toB = new SlowCable(8 * MB);
        var nodes = new TwoNodes(toA, toB)) {
      serve(nodes);
      var bus = new Bus(nodes.a(), "a");

      assertThat(bus.ask(ROUTER, report(8 * MB), Duration.ofMillis(600)).await())
          .as("it takes a second to get there")
          .isEqualTo(new Report.Settled());
    }
  }

  /** On cables of 20 MB/s a whole result would stop everything behind it for 0.4 s. */
  @Test
  void smallQuestionsAreNotBehindBigOnes() throws Exception {
    try (var toA = new SlowCable(20 * MB);
        var toB = new SlowCable(20 * MB);
        var nodes = new TwoNodes(toA, toB)) {
      serve(nodes);
      var bus = new Bus(nodes.a(), "a");
      found(bus, "small").await();
      var under = new AtomicInteger();
      var big = new ArrayList<Future<Message>>();
      for (int i = 0; i < 3; i++) {
        big.add(bus.ask(ROUTER, report(8 * MB), MAX).map(reply -> reply));
        big.add(found(bus, "big").map(reply -> reply));
      }
      under.set(big.size());
      big.forEach(each -> each.onComplete(_ -> under.decrementAndGet()));

      var delays = new ArrayList<Long>();
      while (under.get() > 0) delays.add(delayOfASmallOne(bus));
      Future.all(big).await();

      delays.sort(Long::compare);
      long median = delays.get(delays.size() / 2);
      System.out.printf(
          "%d small questions beside three questions and three answers of 8 MiB at 20 MB/s: median %d ms, longest %d ms%n",
          delays.size(), median, delays.getLast());
      assertThat(median).isLessThan(200);
    }
  }

  private static long delayOfASmallOne(Bus bus) {
    long asked = System.nanoTime();
    found(bus, "small").await();
    return (System.nanoTime() - asked) / 1_000_000;
  }

  private static Future<ResultStore.Get.Reply> found(Bus bus, String id) {
    return bus.ask(RESULTS, new ResultStore.Get(id), MAX);
  }

  private static void serve(TwoNodes nodes) {
    var bus = new Bus(nodes.b(), "b");
    bus.<ResultStore<?>>serve(
            RESULTS,
            100,
            request ->
                Future.succeededFuture(
                    request instanceof ResultStore.Get get && get.requestId().equals("big")
                        ? new ResultStore.Get.Found("o", BIG)
                        : new ResultStore.Get.NotReady()))
        .await();
    bus.<DispatchRouter<?>>serve(
            ROUTER,
            100,
            _ -> {
              Promise<Report.Reply> answer = Promise.promise();
              nodes.b().setTimer(100, _ -> answer.complete(new Report.Settled()));
              return answer.future();
            })
        .await();
  }

  private static Report report(int size) {
    return new Report("byon:o", "o", "r", 1, "e", result(size), "a");
  }

  private static DispatchResult result(int size) {
    return DispatchResult.succeeded(RawJson.of("\"" + "x".repeat(size) + "\""));
  }
}
