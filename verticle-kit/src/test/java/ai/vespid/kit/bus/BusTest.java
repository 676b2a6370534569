package ai.vespid.kit.bus;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.bus.Message;
import ai.vespid.protocol.bus.ResultStore;
import ai.vespid.protocol.bus.ResultStore.Get;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BusTest {
  private static final Duration MAX = Duration.ofSeconds(2);

  private final LocalBus local = new LocalBus();
  private final CompletableFuture<Mailbox> mailbox = new CompletableFuture<>();

  @AfterEach
  void close() {
    local.close();
  }

  @Test
  void carriesPayloadsThroughTheWirePathByteForByte() {
    var payload = RawJson.of("{ \"a\" : 1.00 }");
    serve(10, _ -> Future.succeededFuture(new Get.Found("org", DispatchResult.succeeded(payload))));

    assertThat(get("r")).isEqualTo(new Get.Found("org", DispatchResult.succeeded(payload)));
  }

  @Test
  void answersEveryRequestWithACode() {
    serve(
        10,
        request -> {
          if (!(request instanceof Get(String id))) throw new AssertionError();
          return switch (id) {
            case "throws" -> throw new IllegalStateException("boom");
            case "fault" -> Future.failedFuture(new Fault(Fault.Code.NOT_FOUND, "no such"));
            default -> Future.failedFuture(new RuntimeException("bug"));
          };
        });
    var crash = new CompletableFuture<Throwable>();
    local.vertx().exceptionHandler(crash::complete);

    assertThat(code("fault")).isEqualTo(Fault.Code.NOT_FOUND);
    assertThat(code("throws")).isEqualTo(Fault.Code.INTERNAL);
    assertThat(code("bug")).isEqualTo(Fault.Code.INTERNAL);
    assertThat(crash.orTimeout(2, TimeUnit.SECONDS).join()).hasRootCauseMessage("boom");
  }

  @Test
  void refusesMoreThanItsMailboxHolds() {
    var held = Promise.<Get.NotReady>promise();
    serve(1, _ -> held.future());
    var first = ask("1");
    // The second asks on the same road, so the first is in the mailbox by then.
    assertThat(code("2")).isEqualTo(Fault.Code.BUSY);

    held.complete(new Get.NotReady());
    assertThat(first.await()).isEqualTo(new Get.NotReady());
    assertThat(code("3")).isNull();
  }

  @Test
  void drainsWhatIsInFlightAndRefusesTheRest() {
    var held = Promise.<Get.NotReady>promise();
    serve(2, _ -> held.future());
    var inFlight = ask("1");
    assertThat(code("busy-check-that-1-arrived", 50)).isEqualTo(Fault.Code.TIMEOUT);
    var drained = mailbox.join().drain(MAX);
    assertThat(code("late")).isEqualTo(Fault.Code.UNAVAILABLE);
    held.complete(new Get.NotReady());

    assertThat(drained.await()).isTrue();
    assertThat(inFlight.await()).isEqualTo(new Get.NotReady());
  }

  @Test
  void saysWhenADrainRanOutOfTime() {
    serve(2, _ -> Promise.<Get.NotReady>promise().future());
    ask("1");
    assertThat(code("2", 50)).isEqualTo(Fault.Code.TIMEOUT);

    assertThat(mailbox.join().drain(Duration.ofMillis(50)).await()).isFalse();
  }

  private void serve(int inFlightMax, Function<ResultStore<?>, Future<? extends Message>> handler) {
    local.deploy(() ->
        new VerticleBase() {
          @Override
          public Future<?> start() {
            return new Bus(vertx, "n")
                .serve(ResultStore.at("n"), inFlightMax, handler)
                .onSuccess(mailbox::complete);
          }
        });
  }

  private Future<Get.Reply> ask(String id) {
    return local.bus().ask(ResultStore.at("n"), new Get(id), MAX);
  }

  private Get.Reply get(String id) {
    return ask(id).await();
  }

  private Fault.Code code(String id) {
    return code(id, MAX.toMillis());
  }

  private Fault.Code code(String id, long maxMs) {
    try {
      local.bus().ask(ResultStore.at("n"), new Get(id), Duration.ofMillis(maxMs)).await();
      return null;
    } catch (Fault e) {
      return e.code();
    }
  }
}
