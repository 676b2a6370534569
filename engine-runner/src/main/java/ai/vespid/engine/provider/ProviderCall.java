package ai.vespid.engine.provider;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.engine.Chunk;
import ai.vespid.protocol.engine.Chunk.Failed;
import ai.vespid.protocol.engine.Inference;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One question to a provider: waits for room, asks, hands on what comes, and asks again after a
 * passing refusal as long as nothing was handed on. Runs on a virtual thread of its own.
 */
public final class ProviderCall {
  private static final Logger LOG = LoggerFactory.getLogger(ProviderCall.class);

  private static final int UNAUTHORIZED = 401;

  private final Provider provider;
  private final Inference asked;
  private final String secret;
  private final Consumer<Chunk> to;
  private final long deadlineNanos;
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private Thread thread;
  private volatile Exchange exchange;
  private volatile boolean stopped;
  private volatile Failed why;

  ProviderCall(Provider provider, Inference asked, String secret, Consumer<Chunk> to) {
    this.provider = provider;
    this.asked = asked;
    this.secret = secret;
    this.to = to;
    this.deadlineNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(asked.timeoutMs());
  }

  void begin() {
    thread = Thread.ofVirtual().name("engine-" + provider.id()).start(this::run);
  }

  /** Done when nothing is asked of the provider any more. */
  public CompletableFuture<Void> ended() {
    return ended;
  }

  /** Ends it; nothing more is handed on. */
  public CompletableFuture<Void> cancel() {
    stop(null);
    return ended;
  }

  /** Ends it when its time is over, or the provider was silent for too long. */
  public void look(long nowNanos) {
    if (stopped) return;
    if (nowNanos - deadlineNanos >= 0) {
      stop(new Failed(ErrorCode.LLM_TIMEOUT, "no answer within " + asked.timeoutMs() + " ms"));
      return;
    }
    var open = exchange;
    long silence = provider.settings().silence().toNanos();
    if (open != null && open.waiting() && nowNanos - open.heardNanos() >= silence) {
      var seconds = TimeUnit.NANOSECONDS.toSeconds(silence);
      stop(new Failed(ErrorCode.LLM_TIMEOUT, "the provider was silent for " + seconds + " s"));
    }
  }

  private synchronized void stop(Failed reason) {
    if (stopped) return;
    why = reason;
    stopped = true;
    thread.interrupt();
    var open = exchange;
    if (open != null) open.close();
  }

  private void run() {
    Chunk last;
    try {
      last = converse();
    } catch (Unusable e) {
      last = e.failed();
    } catch (InterruptedException e) {
      last = new Failed(ErrorCode.ENGINE_FAILED, "interrupted");
    } catch (RuntimeException e) {
      // Its message may hold anything.
      LOG.atError()
          .addKeyValue("engine", provider.id())
          .addKeyValue("cause", e.getClass().getName())
          .log("a call failed unexpectedly");
      last = new Failed(ErrorCode.ENGINE_FAILED, "an unexpected error");
    }
    end(last);
  }

  private void end(Chunk last) {
    // What comes after this must not be interrupted by it.
    Thread.interrupted();
    synchronized (this) {
      if (stopped) last = why;
      stopped = true;
    }
    try {
      if (last != null) {
        provider.ended(last);
        to.accept(last);
      }
    } finally {
      ended.complete(null);
    }
  }

  private Chunk converse() throws InterruptedException {
    provider.enter(leftNanos());
    try {
      for (int attempt = 1; ; attempt++) {
        var hearing = attempt();
        var failed = judged(hearing);
        if (failed == null) return finish(hearing);
        pauseOrGiveUp(attempt, hearing, failed);
      }
    } finally {
      provider.leave();
    }
  }

  private long leftNanos() {
    return Math.max(1, deadlineNanos - System.nanoTime());
  }

