package ai.vespid.kit.engine;

import ai.vespid.kit.bus.Fault;
import ai.vespid.kit.node.Seat;
import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.bus.Address;
import ai.vespid.protocol.bus.EngineRunner;
import ai.vespid.protocol.bus.EngineRunner.Begun;
import ai.vespid.protocol.bus.EngineRunner.Cancel;
import ai.vespid.protocol.bus.EngineRunner.Infer;
import ai.vespid.protocol.bus.EngineRunner.Read;
import ai.vespid.protocol.bus.EngineRunner.Refused;
import ai.vespid.protocol.engine.Chunk;
import ai.vespid.protocol.engine.Inference;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Engines behind {@code engine-runner} verticles, on whichever node they are: one on the same node
 * is asked first, then the others in turn. As long as nothing was said another runner may take a
 * question whose runner is gone; later the answer is failed, because half of it was heard.
 */
public final class RunnerEngine implements Engine {
  /** What ids of engines that runners answer for begin with. */
  public static final String PREFIX = "llm.";

  private static final Duration BEGIN_MAX = Duration.ofSeconds(5);

  /** A read is answered within a second, when only to say that there is nothing. */
  private static final Duration READ_MAX = Duration.ofSeconds(3);

  private static final Duration CANCEL_MAX = Duration.ofSeconds(2);
  private static final int SILENCES_MAX = 3;

  private final Surroundings here;
  private int turn;

  public RunnerEngine(Surroundings here) {
    this.here = here;
  }

  @Override
  public Call infer(Inference asked, Consumer<Chunk> to) {
    var reading = new Reading(asked, to, seats());
    here.later(1, reading::begin);
    return reading;
  }

  private Deque<Seat> seats() {
    var near = new ArrayList<Seat>();
    var far = new ArrayList<Seat>();
    for (var seat : here.view().runners()) {
      (seat.node().equals(here.node()) ? near : far).add(seat);
    }
    var seats = new ArrayDeque<Seat>();
    turn++;
    for (int i = 0; i < near.size(); i++) seats.add(near.get((turn + i) % near.size()));
    for (int i = 0; i < far.size(); i++) seats.add(far.get((turn + i) % far.size()));
    return seats;
  }

  /** One question: given to a runner, read until its end. */
  private final class Reading implements Call {
    private final String callId = UUID.randomUUID().toString();
    private final Inference asked;
    private final Consumer<Chunk> to;
    private final Deque<Seat> left;
    private Seat seat;
    private Refused refused =
        new Refused(ErrorCode.ENGINE_UNAVAILABLE, "no engine runner is there");
    private long seen;
    private int silences;
    private boolean over;

    Reading(Inference asked, Consumer<Chunk> to, Deque<Seat> left) {
      this.asked = asked;
      this.to = to;
      this.left = left;
    }

    void begin() {
      if (over) return;
      seat = left.poll();
      if (seat == null) {
        fail(refused.code(), refused.message());
        return;
      }
      silences = 0;
      here.ask(at(), new Infer(callId, asked), BEGIN_MAX)
          .onSuccess(reply -> {
            switch (reply) {
              case Begun() -> read();
              case Refused no -> refused(no);
            }
          })
          .onFailure(cause -> {
            // It may have begun all the same.
            cancelThere();
            begin();
          });
    }

    private void refused(Refused no) {
      refused = no;
      if (no.code() == ErrorCode.ENGINE_UNAVAILABLE) begin();
      else fail(no.code(), no.message());
    }

    private void read() {
      if (over) return;
      here.ask(at(), new Read(callId, seen), READ_MAX)
          .onSuccess(said -> {
            silences = 0;
            hear(said);
            read();
          })
          .onFailure(cause -> silent(Fault.of(cause)));
    }

    private void hear(EngineRunner.Said said) {
      long at = said.from();
      for (var chunk : said.chunks()) {
        if (over) return;
        if (at++ < seen) continue;
        seen++;
        over = chunk.last();
        to.accept(chunk);
      }
    }

    private void silent(Fault fault) {
      if (over) return;
      boolean there = here.view().has(seat.node()) && fault.code() != Fault.Code.NOT_FOUND;
      if (there && ++silences < SILENCES_MAX) {
        read();
        return;
      }
      cancelThere();
      if (seen == 0) begin();
      else fail(ErrorCode.ENGINE_UNAVAILABLE, "the engine runner went away while it answered");
    }

    private void fail(ErrorCode code, String message) {
      if (over) return;
      over = true;
      to.accept(new Chunk.Failed(code, message));
    }

    private Address<EngineRunner<?>> at() {
      return EngineRunner.at(seat.node(), seat.shard());
    }

    private Future<Void> cancelThere() {
      if (seat == null) return Future.succeededFuture();
      // Who does not answer is dead, or cancels by itself because nobody reads.
      return here.ask(at(), new Cancel(callId), CANCEL_MAX).<Void>mapEmpty().otherwiseEmpty();
    }

    @Override
    public Future<Void> cancel() {
      if (over) return Future.succeededFuture();
      over = true;
      return cancelThere();
    }
  }
}
