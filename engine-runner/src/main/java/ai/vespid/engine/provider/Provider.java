package ai.vespid.engine.provider;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.engine.Chunk;
import ai.vespid.protocol.engine.Inference;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * One provider: where it is, how much is asked of it at once, and whether it is well. One that
 * fails most of its calls is left alone for a while and tried carefully then. Safe for use by many
 * threads.
 */
public final class Provider {
  private static final Duration ALONE = Duration.ofSeconds(15);
  private static final int WINDOW = 20;
  private static final int JUDGED_FROM = 10;
  private static final int TRIED_WITH = 3;

  private final String id;
  private final ProviderSettings settings;
  private final java.net.http.HttpClient http;
  private final Accounts accounts;
  private final MeterRegistry meters;
  private final CircuitBreaker breaker;
  private final Semaphore room;
  private final AtomicInteger waiting = new AtomicInteger();

  public Provider(
      String id,
      ProviderSettings settings,
      java.net.http.HttpClient http,
      GoogleTokens tokens,
      MeterRegistry meters) {
    this.id = id;
    this.settings = settings;
    this.http = http;
    this.accounts = new Accounts(id, settings, tokens);
    this.meters = meters;
    this.room = new Semaphore(settings.concurrency(), true);
    this.breaker =
        CircuitBreaker.of(
            id,
            CircuitBreakerConfig.custom()
                .slidingWindowType(SlidingWindowType.COUNT_BASED)
                .slidingWindowSize(WINDOW)
                .minimumNumberOfCalls(JUDGED_FROM)
                .waitDurationInOpenState(ALONE)
                .permittedNumberOfCallsInHalfOpenState(TRIED_WITH)
                .build());
    meters.gauge("vespid.engine.waiting", Tags.of("engine", id), waiting);
  }

  /**
   * Asks it, on a thread of the call's own.
   *
   * @param secret whose account is used; null means the operator's
   * @param to told what it says on that thread; may block it, or interrupt it to end the call
   */
  public ProviderCall ask(Inference asked, String secret, Consumer<Chunk> to) {
    var call = new ProviderCall(this, asked, secret, to);
    call.begin();
    return call;
  }

  String id() {
    return id;
  }

  ProviderSettings settings() {
    return settings;
  }

  CircuitBreaker breaker() {
    return breaker;
  }

  Account account(String secret) throws InterruptedException {
    return accounts.of(secret);
  }

  /** Whether an account that was refused is another one when it is asked for again. */
  boolean renews(String secret) {
    return accounts.refused(secret);
  }

  Exchange exchange(Account account) {
    return new Exchange(http, account.headers());
  }

  /** Waits for room; whoever got it says {@link #leave}. */
  void enter(long nanos) throws InterruptedException {
    if (room.tryAcquire()) return;
    if (waiting.incrementAndGet() > settings.waitingMax()) {
      waiting.decrementAndGet();
      throw busy();
    }
    try {
      if (!room.tryAcquire(nanos, TimeUnit.NANOSECONDS)) throw busy();
    } finally {
      waiting.decrementAndGet();
    }
  }

  private Unusable busy() {
    return new Unusable(ErrorCode.ENGINE_UNAVAILABLE, "too many calls of " + id + " are under way");
  }

  void leave() {
    room.release();
  }

  /** Counts how a call ended, and what it cost. */
  void ended(Chunk last) {
    var outcome = last instanceof Chunk.Failed failed ? failed.code().name() : "OK";
    meters.counter("vespid.engine.calls", "engine", id, "outcome", outcome).increment();
  }

  void spent(Chunk.Usage usage) {
    meters
        .counter("vespid.engine.tokens", "engine", id, "side", "in")
        .increment(usage.inputTokens());
    meters
        .counter("vespid.engine.tokens", "engine", id, "side", "out")
        .increment(usage.outputTokens());
  }

  void retried() {
    meters.counter("vespid.engine.retries", "engine", id).increment();
  }
}
