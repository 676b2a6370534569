package ai.vespid.gateway.sessions;

import ai.vespid.kit.engine.Engine;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.engine.Chunk;
import ai.vespid.protocol.engine.Chunk.ToolCall;
import ai.vespid.protocol.engine.Inference;
import ai.vespid.protocol.engine.Inference.Said;
import ai.vespid.protocol.engine.Inference.Tool;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;

/** What a session's engine says in one turn: asked, streamed to viewers, put together. */
final class Thought {
  /** What the engine said in one go. */
  record Spoken(String text, List<ToolCall> calls) {}

  private final World world;
  private final Session session;
  private final Turn turn;
  private final long deadlineMs;
  private final Speech speech;
  private List<Tool> hosted = List.of();
  private Engine.Call call;
  private boolean canceled;
  private long inputTokens;
  private long outputTokens;

  Thought(World world, Session session, Turn turn, long deadlineMs) {
    this.world = world;
    this.session = session;
    this.turn = turn;
    this.deadlineMs = deadlineMs;
    this.speech = new Speech(world, session, turn);
  }

  /** From now on the engine knows these tools of the host. */
  void knows(List<Tool> tools) {
    hosted = tools;
  }

  Future<Spoken> think() {
    var engine = world.engines().find(session.row().engineId());
    if (engine.isEmpty()) {
      return TurnFailure.future(
          ErrorCode.EXECUTOR_UNSUPPORTED_ENGINE,
          "no engine " + session.row().engineId() + " is here");
    }
    return world
        .keys()
        .of(session.row())
        .compose(key -> ask(engine.get(), question(key == null ? null : key.value())));
  }

  private Future<Spoken> ask(Engine engine, Inference question) {
    if (canceled) return TurnFailure.over();
    var hearing = new Hearing();
    call = engine.infer(question, hearing::hear);
    return hearing.spoken.future().onComplete(_ -> call = null);
  }

  /** What the turn cost so far; null when no engine said so. */
  Payloads.Usage usage() {
    return inputTokens + outputTokens == 0 ? null : new Payloads.Usage(inputTokens, outputTokens);
  }

  private Inference question(String key) {
    var row = session.row();
    var limits = row.limits();
    var said = new ArrayList<Said>();
    if (row.promptSystem() != null) said.add(new Inference.System(row.promptSystem()));
    said.add(new Inference.System(row.promptInstructions()));
    said.addAll(session.history().told(turn, limits.maxRuntimeChars()));
    long leftMs = Math.max(1, deadlineMs - world.here().nowMs());
    return new Inference(
        row.engineId(),
        row.model(),
        said,
        Tools.described(row.toolsAllow(), hosted),
        limits.maxOutputChars(),
        (int) leftMs,
        key);
  }

  Future<?> cancel() {
    canceled = true;
    return call == null ? Future.succeededFuture() : call.cancel();
  }

  /** Puts one answer together. */
  private final class Hearing {
    private final Promise<Spoken> spoken = Promise.promise();
    private final StringBuilder text = new StringBuilder();
    private final List<ToolCall> calls = new ArrayList<>();

    void hear(Chunk chunk) {
      switch (chunk) {
        case Chunk.Delta(var piece) -> add(piece);
        case ToolCall wanted -> calls.add(wanted);
        case Chunk.Usage(var in, var out) -> {
          inputTokens += in;
          outputTokens += out;
        }
        case Chunk.Finish _ -> spoken.tryComplete(new Spoken(text.toString(), calls));
        case Chunk.Failed(var code, var message, var _) ->
            spoken.tryFail(new TurnFailure(code, message));
      }
    }

    private void add(String piece) {
      int room = session.row().limits().maxOutputChars() - text.length();
      if (piece.length() > room) {
        if (room > 0) say(piece.substring(0, room));
        call.cancel();
        spoken.tryComplete(new Spoken(text.toString(), calls));
      } else {
        say(piece);
      }
    }

    private void say(String piece) {
      text.append(piece);
      speech.say(piece);
    }
  }
}
