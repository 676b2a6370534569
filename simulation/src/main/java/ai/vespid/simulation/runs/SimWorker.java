package ai.vespid.simulation.runs;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.RequestId;
import ai.vespid.protocol.workflow.Definition;
import ai.vespid.sql.RunNode;
import ai.vespid.sql.RunRepository.Advance;
import ai.vespid.sql.RunRepository.Advanced;
import ai.vespid.sql.RunRepository.Claimed;
import ai.vespid.sql.RunRepository.Held;
import ai.vespid.sql.RunRepository.Renewed;
import ai.vespid.worker.gateway.GatewayClient.Answer;
import ai.vespid.worker.workflow.RunnerShell;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * One life of a worker process: its runner and its continuation poller. Everything it begins ends
 * with it; while it stalls nothing of it happens, and all of it afterwards.
 */
final class SimWorker implements RunnerShell.Ports {
  private static final long SWEEP_MS = 1_000;
  private static final long POLL_MS = 2_000;
  private static final Duration AWAY_MAX = Duration.ofMinutes(5);
  private static final int WORK_MS_MAX = 1_000;

  private final String name;
  private final RunCluster cluster;
  private final RunWorld world;
  private final RunnerShell runner;
  private final Map<String, SimWorker> owners = new HashMap<>();
  private boolean alive = true;
  private long stalledUntilMs;

  SimWorker(String name, RunCluster cluster) {
    this.name = name;
    this.cluster = cluster;
    this.world = cluster.world();
    runner = new RunnerShell(this);
    if (cluster.mutant() != RunMutant.RUNS_NOT_SWEPT) every(SWEEP_MS, runner::sweep);
    every(RunnerShell.LEASE.toMillis() / 3, runner::renew);
    every(POLL_MS, this::poll);
  }

  boolean alive() {
    return alive;
  }

  void die() {
    alive = false;
    world.say(name, "dies");
  }

  void stall(long ms) {
    stalledUntilMs = Math.max(stalledUntilMs, world.millis() + ms);
    world.say(name, "stalls for " + ms);
  }

  /** Told to stop: it gives its runs back, and is gone when it has none, or when time is over. */
  void stop() {
    world.say(name, "stops");
    runner.leave();
    whenEmpty(world.millis() + 3_000);
  }

  private void whenEmpty(long untilMs) {
    if (runner.holdsNothing() || world.millis() >= untilMs) die();
    else after(20, () -> whenEmpty(untilMs));
  }

  @Override
  public InstantSource clock() {
    return world;
  }

  @Override
  public void after(long ms, Runnable what) {
    world.after(ms, () -> now(what));
  }

  private void now(Runnable what) {
    if (!alive) return;
    long stalled = stalledUntilMs - world.millis();
    if (stalled > 0) world.after(stalled, () -> now(what));
    else what.run();
  }

  private void every(long ms, Runnable what) {
    after(
        ms,
        () -> {
          what.run();
          every(ms, what);
        });
  }

  /** The other side does it after the way there, and the answer comes back if this one lives. */
  private <T> Future<T> ask(Supplier<T> what) {
    Promise<T> answer = Promise.promise();
    world.after(
        world.way(),
        () -> {
          var done = what.get();
          after(world.way(), () -> answer.tryComplete(done));
        });
    return answer.future();
  }

  private <T> Future<T> mine(Future<T> future) {
    Promise<T> answer = Promise.promise();
    future
        .onSuccess(value -> now(() -> answer.tryComplete(value)))
        .onFailure(cause -> now(() -> answer.tryFail(cause)));
    return answer.future();
  }

  @Override
  public Definition definition() {
    return cluster.definition();
  }

  @Override
  public Future<List<Claimed>> claim(Optional<String> run) {
    return ask(() -> cluster.table().claim(run));
  }

  @Override
  public Future<Renewed> renew(List<Held> held) {
    return ask(() -> cluster.table().renew(held));
  }

  @Override
  public Future<List<RunNode>> arrived(String runId) {
    return ask(() -> cluster.table().arrived(runId));
  }

