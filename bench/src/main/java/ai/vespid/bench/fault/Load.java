package ai.vespid.bench.fault;

import ai.vespid.bench.fault.History.Mode;
import ai.vespid.protocol.EffectClass;
import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

/**
 * Jobs at a steady rate, whatever becomes of those before: half of them synchronous, half of either
 * kind may run once only, some take a second, so that a fault always meets work under way.
 */
final class Load implements AutoCloseable {
  private static final int SYNC_TIMEOUT_MS = 10_000;
  private static final int WORK_MS_MAX = 60;
  private static final int LONG_WORK_MS = 1_000;
  private static final int LONG_ONE_IN = 20;

  private final Caller caller;
  private final Mix mix;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final ConcurrentLinkedQueue<Future<?>> jobs = new ConcurrentLinkedQueue<>();
  private volatile boolean running = true;
  private Thread pacer;

  /**
   * What is asked for.
   *
   * @param sync whether callers wait for half of them
   * @param asyncTimeoutMs how long the others have
   * @param room how many each agent runs at once
   */
  record Mix(int perSecond, boolean sync, int asyncTimeoutMs, int room) {}

  Load(Caller caller, Mix mix) {
    this.caller = caller;
    this.mix = mix;
  }

  void start() {
    pacer = Thread.ofPlatform().name("load").start(this::pace);
  }

  private void pace() {
    long everyNanos = TimeUnit.SECONDS.toNanos(1) / mix.perSecond();
    long due = System.nanoTime();
    for (long number = 1; running; number++) {
      var job = job(number);
      jobs.add(threads.submit(() -> caller.call(job)));
      due += everyNanos;
      LockSupport.parkNanos(due - System.nanoTime());
    }
  }

  private Job job(long number) {
    var random = ThreadLocalRandom.current();
    var mode = mix.sync() && number % 2 == 0 ? Mode.SYNC : Mode.ASYNC;
    var effect = number / 2 % 2 == 0 ? EffectClass.AT_MOST_ONCE : EffectClass.RETRY_SAFE;
    int workMs = random.nextInt(LONG_ONE_IN) == 0 ? LONG_WORK_MS : 1 + random.nextInt(WORK_MS_MAX);
    int timeoutMs = mode == Mode.SYNC ? SYNC_TIMEOUT_MS : mix.asyncTimeoutMs();
    return Job.of(number, mode, effect, workMs, timeoutMs);
  }

  /** Starts no more, and waits until every job has its result or its caller has given up. */
  void finish() {
    halt();
    // A caller's patience is its own bound; this one is for a caller that has none.
    long limit = System.nanoTime() + Duration.ofMinutes(3).toNanos();
    for (var job : jobs) {
      try {
        job.get(Math.max(0, limit - System.nanoTime()), TimeUnit.NANOSECONDS);
      } catch (ExecutionException | TimeoutException e) {
        throw new IllegalStateException("a caller failed", e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted", e);
      }
    }
  }

  private void halt() {
    running = false;
    try {
      if (pacer != null) pacer.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    halt();
    threads.shutdownNow();
  }
}
