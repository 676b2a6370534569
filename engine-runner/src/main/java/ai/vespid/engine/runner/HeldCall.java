package ai.vespid.engine.runner;

import ai.vespid.engine.provider.ProviderCall;
import ai.vespid.kit.bus.Fault;
import ai.vespid.protocol.bus.EngineRunner.Said;
import ai.vespid.protocol.engine.Chunk;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Semaphore;

/**
 * What a provider said and nobody has read yet. The provider's thread waits when that is much;
 * everything else happens on the context of the verticle.
 */
final class HeldCall {
  /** How much may be unread, in characters; what a provider says beyond is not taken from it. */
  static final int WINDOW_CHARS = 64 * 1024;

  /** A read that finds nothing is answered after this. */
  static final long READ_MAX_MS = 1_000;

  private static final int BATCH_CHARS = 32 * 1024;

  private final Context context;
  private final Semaphore window = new Semaphore(WINDOW_CHARS);
  private final Deque<Chunk> kept = new ArrayDeque<>();
  private ProviderCall asking;
  private Promise<Said> reader;
  private long from;
  private long readMs;
  private boolean ended;

  HeldCall(Context context, long nowMs) {
    this.context = context;
    this.readMs = nowMs;
  }

  void asking(ProviderCall call) {
    asking = call;
  }

  ProviderCall asking() {
    return asking;
  }

  /** Called by the provider's thread, which waits here until there is room. */
  void take(Chunk chunk) {
    if (!chunk.last()) {
      try {
        window.acquire(cost(chunk));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
    context.runOnContext(_ -> keep(chunk));
  }

  private static int cost(Chunk chunk) {
    return Math.clamp(chunk.chars(), 1, WINDOW_CHARS);
  }

  private void keep(Chunk chunk) {
    kept.add(chunk);
    ended |= chunk.last();
    answer();
  }

  /**
   * @param seen how many chunks the reader has: they are kept no more
   */
  Future<Said> read(long seen, long nowMs) {
    readMs = nowMs;
    // Asked again because its answer was lost: the old question is nobody's.
    if (reader != null) reader.complete(new Said(from, List.of()));
    reader = Promise.promise();
    var future = reader.future();
    while (from < seen && !kept.isEmpty()) {
      var chunk = kept.poll();
      from++;
      if (!chunk.last()) window.release(cost(chunk));
    }
    if (!kept.isEmpty()) answer();
    return future;
  }

  private void answer() {
    if (reader == null) return;
    var batch = new ArrayList<Chunk>();
    int chars = 0;
    for (var chunk : kept) {
      if (!batch.isEmpty() && chars + chunk.chars() > BATCH_CHARS) break;
      batch.add(chunk);
      chars += chunk.chars();
    }
    var waiting = reader;
    reader = null;
    waiting.complete(new Said(from, batch));
  }

  /** Whoever reads has to look elsewhere. */
  void close() {
    if (reader != null) reader.fail(new Fault(Fault.Code.UNAVAILABLE, "the runner stops"));
    reader = null;
  }

  /** Answers a read that waits for too long. */
  void tick(long nowMs) {
    if (reader != null && nowMs - readMs >= READ_MAX_MS) answer();
  }

  /** True when nobody has asked for so long. */
  boolean unread(long nowMs, long maxMs) {
    return reader == null && nowMs - readMs >= maxMs;
  }

  /** True when the provider has said all. */
  boolean ended() {
    return ended;
  }
}
