package ai.vespid.gateway.edge;

import ai.vespid.protocol.bus.Route;
import java.util.Optional;

/** Why an edge ends a conversation that nobody ended: what should have come did not. */
record Silence(ExecutorEdgeSettings settings, long nowMs) {
  /** No hello on a new socket. */
  boolean greeting(long sinceMs) {
    return nowMs - sinceMs > settings.helloMax().toMillis();
  }

  /** One of the original would lose what it holds: it stays until it holds nothing. */
  static boolean nothingToLose(Route route, InFlight inFlight) {
    return !route.acknowledges() && inFlight.size() == 0;
  }

  /** What is missing from an agent that was welcomed. */
  Optional<String> of(long heardMs, InFlight inFlight) {
    if (nowMs - heardMs > settings.staleMs()) return Optional.of("STALE");
    return inFlight.silentFor(settings.ackMax().toMillis(), nowMs)
        ? Optional.of("ACK_TIMEOUT")
        : Optional.empty();
  }
}
