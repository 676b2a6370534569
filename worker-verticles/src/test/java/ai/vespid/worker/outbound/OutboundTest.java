package ai.vespid.worker.outbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import ai.vespid.protocol.connector.HttpCall;
import ai.vespid.worker.Service;
import ai.vespid.worker.outbound.CallFailed.Reason;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.net.InetAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class OutboundTest {
  private static final Duration LONG = Duration.ofSeconds(10);

  private final Vertx vertx = Vertx.vertx();
  private Service service;

  @BeforeEach
  void start() {
    service = new Service(vertx);
  }

  @AfterEach
  void stop() {
    vertx.close().await();
  }

  private Outbound outbound(OutboundRules rules, Outbound.Names names) {
    return new Outbound(vertx, rules, names, InstantSource.system(), 1_000);
  }

  private Outbound open() {
    return outbound(OutboundRules.of(null, true), InetAddress::getAllByName);
  }

  private static HttpCall get(String url, Map<String, String> headers) {
    return new HttpCall("GET", url, headers, new byte[0]);
  }

  private static Reason reason(Future<?> call) {
    var failure = catchThrowable(() -> call.toCompletionStage().toCompletableFuture().join());
    assertThat(failure.getCause()).isInstanceOf(CallFailed.class);
    return ((CallFailed) failure.getCause()).reason();
  }

  @Test
  void sendsARequestAndReturnsTheWholeAnswer() {
    service.answers(
        one -> one.request().response().setStatusCode(203).putHeader("X-A", "b").end("text"));
    var call = new HttpCall("PUT", service.url() + "/p?q=1", Map.of("x-h", "v"), "body".getBytes());

    var answer = open().send(call, LONG).await();

    assertThat(answer.status()).isEqualTo(203);
    assertThat(answer.headers()).containsEntry("x-a", "b");
    assertThat(answer.body()).asString().isEqualTo("text");
    assertThat(service.seen()).singleElement().hasToString("PUT /p?q=1 body");
    assertThat(service.seen().getFirst().header("x-h")).isEqualTo("v");
    assertThat(service.seen().getFirst().header("host")).isEqualTo("127.0.0.1:" + service.port());
  }

  @Test
  void privateAddressesAreNotReachedByAddressOrByName() {
    var closed = outbound(OutboundRules.of(null, false), InetAddress::getAllByName);
    var port = ":" + service.port();
    var addresses =
        new String[] {
          "http://127.0.0.1" + port,
          "http://localhost" + port,
          "http://[::1]" + port,
          "http://[::ffff:127.0.0.1]" + port,
          "http://0.0.0.0" + port,
          "http://2130706433" + port,
          "http://169.254.169.254/latest",
          "ftp://example.com",
          "http://user:pass@example.com"
        };

    for (var address : addresses) {
      assertThat(reason(closed.send(get(address, Map.of()), LONG)))
          .as(address)
          .isIn(Reason.NOT_ALLOWED, Reason.UNREACHABLE);
    }
    assertThat(service.seen()).isEmpty();
  }

  @Test
  void aNameThatChangesItsMindIsConnectedWhereItWasJudged() {
    var asked = new AtomicInteger();
    var loopback = InetAddress.getLoopbackAddress();
    // Public when it is judged; a second look-up would lead elsewhere.
    Outbound.Names names = _ -> new InetAddress[] {asked.getAndIncrement() == 0 ? loopback : null};
    var outbound = outbound(OutboundRules.of("rebind.test", true), names);

    var answer = outbound.send(get("http://rebind.test:" + service.port(), Map.of()), LONG).await();

    assertThat(answer.status()).isEqualTo(200);
    assertThat(asked).hasValue(1);
    assertThat(service.seen().getFirst().header("host")).isEqualTo("rebind.test:" + service.port());
  }

  @Test
  void aHostThatIsNotListedIsNotEvenLookedUp() {
    var asked = new AtomicInteger();
    Outbound.Names names =
        host -> {
          asked.incrementAndGet();
          return InetAddress.getAllByName(host);
        };
    var outbound = outbound(OutboundRules.of("other.test", true), names);

    assertThat(reason(outbound.send(get(service.url(), Map.of()), LONG)))
        .isEqualTo(Reason.NOT_ALLOWED);
    assertThat(asked).hasValue(0);
  }

  @Test
  void aRedirectToWhatIsNotAllowedIsNotFollowed() {
    service.answers(one ->
        one.request()
            .response()
            .setStatusCode(302)
            .putHeader("location", "http://metadata.test/latest")
            .end());
    var outbound = outbound(OutboundRules.of("127.0.0.1", true), InetAddress::getAllByName);

    assertThat(reason(outbound.send(get(service.url(), Map.of()), LONG)))
        .isEqualTo(Reason.NOT_ALLOWED);
  }

  @Test
  void anotherOriginIsNotGivenTheCredentials() {
    var other = new Service(vertx);
    service.answers(one ->
        one.request()
            .response()
            .setStatusCode(307)
            .putHeader("location", other.url() + "/there")
            .end());
    var headers = Map.of("authorization", "Bearer s", "cookie", "c", "x-other", "o");
    var call = new HttpCall("POST", service.url(), headers, "b".getBytes());

    open().send(call, LONG).await();

    var arrived = other.seen().getFirst();
    assertThat(arrived).hasToString("POST /there b");
    assertThat(arrived.header("authorization")).isNull();
    assertThat(arrived.header("cookie")).isNull();
    assertThat(arrived.header("x-other")).isEqualTo("o");
  }

  @Test
  void aPostThatWasSeenElsewhereIsReadWithAGet() {
    service.answers(one -> {
      if (one.request().path().equals("/done")) one.request().response().end("done");
      else one.request().response().setStatusCode(303).putHeader("location", "/done").end();
    });
    var call = new HttpCall("POST", service.url() + "/a", Map.of(), "b".getBytes());

    assertThat(open().send(call, LONG).await().body()).asString().isEqualTo("done");
    assertThat(service.seen().getLast()).hasToString("GET /done ");
  }

  @Test
  void redirectsInACircleEnd() {
    service.answers(
        one -> one.request().response().setStatusCode(302).putHeader("location", "/again").end());

    assertThat(reason(open().send(get(service.url(), Map.of()), LONG)))
        .isEqualTo(Reason.TOO_MANY_REDIRECTS);
    assertThat(service.seen()).hasSize(6);
  }

  @Test
  void anAnswerWithoutEndIsCutOffAndItsConnectionClosed() throws Exception {
    var closed = Promise.<Void>promise();
    service.answers(one -> {
      one.request().connection().closeHandler(_ -> closed.tryComplete());
      var response = one.request().response().setChunked(true);
      vertx.setPeriodic(1, _ -> response.write(Buffer.buffer(new byte[400])));
    });

    assertThat(reason(open().send(get(service.url(), Map.of()), LONG))).isEqualTo(Reason.TOO_LARGE);
    closed.future().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  @Test
  void whoNeverAnswersIsNotAwaited() {
    service.answers(_ -> {});

    assertThat(reason(open().send(get(service.url(), Map.of()), Duration.ofMillis(100))))
        .isEqualTo(Reason.TIMEOUT);
  }

  @Test
  void nobodyThereIsUnreachable() {
    service.close();

    assertThat(reason(open().send(get(service.url(), Map.of()), LONG)))
        .isEqualTo(Reason.UNREACHABLE);
  }
}
