package ai.vespid.bench.fault;

import io.vertx.core.Context;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** The agents of one trial, all on one loop; half of them have cables that can fail. */
final class FaultFleet implements AutoCloseable {
  private static final Duration ANSWER_MAX = Duration.ofSeconds(10);
  private static final long LOOK_NANOS = 20_000_000;

  private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
  private final Context loop = vertx.getOrCreateContext();
  private final List<FaultAgent> agents = new ArrayList<>();

  void add(FaultAgent.Setup setup, History history) {
    agents.add(onLoop(() -> new FaultAgent(vertx, setup, history)));
  }

  /** Whose loop it is. */
  Vertx vertx() {
    return vertx;
  }

  List<FaultAgent> agents() {
    return List.copyOf(agents);
  }

  /** Those whose cables can fail. */
  List<FaultAgent> victims() {
    return agents.stream().filter(agent -> agent.cable().canFail()).toList();
  }

  int room() {
    return agents.stream().mapToInt(FaultAgent::room).sum();
  }

  void run(Runnable action) {
    onLoop(() -> {
      action.run();
      return null;
    });
  }

  /** Runs it on the loop and waits for what it answers. */
  <T> T onLoop(Supplier<T> action) {
    Promise<T> done = Promise.promise();
    loop.runOnContext(_ -> {
      try {
        done.complete(action.get());
      } catch (RuntimeException e) {
        done.fail(e);
      }
    });
    try {
      return done.future().await(ANSWER_MAX.toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new IllegalStateException("the agents' loop does not answer", e);
    }
  }

  void start() {
    run(() -> agents.forEach(FaultAgent::start));
    if (!await(Duration.ofSeconds(20), FaultAgent::isWelcomed)) {
      throw new IllegalStateException("not every agent was welcomed");
    }
  }

  /** Waits until it is so for all agents; false when it was not in time. */
  boolean await(Duration max, Predicate<FaultAgent> condition) {
    long limit = System.nanoTime() + max.toNanos();
    while (!onLoop(() -> agents.stream().allMatch(condition))) {
      if (System.nanoTime() > limit) return false;
      LockSupport.parkNanos(LOOK_NANOS);
    }
    return true;
  }

  int running() {
    return onLoop(() -> agents.stream().mapToInt(FaultAgent::running).sum());
  }

  @Override
  public void close() {
    run(() -> agents.forEach(FaultAgent::leave));
    vertx.close().await();
    agents.forEach(agent -> agent.cable().close());
  }
}
