package ai.vespid.kit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.kit.bus.Fault;
import ai.vespid.kit.bus.LocalBus;
import ai.vespid.kit.http.Ports;
import ai.vespid.kit.node.Member;
import ai.vespid.kit.node.Membership;
import ai.vespid.kit.node.Node;
import ai.vespid.kit.node.Occupancy;
import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.bus.Done;
import ai.vespid.protocol.bus.EngineRunner;
import ai.vespid.protocol.bus.EngineRunner.Begun;
import ai.vespid.protocol.bus.EngineRunner.Cancel;
import ai.vespid.protocol.bus.EngineRunner.Infer;
import ai.vespid.protocol.bus.EngineRunner.Read;
import ai.vespid.protocol.bus.EngineRunner.Refused;
import ai.vespid.protocol.bus.EngineRunner.Reply;
import ai.vespid.protocol.bus.EngineRunner.Said;
import ai.vespid.protocol.bus.Message;
import ai.vespid.protocol.engine.Chunk;
import ai.vespid.protocol.engine.Chunk.Delta;
import ai.vespid.protocol.engine.Chunk.Failed;
import ai.vespid.protocol.engine.Chunk.Finish;
import ai.vespid.protocol.engine.Chunk.Reason;
import ai.vespid.protocol.engine.Inference;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two runners, each of which does what the test wants. */
final class RunnerEngineTest {
  private static final Said WHOLE =
      new Said(0, List.of(new Delta("hello"), new Finish(Reason.STOP)));

  private final LocalBus local = new LocalBus();
  private final List<Integer> asked = new ArrayList<>();
  private final List<Integer> canceled = new ArrayList<>();
  private Function<Integer, Reply> infer = _ -> new Begun();
  private Function<Read, Future<Said>> read = _ -> Future.succeededFuture(WHOLE);
  private Surroundings here;

  @BeforeEach
  void serve() {
    var self = new Member("n", "n", 1, 1, 1, 2, Member.State.SERVING);
    var node =
        new Node(
            "n",
            "n",
            new Membership(self, true),
            new Occupancy(),
            new Ports(),
            new SimpleMeterRegistry(),
            InstantSource.system(),
            Map.of());
    here = Surroundings.of(local.vertx(), node);
    for (int shard = 0; shard < 2; shard++) {
      int at = shard;
      local.bus().serve(EngineRunner.at("n", shard), 100, request -> receive(at, request)).await();
    }
  }

  @AfterEach
  void close() {
    local.close();
  }

  private Future<? extends Message> receive(int shard, EngineRunner<?> request) {
    return switch (request) {
      case Infer _ -> {
        asked.add(shard);
        yield Future.succeededFuture(infer.apply(asked.size()));
      }
      case Read wanted -> read.apply(wanted);
      case Cancel _ -> {
        canceled.add(shard);
        yield Future.succeededFuture(new Done());
      }
    };
  }

  private List<Chunk> ask() throws Exception {
    var heard = new ArrayList<Chunk>();
    var ended = new CompletableFuture<List<Chunk>>();
    var question = new Inference("llm.x", "m", List.of(), List.of(), 1_000, 10_000);
    local
        .vertx()
        .runOnContext(_ ->
            new RunnerEngine(here)
                .infer(
                    question,
                    chunk -> {
                      heard.add(chunk);
                      if (chunk.last()) ended.complete(heard);
                    }));
    return ended.get(20, TimeUnit.SECONDS);
  }

  @Test
  void asksAnotherRunnerWhenOneIsFull() throws Exception {
    infer = n -> n == 1 ? new Refused(ErrorCode.ENGINE_UNAVAILABLE, "full") : new Begun();

    assertThat(ask()).isEqualTo(WHOLE.chunks());
    assertThat(asked).containsExactlyInAnyOrder(0, 1);
  }

  @Test
  void asksNobodyElseWhatARunnerRefusesForGood() throws Exception {
    infer = _ -> new Refused(ErrorCode.EXECUTOR_UNSUPPORTED_ENGINE, "no such engine");

    assertThat(ask())
        .containsExactly(new Failed(ErrorCode.EXECUTOR_UNSUPPORTED_ENGINE, "no such engine"));
    assertThat(asked).hasSize(1);
  }

  @Test
  void asksAnotherRunnerWhenOneIsGoneBeforeItSaidAnything() throws Exception {
    read =
        _ ->
            asked.size() == 1
                ? Future.failedFuture(new Fault(Fault.Code.NOT_FOUND, "started anew"))
                : Future.succeededFuture(WHOLE);

    assertThat(ask()).isEqualTo(WHOLE.chunks());
    assertThat(asked).hasSize(2);
    assertThat(canceled).containsExactly(asked.getFirst());
  }

  @Test
  void failsAnAnswerOfWhichSomethingWasHeard() throws Exception {
    read =
        wanted ->
            wanted.seen() == 0
                ? Future.succeededFuture(new Said(0, List.of(new Delta("half"))))
                : Future.failedFuture(new Fault(Fault.Code.NOT_FOUND, "started anew"));
    var heard = ask();

    assertThat(heard.getFirst()).isEqualTo(new Delta("half"));
    assertThat(((Failed) heard.getLast()).code()).isEqualTo(ErrorCode.ENGINE_UNAVAILABLE);
    assertThat(asked).hasSize(1);
  }

  @Test
  void hearsOnceWhatIsSaidTwice() throws Exception {
    var first = new Said(0, List.of(new Delta("a"), new Delta("b")));
    var again =
        new Said(
            0, List.of(new Delta("a"), new Delta("b"), new Delta("c"), new Finish(Reason.STOP)));
    read = wanted -> Future.succeededFuture(wanted.seen() == 0 ? first : again);

    assertThat(ask())
        .containsExactly(new Delta("a"), new Delta("b"), new Delta("c"), new Finish(Reason.STOP));
  }

  @Test
  void saysWhenAllAreFull() throws Exception {
    infer = _ -> new Refused(ErrorCode.ENGINE_UNAVAILABLE, "full");

    assertThat(ask()).containsExactly(new Failed(ErrorCode.ENGINE_UNAVAILABLE, "full"));
    assertThat(asked).hasSize(2);
  }
}
