package ai.vespid.worker.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.workflow.Definition;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * One history of a run: workers die between any two commands, stall and come back, while others
 * claim their run. What happens is decided by a seed.
 */
final class CrashHistory {
  private static final int MOVES_MAX = 5_000;

  /** One worker that holds, or believes to hold, the run. */
  private static final class Worker {
    final RunMachine machine;
    final int epoch;
    final List<Effect> toDo = new ArrayList<>();

    Worker(RunMachine machine, int epoch) {
      this.machine = machine;
      this.epoch = epoch;
    }
  }

  private final Random random;
  final Row row;
  private final List<Worker> workers = new ArrayList<>();
  // The gateway: what it has, and what came of it. Doing the same id twice is doing it once.
  private final Map<String, DispatchResult> gateway = new HashMap<>();
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");

  CrashHistory(int seed) {
    random = new Random(seed);
    row = new Row(flow(), "{\"go\":" + random.nextBoolean() + "}");
  }

  private static Definition flow() {
    return new Flows()
        .http("a", "x", "z")
        .remote("r1", "r2", "r3")
        .condition("c", "go", true)
        .join("j")
        .chain("a", "r1", "j")
        .chain("a", "r2", "j")
        .chain("a", "x", "j")
        .chain("j", "c")
        .edge("c", "z", "cond_true")
        .edge("c", "r3", "cond_false")
        .done();
  }

  /** Plays it to its end. */
  void run(int seed) {
    int moves = 0;
    while (!row.status.terminal()) {
      assertThat(++moves).as("seed %d never ends: %s", seed, row.told()).isLessThan(MOVES_MAX);
      move();
      assertThat(row.successes.values()).as("seed %d: %s", seed, row.told()).allMatch(n -> n == 1);
    }
    long ends = row.told().stream().filter(told -> told.matches("run_(succeeded|failed)")).count();
    assertThat(ends).as("seed %d ends once: %s", seed, row.told()).isEqualTo(1);
  }

  private void move() {
    int dice = random.nextInt(100);
    if (dice < 4) now = now.plusSeconds(random.nextInt(4));
    if (dice < 15 || workers.isEmpty()) claim();
    else if (dice < 25) workers.remove(random.nextInt(workers.size()));
    else if (dice < 45) finishSomethingRemote();
    else act(workers.get(random.nextInt(workers.size())));
  }

  // Due when everybody let go, or the lease of whoever holds it ran out, which may be any time.
  private void claim() {
    if (workers.isEmpty() && row.due.isAfter(now)) {
      // Mostly something comes before its time is over.
      if (random.nextInt(20) > 0) finishSomethingRemote();
      else now = row.due;
      return;
    }
    row.epoch++;
    var worker = new Worker(row.machine(NodePolicy.ALLOW_ALL), row.epoch);
    workers.add(worker);
    worker.machine.claimed(List.copyOf(row.nodes.values()), now);
    commit(worker);
  }

  private void commit(Worker worker) {
    var turn = worker.machine.turn();
    if (!row.commit(worker.epoch, turn)) {
      workers.remove(worker);
      return;
    }
    worker.toDo.addAll(turn.effects());
    if (!(turn.hold() instanceof Turn.Hold.Keep)) workers.remove(worker);
  }

  private void finishSomethingRemote() {
    var open = gateway.entrySet().stream().filter(e -> e.getValue() == null).toList();
    if (!open.isEmpty()) open.get(random.nextInt(open.size())).setValue(outcome());
    gateway.forEach((id, result) -> {
      if (result != null && random.nextBoolean()) row.deliver(id, result);
    });
  }

  private DispatchResult outcome() {
    return random.nextInt(15) == 0
        ? DispatchResult.failed("BROKEN", null)
        : DispatchResult.succeeded(RawJson.of("1"));
  }

  private void act(Worker worker) {
    var machine = worker.machine;
    if (!worker.toDo.isEmpty()) {
      switch (worker.toDo.remove(random.nextInt(worker.toDo.size()))) {
        case Effect.Execute e -> machine.executed(e.nodeId(), e.attempt(), outcome(), now);
        case Effect.Send s -> send(machine, s);
        case Effect.Cancel c -> gateway.remove(c.requestId());
      }
    } else {
      machine.arrived(List.copyOf(row.nodes.values()), now);
    }
    if (machine.urgent() || machine.idle()) commit(worker);
  }

  private void send(RunMachine machine, Effect.Send send) {
    boolean committed = row.nodes.containsKey(send.nodeId());
    assertThat(committed).as("sent before it was committed: %s", send).isTrue();
    gateway.putIfAbsent(send.requestId(), null);
    machine.taken(send.nodeId(), send.requestId());
  }
}
