package ai.vespid.worker.agents;

import ai.vespid.kit.engine.Engine;
import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.engine.Chunk;
import ai.vespid.protocol.engine.Chunk.ToolCall;
import ai.vespid.protocol.engine.Inference;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Puts one answer of an engine together; what is longer than it may be is not heard to its end. */
final class Hearing {
  private static final long LOOK_MS = 250;

  private final Surroundings here;
  private final long deadlineMs;
  private final BooleanSupplier wanted;
  private final Promise<AgentStep.Answered> answered = Promise.promise();
  private final StringBuilder text = new StringBuilder();
  private final List<ToolCall> calls = new ArrayList<>();
  private Engine.Call call;
  private int charsMax;
  private long inputTokens;
  private long outputTokens;

  /**
   * @param wanted false when nobody wants the answer any more
   */
  Hearing(Surroundings here, long deadlineMs, BooleanSupplier wanted) {
    this.here = here;
    this.deadlineMs = deadlineMs;
    this.wanted = wanted;
  }

  /** Its answer; fails with {@link AgentFailed}. */
  Future<AgentStep.Answered> of(Engine engine, Inference question) {
    charsMax = question.outputCharsMax();
    call = engine.infer(question, this::hear);
    watch();
    return answered.future();
  }

  private void watch() {
    here.later(
        LOOK_MS,
        () -> {
          if (answered.future().isComplete()) return;
          boolean late = here.nowMs() >= deadlineMs;
          if (!late && wanted.getAsBoolean()) {
            watch();
          } else {
            call.cancel();
            var over = late ? ErrorCode.LLM_TIMEOUT : ErrorCode.RUN_CANCELED;
            answered.tryFail(new AgentFailed(over.name()));
          }
        });
  }

  private void hear(Chunk chunk) {
    switch (chunk) {
      case Chunk.Delta(var piece) -> add(piece);
      case ToolCall wish -> calls.add(wish);
      case Chunk.Usage(var in, var out) -> {
        inputTokens += in;
        outputTokens += out;
      }
      case Chunk.Finish _ -> end();
      case Chunk.Failed failed -> answered.tryFail(new AgentFailed(failed.error()));
    }
  }

  private void add(String piece) {
    int room = charsMax - text.length();
    text.append(piece, 0, Math.min(room, piece.length()));
    if (piece.length() <= room) return;
    call.cancel();
    end();
  }

  private void end() {
    answered.tryComplete(new AgentStep.Answered(text.toString(), calls, inputTokens, outputTokens));
  }
}