  private Hearing attempt() throws InterruptedException {
    var account = provider.account(secret);
    if (!provider.breaker().tryAcquirePermission()) {
      throw new Unusable(
          provider.settings().kind().unavailable,
          provider.id() + " failed most of its calls and is left alone for a while");
    }
    long begun = System.nanoTime();
    boolean judged = false;
    try {
      var names = new ToolNames(asked.tools());
      var request = new Conversation(asked, names).request();
      var asking = provider.exchange(account);
      var hearing = new Hearing(names, asked.outputCharsMax(), this::handOn, asking::close);
      exchange = asking;
      if (stopped) throw new InterruptedException();
      chat(Models.of(provider.settings(), model(), account, asking), request, hearing);
      if (stopped) throw new InterruptedException();
      judged = true;
      judge(!hearing.cut() && inTrouble(asking, hearing), begun);
      return hearing;
    } finally {
      // One that was given up for its silence is in trouble; one that nobody wanted any more is
      // not.
      if (!judged && why != null) judge(true, begun);
      else if (!judged) provider.breaker().releasePermission();
    }
  }

  private void chat(StreamingChatModel model, ChatRequest request, Hearing hearing) {
    try {
      model.chat(request, hearing);
    } catch (RuntimeException e) {
      if (!exchange.sent()) throw e;
      hearing.onError(e);
    }
  }

  private String model() {
    var model = asked.model() == null ? provider.settings().model() : asked.model();
    if (model != null && provider.settings().kind().names(model)) return model;
    if (model != null) {
      throw new Unusable(
          ErrorCode.BAD_REQUEST, "a model of " + provider.id() + " has another name");
    }
    throw new Unusable(ErrorCode.BAD_REQUEST, "name a model: " + provider.id() + " has no default");
  }

  private static boolean inTrouble(Exchange asking, Hearing hearing) {
    var refusal = asking.refusal();
    return refusal == null ? asking.broken() || hearing.brokenOff() : refusal.trouble();
  }

  private void judge(boolean trouble, long begun) {
    long took = System.nanoTime() - begun;
    if (trouble) provider.breaker().onError(took, TimeUnit.NANOSECONDS, new IOException("trouble"));
    else provider.breaker().onSuccess(took, TimeUnit.NANOSECONDS);
  }

  // While it is handed on nothing more is read, and nobody is silent.
  private void handOn(Chunk chunk) {
    if (stopped) return;
    exchange.handingOn(true);
    try {
      to.accept(chunk);
    } finally {
      exchange.handingOn(false);
    }
  }

  /** Why an attempt is no answer; null when it is one. */
  private Failed judged(Hearing hearing) {
    var kind = provider.settings().kind();
    if (hearing.cut()) return null;
    var refusal = exchange.refusal();
    if (refusal != null) {
      var reason = refusal.reason() == null ? "" : " (" + refusal.reason() + ")";
      var message = provider.id() + " answered " + refusal.status() + reason;
      return new Failed(kind.refused, message, refusal.status());
    }
    if (exchange.broken() || hearing.brokenOff()) {
      return new Failed(kind.unavailable, "the connection to " + provider.id() + " failed");
    }
    if (hearing.error() != null) {
      return new Failed(kind.invalid, provider.id() + " sent something that is no answer");
    }
    return hearing.empty() ? new Failed(kind.empty, provider.id() + " said nothing") : null;
  }

  private void pauseOrGiveUp(int attempt, Hearing hearing, Failed failed)
      throws InterruptedException {
    var refusal = exchange.refusal();
    // An access token may end before its time.
    if (attempt == 1 && refusal != null && refusal.status() == UNAUTHORIZED) {
      if (provider.renews(secret)) return;
    }
    boolean passing =
        refusal == null ? exchange.broken() || hearing.brokenOff() : refusal.passing();
    if (!passing || hearing.begun() || attempt > provider.settings().retries()) {
      throw new Unusable(failed);
    }
    var asks = refusal == null ? null : refusal.waitMs();
    long leftMs = TimeUnit.NANOSECONDS.toMillis(leftNanos());
    double chance = ThreadLocalRandom.current().nextDouble();
    long pause =
        Retry.pauseMs(attempt, asks, chance, leftMs).orElseThrow(() -> new Unusable(failed));
    provider.retried();
    exchange.handingOn(true);
    Thread.sleep(pause);
  }

  private Chunk finish(Hearing hearing) {
    Chunk last = null;
    for (var chunk : hearing.rest()) {
      if (chunk instanceof Chunk.Usage usage) provider.spent(usage);
      if (chunk.last()) last = chunk;
      else handOn(chunk);
    }
    return last;
  }
}