  @Override
  public Future<Advanced> advance(Advance step) {
    if (cluster.mutant() == RunMutant.SENT_BEFORE_COMMIT) {
      step.nodes().stream()
          .filter(change -> change.requestId() != null)
          .forEach(
              change -> cluster.gateway().dispatch(change.requestId(), world.millis() + 60_000));
    }
    return ask(() -> cluster.table().advance(step));
  }

  @Override
  public Future<DispatchResult> execute(String runId, String nodeId, String key) {
    boolean own = cluster.mutant() == RunMutant.KEY_OF_ITS_OWN;
    cluster.judge().asks(this, runId, nodeId, own ? name + ":" + key : key);
    Promise<DispatchResult> result = Promise.promise();
    after(
        world.random.nextInt(WORK_MS_MAX),
        () ->
            result.complete(
                world.chance(0.03)
                    ? DispatchResult.failed(ErrorCode.HTTP_REQUEST_FAILED)
                    : DispatchResult.succeeded(RawJson.of("{}"))));
    return result.future();
  }

  @Override
  public Future<Answer> send(String runId, String nodeId, String requestId, long untilMs) {
    return mine(cluster.gateway().dispatch(requestId, untilMs));
  }

  @Override
  public void cancel(String requestId) {
    mine(cluster.gateway().cancel(requestId))
        .onSuccess(_ -> ask(() -> cluster.table().unwanted().remove(requestId)));
  }

  @Override
  public void holds(String runId) {
    cluster.tell(worker -> worker.owners.put(runId, this));
  }

  @Override
  public void due(String runId) {
    cluster.tell(worker -> worker.runner.wake(runId));
  }

  /** It is told that a run is due, over the bus. */
  void hears(Runnable what) {
    after(world.way(), what);
  }

  void canceled(String runId) {
    runner.canceled(runId);
  }

  /** The gateway told of a result. */
  void arrived(String requestId, DispatchResult result) {
    var run = RequestId.runIdOf(requestId);
    var owner = owners.get(run);
    if (owner == null) {
      deliver(run, requestId, result);
      return;
    }
    // To whoever holds it, and back, unless one of the two is gone.
    owner.after(
        world.way(),
        () -> {
          boolean taken = owner.runner.bring(run, requestId, result);
          if (!taken) after(world.way(), () -> forget(run, requestId, result));
        });
    if (!owner.alive) forget(run, requestId, result);
  }

  private void forget(String run, String requestId, DispatchResult result) {
    owners.remove(run);
    deliver(run, requestId, result);
  }

  private void deliver(String run, String requestId, DispatchResult result) {
    ask(() -> cluster.table().deliver(run, requestId, result))
        .onSuccess(delivered -> {
          if (delivered) due(run);
        });
  }

  // Asks for what nobody told of, and ends what has waited too long.
  private void poll() {
    for (var row : cluster.table().rows()) {
      for (var node : cluster.table().waiting(row)) sweep(row.id, node);
    }
    if (cluster.mutant() == RunMutant.CANCELS_NOT_SWEPT) return;
    List.copyOf(cluster.table().unwanted()).forEach(this::cancel);
  }

  private void sweep(String run, RunNode node) {
    if (cluster.mutant() != RunMutant.RESULTS_NOT_ASKED_FOR) {
      mine(cluster.gateway().result(node.requestId()))
          .onSuccess(found -> found.ifPresent(result -> deliver(run, node.requestId(), result)));
    }
    if (node.timeoutAt().isAfter(world.instant())) return;
    var late = DispatchResult.failed(ErrorCode.NODE_EXECUTION_TIMEOUT);
    if (cluster.mutant() == RunMutant.RESULTS_NOT_ASKED_FOR) deliver(run, node.requestId(), late);
    else {
      mine(cluster.gateway().result(node.requestId()))
          .onSuccess(found -> deliver(run, node.requestId(), found.orElse(late)))
          .onFailure(_ -> awayFor(run, node, late));
    }
  }

  private void awayFor(String run, RunNode node, DispatchResult late) {
    var enough = node.timeoutAt().plus(AWAY_MAX);
    if (!enough.isAfter(world.instant())) deliver(run, node.requestId(), late);
  }
}
