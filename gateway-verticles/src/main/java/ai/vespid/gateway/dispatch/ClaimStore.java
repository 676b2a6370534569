package ai.vespid.gateway.dispatch;

import io.vertx.core.Future;
import java.util.Optional;

/** Where claims are kept. It may be away, which fails at once, and may forget. */
interface ClaimStore {
  /** True when the id was free; kept for so long. */
  Future<Boolean> take(String requestId, String owner, long forMs);

  /** Who has it. */
  Future<Optional<String>> holder(String requestId);

  /**
   * Writes down that an attempt is made; false when a later one than {@code after} was. Kept for so
   * long.
   */
  Future<Boolean> advance(String requestId, int after, int epoch, long forMs);

  /** Frees it when it is this owner's: a claim of another home is not ours to end. */
  Future<Void> free(String requestId, String owner);

  /** True when it may have forgotten a claim that was made within this time. */
  boolean mayHaveForgotten(long withinMs);
}
