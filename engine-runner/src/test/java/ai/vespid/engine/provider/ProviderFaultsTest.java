package ai.vespid.engine.provider;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.engine.Chunk.Delta;
import ai.vespid.protocol.engine.Chunk.Failed;
import ai.vespid.protocol.engine.Chunk.Finish;
import ai.vespid.protocol.engine.Chunk.Reason;
import ai.vespid.protocol.engine.Inference;
import ai.vespid.protocol.engine.Inference.User;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What providers do when they are not well. */
final class ProviderFaultsTest {
  private static final Wire WIRE = Wire.OPENAI;

  private ProviderSite site = new ProviderSite();
  private final Heard heard = new Heard();

  @AfterEach
  void close() {
    site.close();
  }

  private void of(ProviderSite other) {
    site.close();
    site = other;
  }

  private static String[] whole(Wire wire, String text) {
    return Stream.concat(
            Stream.of(wire.opening(), wire.text(text)), Stream.of(wire.closing(wire.stop(), 1, 1)))
        .toArray(String[]::new);
  }

  private static Inference hi() {
    return ProviderSite.asked(new User("hi"));
  }

  @ParameterizedTest
  @EnumSource(Wire.class)
  void triesAgainAfterAPassingRefusal(Wire wire) throws Exception {
    site.standIn
        .thenRefuse(429, "0", "{}")
        .thenRefuse(503, null, "sorry")
        .thenSay(whole(wire, "x"));
    site.ask(wire, hi(), heard);

    assertThat(heard.rest()).startsWith(new Delta("x")).endsWith(new Finish(Reason.STOP));
    assertThat(site.meters.get("vespid.engine.retries").counter().count()).isEqualTo(2);
  }

