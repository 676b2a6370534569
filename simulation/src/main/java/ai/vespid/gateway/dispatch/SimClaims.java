package ai.vespid.gateway.dispatch;

import ai.vespid.simulation.Mutant;
import io.vertx.core.Future;
import java.util.Optional;

/** Claims in the simulated Redis. */
record SimClaims(RouterPorts ports) implements ClaimStore {
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
  public Future<Void> free(String requestId, String owner) {
    return ports.unclaim(requestId, owner);
  }

  @Override
  public boolean mayHaveForgotten(long withinMs) {
    return ports.redisWasAway() && !ports.omits(Mutant.OWN_CLAIMS_FORGOTTEN);
  }
}
