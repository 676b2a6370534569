package ai.vespid.engine.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.engine.provider.Heard;
import ai.vespid.engine.provider.Wire;
import ai.vespid.kit.bus.Fault;
import ai.vespid.kit.crypto.SecretsUnderWay;
import ai.vespid.kit.engine.Engine;
import ai.vespid.kit.engine.RunnerEngine;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.bus.EngineRunner;
import ai.vespid.protocol.engine.Chunk;
import ai.vespid.protocol.engine.Chunk.Delta;
import ai.vespid.protocol.engine.Chunk.Failed;
import ai.vespid.protocol.engine.Chunk.Finish;
import ai.vespid.protocol.engine.Chunk.Reason;
import ai.vespid.protocol.engine.Inference;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Questions over the bus, as a turn asks them. */
final class EngineRunnerTest {
  private static final Wire WIRE = Wire.OPENAI;
  private static final Duration ASK_MAX = Duration.ofSeconds(5);

  private final RunnerSite site = new RunnerSite();
  private final Heard heard = new Heard();

  @AfterEach
  void close() {
    site.close();
  }

  private Engine.Call ask(Inference asked) {
    var engine = new RunnerEngine(site.here);
    return Future.<Engine.Call>future(
            done -> site.context.runOnContext(_ -> done.complete(engine.infer(asked, heard))))
        .await();
  }

  private void sayWhole(String text) {
    var closing = WIRE.closing(WIRE.stop(), 7, 3);
    site.standIn.thenSay(WIRE.opening(), WIRE.text(text), closing[0], closing[1], closing[2]);
  }

  @Test
  void streamsWhatAModelSaysOverTheBus() throws Exception {
    var told = site.standIn.thenAsTold();
    ask(RunnerSite.hi(null));
    var answer = told.get(10, TimeUnit.SECONDS);
    answer.say(WIRE.opening());
    for (var piece : List.of("one ", "two ", "three")) {
      answer.say(WIRE.text(piece));
      assertThat(heard.next()).isEqualTo(new Delta(piece));
    }
    for (var event : WIRE.closing(WIRE.stop(), 7, 3)) answer.say(event);
    answer.end();

    assertThat(heard.rest()).containsExactly(new Chunk.Usage(7, 3), new Finish(Reason.STOP));
  }

  @Test
  void asksWithTheKeyOfTheSessionElseWithTheOperators() throws Exception {
    sayWhole("a");
    sayWhole("b");
    ask(RunnerSite.hi(null));
    assertThat(heard.last()).isEqualTo(new Finish(Reason.STOP));
    assertThat(site.standIn.await().headers().get("Authorization"))
        .isEqualTo("Bearer " + RunnerSite.OPERATORS_KEY);
    var sealed = new SecretsUnderWay(Optional.of(site.envelope)).seal("sk-of-the-session");
    ask(RunnerSite.hi(sealed));

    assertThat(heard.last()).isEqualTo(new Finish(Reason.STOP));
    assertThat(site.standIn.await().headers().get("Authorization"))
        .isEqualTo("Bearer sk-of-the-session");
  }

  @Test
  void neverUsesAnotherKeyInThePlaceOfOneThatCannotBeOpened() throws Exception {
    ask(RunnerSite.hi("sealed:AAAA"));

    assertThat(((Failed) heard.last()).code()).isEqualTo(ErrorCode.LLM_AUTH_NOT_CONFIGURED);
    assertThat(site.standIn.unread()).isZero();
  }

  @Test
  void saysThatItHasNoSuchEngine() throws Exception {
    var asked = RunnerSite.hi(null);
    ask(
        new Inference(
            "llm.nothing", "m", asked.said(), asked.tools(), asked.outputCharsMax(), 1_000));

    assertThat(((Failed) heard.last()).code()).isEqualTo(ErrorCode.EXECUTOR_UNSUPPORTED_ENGINE);
  }

  @Test
  void closesTheRequestToTheProviderWhenATurnIsCanceled() throws Exception {
    var told = site.standIn.thenAsTold();
    var call = ask(RunnerSite.hi(null));
    var answer = told.get(10, TimeUnit.SECONDS);
    answer.say(WIRE.opening());
    answer.say(WIRE.text("a"));
    assertThat(heard.next()).isEqualTo(new Delta("a"));
    call.cancel().await();

    answer.closed().get(1, TimeUnit.SECONDS);
    assertThat(heard.silent()).isTrue();
  }

  @Test
  void repeatsWhatALostMessageHeld() throws Exception {
    sayWhole("whole");
    var at = EngineRunner.at("n", 0);
    var bus = site.local.bus();
    bus.ask(at, new EngineRunner.Infer("c", RunnerSite.hi(null)), ASK_MAX).await();
    // Said again it is joined: one question goes out.
    bus.ask(at, new EngineRunner.Infer("c", RunnerSite.hi(null)), ASK_MAX).await();
    EngineRunner.Said first;
    do {
      first = bus.ask(at, new EngineRunner.Read("c", 0), ASK_MAX).await();
    } while (first.chunks().size() < 3);
    var again = bus.ask(at, new EngineRunner.Read("c", 0), ASK_MAX).await();
    var rest = bus.ask(at, new EngineRunner.Read("c", 2), ASK_MAX).await();

    assertThat(again).isEqualTo(first);
    assertThat(rest.from()).isEqualTo(2);
    assertThat(rest.chunks()).containsExactly(new Finish(Reason.STOP));
    assertThat(site.standIn.unread()).isEqualTo(1);
    assertThatThrownBy(() -> bus.ask(at, new EngineRunner.Read("other", 0), ASK_MAX).await())
        .isInstanceOf(Fault.class);
  }

  @Test
  void failsAnAnswerWhoseRunnerGoesWhileItIsHeard() throws Exception {
    var told = site.standIn.thenAsTold();
    ask(RunnerSite.hi(null));
    var answer = told.get(10, TimeUnit.SECONDS);
    answer.say(WIRE.opening());
    answer.say(WIRE.text("a"));
    assertThat(heard.next()).isEqualTo(new Delta("a"));
    site.stopRunner();

    assertThat(((Failed) heard.last()).code()).isEqualTo(ErrorCode.ENGINE_UNAVAILABLE);
    answer.closed().get(5, TimeUnit.SECONDS);
  }

  @Test
  void holdsNoMoreThanAWindowOfWhatNobodyReads() throws Exception {
    var told = site.standIn.thenAsTold();
    var bus = site.local.bus();
    var at = EngineRunner.at("n", 0);
    bus.ask(at, new EngineRunner.Infer("c", RunnerSite.hi(null)), ASK_MAX).await();
    var answer = told.get(10, TimeUnit.SECONDS);
    answer.say(WIRE.opening());
    var piece = "x".repeat(8 * 1024);
    for (int i = 0; i < 64; i++) answer.say(WIRE.text(piece));
    for (var event : WIRE.closing(WIRE.stop(), 7, 3)) answer.say(event);
    answer.end();
    long seen = 0;
    int chars = 0;
    boolean ended = false;
    while (!ended) {
      var said = bus.ask(at, new EngineRunner.Read("c", seen), ASK_MAX).await();
      int batch = said.chunks().stream().mapToInt(Chunk::chars).sum();
      assertThat(batch).isLessThanOrEqualTo(HeldCall.WINDOW_CHARS);
      for (var chunk : said.chunks()) {
        if (chunk instanceof Delta(var text)) chars += text.length();
        ended |= chunk.last();
      }
      seen = said.from() + said.chunks().size();
    }

    assertThat(chars).isEqualTo(64 * 8 * 1024);
  }
}
