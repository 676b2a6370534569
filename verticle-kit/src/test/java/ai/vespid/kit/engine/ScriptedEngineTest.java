package ai.vespid.kit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.engine.Chunk;
import ai.vespid.protocol.engine.Chunk.Delta;
import ai.vespid.protocol.engine.Chunk.Failed;
import ai.vespid.protocol.engine.Chunk.Finish;
import ai.vespid.protocol.engine.Chunk.Reason;
import ai.vespid.protocol.engine.Chunk.ToolCall;
import ai.vespid.protocol.engine.Inference;
import ai.vespid.protocol.engine.Inference.Assistant;
import ai.vespid.protocol.engine.Inference.Said;
import ai.vespid.protocol.engine.Inference.ToolResult;
import ai.vespid.protocol.engine.Inference.User;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The rules, with a clock that is turned by hand. */
final class ScriptedEngineTest {
  private record Later(long delayMs, Runnable action) {}

  private final Deque<Later> later = new ArrayDeque<>();
  private final List<Chunk> said = new ArrayList<>();
  private long waitedMs;

  private Engine.Call ask(Said... said) {
    var engine = new ScriptedEngine((delay, action) -> later.add(new Later(delay, action)));
    return engine.infer(
        new Inference(ScriptedEngine.ID, null, List.of(said), List.of(), 1_000, 1_000),
        this.said::add);
  }

  private List<Chunk> answer(Said... said) {
    ask(said);
    while (!later.isEmpty()) turn();
    return this.said;
  }

  private void turn() {
    var next = later.poll();
    waitedMs += next.delayMs();
    next.action().run();
  }

  private static String text(List<Chunk> chunks) {
    return chunks.stream()
        .filter(Delta.class::isInstance)
        .map(chunk -> ((Delta) chunk).text())
        .collect(Collectors.joining());
  }

  @Test
  void saysInPiecesThatItIsScriptedAndWhatWasSaid() {
    var chunks = answer(new User("hello  there"));

    assertThat(text(chunks)).isEqualTo("[scripted] You said: hello  there");
    assertThat(chunks).filteredOn(Delta.class::isInstance).hasSizeGreaterThan(3);
    assertThat(chunks.getLast()).isEqualTo(new Finish(Reason.STOP));
  }

  @Test
  void streamsNumbersAtARate() {
    var chunks = answer(new User("stream 5 33"));

    assertThat(text(chunks)).isEqualTo("[scripted] 1 2 3 4 5");
    assertThat(waitedMs).isEqualTo(1 + 5 * 33 + 2);
  }

  @Test
  void callsOneToolAfterTheOther() {
    var message = new User("run uname\ncall connector.github.issue {\"a\":1}");
    var first = new ToolCall("call-0", "shell.run", RawJson.of("{\"script\":\"uname\"}"));
    assertThat(answer(message)).containsExactly(first, new Finish(Reason.TOOL_CALLS));
    said.clear();
    var done = new ToolResult("call-0", "shell.run", false, "Linux");

    assertThat(answer(message, new Assistant("", List.of(first)), done))
        .containsExactly(
            new ToolCall("call-1", "connector.github.issue", RawJson.of("{\"a\":1}")),
            new Finish(Reason.TOOL_CALLS));
  }

  @Test
  void tellsWhatToolsAnsweredAndWhatWasSaidBefore() {
    var call = new ToolCall("call-0", "shell.run", RawJson.of("{}"));
    var chunks =
        answer(
            new User("my name is Ada"),
            new Assistant("ok", List.of()),
            new User("run uname\nrecall"),
            new Assistant("", List.of(call)),
            new ToolResult("call-0", "shell.run", false, "Linux"));

    assertThat(text(chunks))
        .isEqualTo("[scripted] shell.run answered: Linux\nSo far you said:\n- my name is Ada");
  }

  @Test
  void saysBackACallWhoseInputIsNoJson() {
    assertThat(text(answer(new User("call shell.run {oops}"))))
        .isEqualTo("[scripted] You said: call shell.run {oops}");
  }

  @Test
  void waitsAndFailsWhenItIsToldTo() {
    assertThat(answer(new User("wait 700\nfail"))).singleElement().isInstanceOf(Failed.class);
    assertThat(waitedMs).isEqualTo(700);
  }

  @Test
  void saysNothingMoreOnceItIsCanceled() {
    var call = ask(new User("hello there"));
    turn();
    assertThat(call.cancel().succeeded()).isTrue();
    while (!later.isEmpty()) turn();

    assertThat(said).hasSize(1);
  }
}
