package ai.vespid.gateway.dispatch;

import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.Limits;
import ai.vespid.protocol.bus.ResultStore;
import io.vertx.core.Future;
import java.time.Duration;

/**
 * Keeps one request id from being run by two homes, and from being run again after its result: an
 * id is claimed in Redis for as long as a result of it could be read. Only when the claim is not
 * ours is the result looked up, so a new id costs one command.
 *
 * <p>Without Redis an id is claimed unless its result is found: losing the cache costs the
 * protection, not the service.
 */
final class Claims {
  private static final Duration LOOK_MAX = Duration.ofSeconds(5);

  /** What became of a claim. */
  sealed interface Answer {
    /** Ours; {@code owner} is who it is under, and may give it back. */
    record Granted(String owner) implements Answer {}

    /** Another process has it, or had it when it died. */
    record Taken() implements Answer {}

    /** It is decided already. */
    record Decided(String organizationId, DispatchResult result) implements Answer {}
  }

  private final ClaimStore store;
  private final Surroundings here;
  private final String process;
  private final long keptMs;
  private String owner;
  private int terms;

  /**
   * @param process names this process: claims of another one are those of a dead one, or of another
   *     home
   * @param resultsTtlMs how long a result can be read
   */
  Claims(ClaimStore store, Surroundings here, String process, long resultsTtlMs) {
    this.store = store;
    this.here = here;
    this.process = process;
    this.keptMs = Math.max(resultsTtlMs, Limits.TIMEOUT_MS_MAX);
    renew();
  }

  /**
   * Homes changed: what was claimed until now may be in other hands, and come back to be asked for
   * when they are gone. It counts as another process's from now on.
   */
  void renew() {
    owner = process + '/' + ++terms;
  }

  Future<Answer> claim(String requestId) {
    var claimant = owner;
    return store
        .take(requestId, claimant, keptMs)
        .transform(free -> {
          if (free.failed()) return decidedOr(requestId, granted(claimant));
          if (!free.result()) return conflict(requestId, claimant);
          // One that was away may have forgotten that the id was claimed, even by us.
          return store.mayHaveForgotten(keptMs)
              ? decidedOr(requestId, granted(claimant))
              : granted(claimant);
        });
  }

  private Future<Answer> conflict(String requestId, String claimant) {
    return decidedOr(
        requestId,
        store
            .holder(requestId)
            // Freed meanwhile: it is claimed again.
            .compose(holder ->
                holder.isEmpty()
                    ? claim(requestId)
                    : Future.succeededFuture(judge(holder.get(), claimant)))
            .otherwise(new Answer.Granted(claimant)));
  }

  // Ours and not decided: its dispatch was not accepted and is tried again.
  private static Answer judge(String holder, String claimant) {
    return holder.equals(claimant) ? new Answer.Granted(claimant) : new Answer.Taken();
  }

  private Future<Answer> decidedOr(String requestId, Future<Answer> otherwise) {
    return here.ask(ResultStore.at(here.node()), new ResultStore.Get(requestId), LOOK_MAX)
        .transform(found ->
            found.succeeded()
                    && found.result()
                        instanceof
                        ResultStore.Get.Found(String organizationId, DispatchResult result)
                ? Future.succeededFuture(new Answer.Decided(organizationId, result))
                : otherwise);
  }

  /**
   * Whether an attempt may follow one that was never begun: in a split both homes may know so of
   * the same one, and only the first to go on may give it away again. Without Redis nobody can
   * tell, and it may.
   */
  Future<Boolean> next(String requestId, int after, int epoch) {
    return store.advance(requestId, after, epoch, keptMs).otherwise(true);
  }

  /**
   * An agent has begun an attempt of another home: whoever hears no more of it there, because it
   * was told here or forgotten here, does not take it for one that was never begun.
   */
  Future<?> begun(String requestId, int epoch) {
    return store.advance(requestId, epoch, epoch + 1, keptMs).otherwise(false);
  }

  /** Gives back the claim of a dispatch that was not accepted; done when nobody finds it taken. */
  Future<Void> release(String requestId, Answer.Granted grant) {
    return store.free(requestId, grant.owner());
  }

  private static Future<Answer> granted(String owner) {
    return Future.succeededFuture(new Answer.Granted(owner));
  }
}
