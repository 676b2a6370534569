package ai.vespid.gateway.sessions;

import ai.vespid.protocol.Pool;
import ai.vespid.protocol.bus.Route;
import ai.vespid.sql.AgentSession;
import java.util.List;
import java.util.zip.CRC32;

/**
 * Which host a session's turns run on. The one it has, as long as it is there or away for less than
 * the grace; then one of the organization's own, then a managed one. A selector that names a pool
 * means that pool alone.
 */
final class Pinning {
  /** What was chosen. */
  sealed interface Choice {
    /** The host it has. */
    record Stay(Route host) implements Choice {}

    /** Its host may come back until then. */
    record Wait(long untilMs) implements Choice {}

    /** Another one, or its first. */
    record Move(Route host) implements Choice {}

    /** Nobody is there. */
    record Nobody() implements Choice {}
  }

  private final Hosts hosts;
  private final long graceMs;

  Pinning(Hosts hosts, long graceMs) {
    this.hosts = hosts;
    this.graceMs = graceMs;
  }

  Choice choose(AgentSession session, long nowMs) {
    var pinned = session.pinnedExecutorId();
    if (pinned != null) {
      var host = hosts.find(pinned, session.organizationId());
      if (host.isPresent() && !host.get().draining()) return new Choice.Stay(host.get());
      long untilMs = hosts.lostMs(pinned) + graceMs;
      if (host.isEmpty() && nowMs < untilMs) return new Choice.Wait(untilMs);
    }
    for (var pool : pools(session)) {
      var candidates = hosts.candidates(pool, session.organizationId(), session.selector());
      if (!candidates.isEmpty()) return new Choice.Move(best(candidates, session));
    }
    return new Choice.Nobody();
  }

  private static List<Pool> pools(AgentSession session) {
    var selector = session.selector();
    return selector == null || selector.pool() == null
        ? List.of(Pool.BYON, Pool.MANAGED)
        : List.of(selector.pool());
  }

  // The one its binding names, when it is there (defect E14).
  private static Route best(List<Route> candidates, AgentSession session) {
    return candidates.stream()
        .filter(route -> route.executorId().equals(session.routedAgentId()))
        .findFirst()
        .orElseGet(() -> highest(candidates, session.id()));
  }

  // Sessions spread over the hosts evenly, and nobody has to count them.
  private static Route highest(List<Route> candidates, String sessionId) {
    Route best = candidates.getFirst();
    long bestHash = -1;
    for (var route : candidates) {
      var crc = new CRC32();
      crc.update(
          (route.executorId() + sessionId).getBytes(java.nio.charset.StandardCharsets.UTF_8));
      if (crc.getValue() > bestHash) {
        best = route;
        bestHash = crc.getValue();
      }
    }
    return best;
  }
}
