package ai.vespid.gateway.dispatch;

import io.vertx.core.Future;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Claims in memory, which a test may look at, and take away. */
final class StagedClaims implements ClaimStore {
  final Map<String, String> owners = new HashMap<>();
  final Map<String, Integer> attempts = new HashMap<>();
  boolean forgetful;
  boolean away;

  /** Completed when a claim of an attempt is answered; it counts before that. */
  Future<Void> answers = Future.succeededFuture();

  @Override
  public Future<Boolean> take(String requestId, String owner, long forMs) {
    return Future.succeededFuture(owners.putIfAbsent(requestId, owner) == null);
  }

  @Override
  public Future<Optional<String>> holder(String requestId) {
    return Future.succeededFuture(Optional.ofNullable(owners.get(requestId)));
  }

  @Override
  public Future<Boolean> advance(String requestId, int after, int epoch, long forMs) {
    if (away) return Future.failedFuture("away");
    boolean first = attempts.getOrDefault(requestId, 0) <= after;
    if (first) attempts.put(requestId, epoch);
    return answers.map(first);
  }

  @Override
  public Future<Void> free(String requestId, String owner) {
    owners.remove(requestId, owner);
    return Future.succeededFuture();
  }

  @Override
  public boolean mayHaveForgotten(long withinMs) {
    return forgetful;
  }
}
