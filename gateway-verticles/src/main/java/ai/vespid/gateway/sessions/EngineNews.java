package ai.vespid.gateway.sessions;

import ai.vespid.gateway.sessions.EngineAnswer.ToolUsed;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.ResultStatus;
import ai.vespid.protocol.engine.Chunk.ToolCall;
import ai.vespid.protocol.executor.ExecutorFrame.Event;
import ai.vespid.protocol.session.SessionEvent;
import io.vertx.core.Future;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * What an engine of the host says and does in one attempt at a turn: its words go to viewers as
 * they come, its uses of tools become events of the session, in their order and each once.
 */
final class EngineNews {
  // Tells the calls of one attempt apart from those of the next; no agent makes so many.
  private static final int CALLS_MAX = 1_000;

  /** What a delta, a message, a call and its result have in them. */
  private record Said(
      String delta,
      String content,
      Integer callIndex,
      String toolId,
      RawJson input,
      String status,
      RawJson output) {}

  private final Session session;
  private final Steps steps;
  private final Speech speech;
  private final int attempt;
  private final Set<String> known = new HashSet<>();
  private Future<?> stored = Future.succeededFuture();
  private Runnable onComplete = () -> {};
  private int heardSeq;
  private boolean complete;
  // A text that something followed was not the answer.
  private String pending = "";
  private int pendingSeq;

  EngineNews(Session session, Turn turn, Steps steps, Speech speech, int attempt) {
    this.session = session;
    this.steps = steps;
    this.speech = speech;
    this.attempt = attempt;
    // An owner before this one may have heard the beginning.
    for (var row : session.history().steps(turn)) {
      var type = row.event().eventType();
      if (type.equals(SessionEvent.TOOL_CALL) || type.equals(SessionEvent.TOOL_RESULT)) {
        var step = Payloads.Tool.read(row.event().payload()).stream();
        known.add(key(type, step.callIndex()));
      }
    }
  }

  private static String key(String type, int index) {
    return type + ':' + index;
  }

  /** Some of it was heard, and not its end. */
  boolean expectsMore() {
    return heardSeq > 0 && !complete;
  }

  void whenComplete(Runnable then) {
    onComplete = then;
  }

  void hear(RawJson json) {
    try {
      var event = Json.read(json.bytes(), Event.class);
      if (event.seq() <= heardSeq) return;
      heardSeq = event.seq();
      hear(event);
    } catch (InvalidMessage e) {
      // An agent says what it likes; what nobody understands is not shown.
    }
  }

  private void hear(Event event) {
    switch (event.kind()) {
      case "agent.assistant_delta" -> speak(said(event).delta());
      // As the original's agents say it.
      case "turn_delta" -> speak(event.message());
      case "agent.assistant_message" -> {
        note();
        pending = said(event).content() == null ? "" : said(event).content();
        pendingSeq = event.seq();
      }
      case "agent.tool_call" -> {
        note();
        var said = said(event);
        used(new ToolUsed(index(said), said.toolId(), "running", said.input(), null));
      }
      case "agent.tool_result" -> {
        var said = said(event);
        used(new ToolUsed(index(said), said.toolId(), said.status(), null, said.output()));
      }
      case "agent.final" -> {
        complete = true;
        onComplete.run();
      }
      default -> {}
    }
  }

  private static Said said(Event event) {
    if (event.payload() == null) throw new InvalidMessage("payload", "is required");
    return Json.read(event.payload().bytes(), Said.class);
  }

  private static int index(Said said) {
    return said.callIndex() == null ? 0 : said.callIndex();
  }

  private void speak(String piece) {
    if (piece != null && !piece.isEmpty()) speech.say(piece);
  }

  private void note() {
    if (pending.isEmpty()) return;
    var text = pending;
    var key = attempt + "-" + pendingSeq;
    pending = "";
    then(() -> steps.note(text, key));
  }

  private void used(ToolUsed use) {
    int max = Math.min(CALLS_MAX, session.row().limits().maxToolCalls());
    if (use.toolId() == null || use.callIndex() < 1 || use.callIndex() > max) return;
    int index = (attempt - 1) * CALLS_MAX + use.callIndex() - 1;
    if (known.add(key(SessionEvent.TOOL_CALL, index))) then(() -> steps.store(call(use, index)));
    if (use.ended() && known.add(key(SessionEvent.TOOL_RESULT, index))) {
      then(() -> steps.store(result(use, index)));
    }
  }

  // One after the other; who cannot store any more has lost the turn.
  private void then(Supplier<Future<?>> store) {
    stored = stored.compose(_ -> store.get());
  }

  private Payloads.Step call(ToolUsed use, int index) {
    var input = use.input() == null ? RawJson.of("{}") : cut(use.input());
    return Payloads.Step.called(index, new ToolCall(id(index), use.toolId(), input));
  }

  private Payloads.Step result(ToolUsed use, int index) {
    var status = "succeeded".equals(use.status()) ? ResultStatus.SUCCEEDED : ResultStatus.FAILED;
    var result = new DispatchResult(status, cut(use.output()), null, null);
    return Payloads.Step.answered(index, id(index), use.toolId(), result);
  }

  private static String id(int index) {
    return "call-" + index;
  }

  private RawJson cut(RawJson value) {
    return ToolUse.cut(value, session.row().limits().maxOutputChars());
  }

  /** Completes when all that was heard is stored. */
  Future<?> stored() {
    return stored;
  }

  /** What the result tells of tools, as far as it was not heard. Completes when it is stored. */
  Future<?> missed(List<ToolUsed> all) {
    all.forEach(this::used);
    return stored;
  }
}