  @Test
  void leavesAProviderAloneForAsLongAsItAsks() throws Exception {
    site.standIn.thenRefuse(429, "1", "{}").thenSay(whole(WIRE, "x"));
    long begun = System.nanoTime();
    site.ask(WIRE, hi(), heard);

    assertThat(heard.last()).isEqualTo(new Finish(Reason.STOP));
    assertThat(System.nanoTime() - begun).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(990));
  }

  @Test
  void givesUpAtOnceWhenItIsAskedToWaitLongerThanItMay() throws Exception {
    site.standIn.thenRefuse(429, "3600", "{\"error\":{\"code\":\"rate_limit_exceeded\"}}");
    site.ask(WIRE, hi(), heard);
    var failed = (Failed) heard.last();

    assertThat(failed.error()).isEqualTo("OPENAI_REQUEST_FAILED:429");
    assertThat(failed.message()).contains("rate_limit_exceeded");
  }

  @ParameterizedTest
  @EnumSource(Wire.class)
  void doesNotRepeatWhatWillNotSucceedAndTellsNothingOfTheKey(Wire wire) throws Exception {
    var echo =
        "{\"error\":{\"code\":\"invalid_api_key\",\"message\":\"" + ProviderSite.KEY + "\"}}";
    site.standIn.thenRefuse(401, null, echo);
    site.ask(wire, hi(), heard);
    var failed = (Failed) heard.last();

    assertThat(failed.error()).isEqualTo(wire + "_REQUEST_FAILED:401");
    assertThat(failed.toString()).contains("invalid_api_key").doesNotContain(ProviderSite.KEY);
    site.standIn.await();
    assertThat(site.standIn.unread()).isZero();
  }

  @Test
  void asksNoOtherPathOfGoogleThanAModels() throws Exception {
    for (var model : List.of("../../v1/files", "m?key=1", "m:delete", "a/b")) {
      var other = new Heard();
      var asked = new Inference("llm.x", model, hi().said(), List.of(), 1_000, 5_000);
      site.ask(Wire.GEMINI, asked, other);
      assertThat(((Failed) other.last()).code()).isEqualTo(ErrorCode.BAD_REQUEST);
    }
    assertThat(site.standIn.unread()).isZero();
  }

  @Test
  void givesUpAfterItsRetries() throws Exception {
    of(new ProviderSite(4, 2, Duration.ofSeconds(30)));
    for (int i = 0; i < 3; i++) site.standIn.thenRefuse(500, "0", "boom");
    site.ask(WIRE, hi(), heard);

    assertThat(((Failed) heard.last()).error()).isEqualTo("OPENAI_REQUEST_FAILED:500");
    assertThat(site.standIn.unread()).isEqualTo(3);
  }

  @ParameterizedTest
  @EnumSource(Wire.class)
  void failsAnAnswerThatIsCutInTheMiddleAndDoesNotAskAgain(Wire wire) throws Exception {
    var told = site.standIn.thenAsTold();
    site.ask(wire, hi(), heard);
    var answer = told.get(10, TimeUnit.SECONDS);
    answer.say(wire.opening());
    answer.say(wire.text("half of"));
    assertThat(heard.next()).isEqualTo(new Delta("half of"));
    answer.cut();

    assertThat(((Failed) heard.last()).code().name()).isEqualTo(wire + "_UNAVAILABLE");
    site.standIn.await();
    assertThat(site.standIn.unread()).isZero();
  }

  @ParameterizedTest
  @EnumSource(Wire.class)
  void takesAnAnswerThatJustStopsForCut(Wire wire) throws Exception {
    site.standIn.thenSay(wire.opening(), wire.text("half of"));
    site.ask(wire, hi(), heard);

    assertThat(heard.next()).isEqualTo(new Delta("half of"));
    assertThat(((Failed) heard.last()).code().name()).isEqualTo(wire + "_UNAVAILABLE");
  }

  @Test
  void asksAgainWhenTheConnectionBrokeBeforeAnythingWasSaid() throws Exception {
    var told = site.standIn.thenAsTold();
    site.standIn.thenSay(whole(WIRE, "x"));
    site.ask(WIRE, hi(), heard);
    told.get(10, TimeUnit.SECONDS).cut();

    assertThat(heard.rest()).startsWith(new Delta("x")).endsWith(new Finish(Reason.STOP));
  }

  @Test
  void saysWhenNobodyIsThere() throws Exception {
    of(new ProviderSite(4, 1, Duration.ofSeconds(30)));
    site.standIn.close();
    site.ask(WIRE, hi(), heard);

    assertThat(((Failed) heard.last()).code()).isEqualTo(ErrorCode.OPENAI_UNAVAILABLE);
  }

  @ParameterizedTest
  @EnumSource(Wire.class)
  void closesItsRequestWhenItIsCanceledAndSaysNothingMore(Wire wire) throws Exception {
    var told = site.standIn.thenAsTold();
    var call = site.ask(wire, hi(), heard);
    var answer = told.get(10, TimeUnit.SECONDS);
    answer.say(wire.opening());
    answer.say(wire.text("a"));
    assertThat(heard.next()).isEqualTo(new Delta("a"));
    call.cancel().get(1, TimeUnit.SECONDS);

    answer.closed().get(5, TimeUnit.SECONDS);
    assertThat(heard.silent()).isTrue();
  }

  @Test
  void closesItsRequestWhenItIsCanceledBeforeAnythingWasSaid() throws Exception {
    var told = site.standIn.thenAsTold();
    var call = site.ask(WIRE, hi(), heard);
    var answer = told.get(10, TimeUnit.SECONDS);
    call.cancel().get(1, TimeUnit.SECONDS);

    answer.closed().get(5, TimeUnit.SECONDS);
    assertThat(heard.silent()).isTrue();
  }

  @Test
  void givesUpAProviderThatIsSilentOrTooSlow() throws Exception {
    of(new ProviderSite(4, 1, Duration.ofMillis(200)));
    var told = site.standIn.thenAsTold();
    var call = site.ask(WIRE, hi(), heard);
    var answer = told.get(10, TimeUnit.SECONDS);
    answer.say(WIRE.opening());
    answer.say(WIRE.text("a"));
    assertThat(heard.next()).isEqualTo(new Delta("a"));
    while (heard.silent()) call.look(System.nanoTime());

    assertThat(((Failed) heard.last()).code()).isEqualTo(ErrorCode.LLM_TIMEOUT);
    answer.closed().get(5, TimeUnit.SECONDS);
    var slow = site.standIn.thenAsTold();
    call = site.ask(WIRE, ProviderSite.asked(1_000, 50), heard);
    while (heard.silent()) call.look(System.nanoTime());
    assertThat(((Failed) heard.last()).code()).isEqualTo(ErrorCode.LLM_TIMEOUT);
    assertThat(slow).isNotNull();
  }

  @Test
  void readsNoMoreOfAProviderThanSomebodyHears() throws Exception {
    var told = site.standIn.thenAsTold();
    var room = new Semaphore(0);
    var taken = new AtomicInteger();
    site.provider(WIRE)
        .ask(
            hi(),
            ProviderSite.KEY,
            chunk -> {
              room.acquireUninterruptibly();
              taken.incrementAndGet();
              heard.accept(chunk);
            });
    var answer = told.get(10, TimeUnit.SECONDS);
    answer.say(WIRE.opening());
    var piece = WIRE.text("x".repeat(60_000));
    int said = 0;
    while (!answer.full() && said < 1_000) {
      answer.say(piece);
      said++;
      // The kernel's buffers take some of it.
      answer.written();
    }
    assertThat(answer.full()).as("the provider has to wait after %d pieces", said).isTrue();
    assertThat(taken).hasValue(0);
    room.release(1_000_000);
    answer.end();
    assertThat(heard.last()).isEqualTo(new Finish(Reason.LENGTH));
  }

  @Test
  void letsNoMoreCallsRunAtOnceThanItMay() throws Exception {
    of(new ProviderSite(1, 1, Duration.ofSeconds(30)));
    var told = site.standIn.thenAsTold();
    site.standIn.thenSay(whole(WIRE, "second"));
    site.ask(WIRE, hi(), heard);
    var answer = told.get(10, TimeUnit.SECONDS);
    var second = new Heard();
    var secondCall = site.ask(WIRE, hi(), second);
    var waiting = site.meters.get("vespid.engine.waiting").tag("engine", WIRE.name()).gauge();
    while (waiting.value() < 1) Thread.onSpinWait();
    var third = refused();

    // One may wait; more are refused at once.
    assertThat(third.code()).isEqualTo(ErrorCode.ENGINE_UNAVAILABLE);
    assertThat(site.standIn.unread()).isEqualTo(1);
    for (var event : whole(WIRE, "first")) answer.say(event);
    answer.end();
    assertThat(heard.last()).isEqualTo(new Finish(Reason.STOP));
    assertThat(second.rest()).contains(new Delta("second"));
    assertThat(secondCall.ended()).succeedsWithin(Duration.ofSeconds(5));
  }

  private Failed refused() throws InterruptedException {
    var third = new Heard();
    site.ask(WIRE, hi(), third);
    return (Failed) third.last();
  }

  @Test
  void leavesAProviderAloneThatFailsMostOfItsCalls() throws Exception {
    of(new ProviderSite(4, 0, Duration.ofSeconds(30)));
    List<String> errors = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      site.standIn.thenRefuse(500, null, "boom");
      var one = new Heard();
      site.ask(WIRE, hi(), one);
      errors.add(((Failed) one.last()).error());
    }

    assertThat(errors.subList(0, 10)).containsOnly("OPENAI_REQUEST_FAILED:500");
    assertThat(errors.subList(10, 12)).containsOnly("OPENAI_UNAVAILABLE");
    assertThat(site.standIn.unread()).isEqualTo(10);
  }
}
