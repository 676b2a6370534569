package ai.vespid.gateway.dispatch;

import ai.vespid.simulation.Mutant;
import io.vertx.core.Future;
import java.util.Optional;

/**
 * Claims in the simulated Redis.
 *
 * @param unsaid the mutant without which attempts are written down
 */
record SimClaims(RouterPorts ports, Mutant unsaid) implements ClaimStore {
  @Override
  public Future<Boolean> take(String requestId, String owner, long forMs) {
    return ports.omits(Mutant.CLAIM_NOT_MADE)
        ? Future.succeededFuture(true)
        : ports.claim(requestId, owner);
  }

  @Override
  public Future<Optional<String>> holder(String requestId) {
    return ports.omits(Mutant.CLAIM_IGNORED)
        ? Future.failedFuture("ignored")
        : ports.claimant(requestId);
  }

  @Override
  public Future<Boolean> advance(String requestId, int after, int epoch, long forMs) {
    return ports.omits(unsaid)
        ? Future.succeededFuture(true)
        : ports.advance(requestId, after, epoch);
  }

  @Override
  public Future<Void> free(String requestId, String owner) {
    return ports.unclaim(requestId, owner);
  }

  @Override
  public boolean mayHaveForgotten(long withinMs) {
    return ports.redisWasAway() && !ports.omits(Mutant.OWN_CLAIMS_FORGOTTEN);
  }
}
