package ai.vespid.bench.fault;

import ai.vespid.bench.Credential;
import ai.vespid.bench.fault.GatewayClient.Answer;
import ai.vespid.bench.fault.History.Event;
import ai.vespid.bench.fault.History.Mode;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A worker as it should be: it repeats a request with the same id, at the next gateway, until it
 * knows the terminal result or its patience ends. Blocks; any number of threads share it.
 */
final class Caller {
  private static final Duration SHORT = Duration.ofSeconds(4);
  private static final Duration OVERTIME = Duration.ofSeconds(6);
  private static final Duration PATIENCE = Duration.ofSeconds(40);
  private static final long PAUSE_MS_MIN = 100;
  private static final long PAUSE_MS_MAX = 20_000;
  private static final long POST_PAUSE_MS_MAX = 2_000;

  private final GatewayClient client;
  private final List<GatewayProcess> gateways;
  private final Credential target;
  private final History history;
  private final AtomicInteger turn = new AtomicInteger();
  private final AtomicInteger repeated = new AtomicInteger();

  Caller(GatewayClient client, List<GatewayProcess> gateways, Credential target, History history) {
    this.client = client;
    this.gateways = List.copyOf(gateways);
    this.target = target;
    this.history = history;
  }

  /** How many requests had to be sent again. */
  int repeated() {
    return repeated.get();
  }

  /** Gets one job done and writes down what it is told on the way. */
  Optional<Outcome> call(Job job) throws InterruptedException {
    var mode = job.mode();
    history.add(new Event.Posted(history.nowMs(), job.id(), job.number(), mode, job.effect()));
    long begun = System.nanoTime();
    long limit = begun + Duration.ofMillis(job.timeoutMs()).plus(PATIENCE).toNanos();
    var body = job.body(target);
    boolean accepted = false;
    String cause = "";
    while (System.nanoTime() < limit) {
      var gateway = gateways.get(turn.getAndIncrement() % gateways.size());
      var answer = accepted ? client.read(gateway, job.id(), SHORT) : post(gateway, job, body);
      switch (answer) {
        case Answer.Result(Outcome outcome) -> {
          history.add(new Event.Decided(history.nowMs(), job.id(), gateway.name(), outcome));
          return Optional.of(outcome);
        }
        case Answer.Accepted _ -> {
          history.add(new Event.Accepted(history.nowMs(), job.id()));
          accepted = true;
        }
        case Answer.NotReady _ -> {}
        case Answer.Passing passing -> {
          cause = passing.cause();
          repeated.incrementAndGet();
          if (passing.nobodyThere()) {
            history.add(new Event.Refused(history.nowMs(), job.id(), gateway.name()));
          }
        }
        case Answer.Wrong wrong -> {
          history.add(new Event.Misanswered(history.nowMs(), job.id(), wrong.answer()));
          return Optional.empty();
        }
      }
      pause(begun, accepted ? PAUSE_MS_MAX : POST_PAUSE_MS_MAX);
    }
    // What was accepted and has no result is found by the checker.
    if (!accepted) history.add(new Event.Unanswered(history.nowMs(), job.id(), cause));
    return Optional.empty();
  }

  private Answer post(GatewayProcess gateway, Job job, byte[] body) {
    return job.mode() == Mode.ASYNC
        ? client.dispatchAsync(gateway, body, SHORT)
        : client.dispatch(gateway, body, Duration.ofMillis(job.timeoutMs()).plus(OVERTIME));
  }

  // The longer it waits already, the less often it asks.
  private static void pause(long begunNanos, long msMax) throws InterruptedException {
    long ageMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begunNanos);
    long ceiling = Math.clamp(ageMs / 3, PAUSE_MS_MIN, msMax);
    TimeUnit.MILLISECONDS.sleep(ceiling / 2 + ThreadLocalRandom.current().nextLong(ceiling));
  }
}
