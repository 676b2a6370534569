package ai.vespid.gateway.sessions;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.Pool;
import ai.vespid.protocol.bus.Route;
import ai.vespid.sql.AgentSession;
import java.util.ArrayList;
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

    /** Nobody is there, and why. */
    record Nobody(ErrorCode code, String message) implements Choice {}
  }

  private final Hosts hosts;
  private final long graceMs;

  Pinning(Hosts hosts, long graceMs) {
    this.hosts = hosts;
    this.graceMs = graceMs;
  }

  Choice choose(AgentSession session, Wanted wanted, long nowMs) {
    var pinned = session.pinnedExecutorId();
    if (pinned != null) {
      var host = hosts.find(pinned, session.organizationId());
      if (host.isPresent() && !host.get().draining()) {
        if (wanted.engine() == null || wanted.offeredBy(host.get())) {
          return new Choice.Stay(host.get());
        }
        if (looks(host.get(), nowMs)) return settling(host.get());
      }
      long untilMs = hosts.lostMs(pinned) + graceMs;
      if (host.isEmpty() && nowMs < untilMs) return new Choice.Wait(untilMs);
    }
    var all = new ArrayList<Route>();
    for (var pool : pools(session)) {
      var here = hosts.candidates(pool, session.organizationId(), session.selector());
      var candidates = here.stream().filter(wanted::offeredBy).toList();
      if (!candidates.isEmpty()) return new Choice.Move(best(candidates, session));
      all.addAll(here);
    }
    if (wanted.engine() == null) return nobody();
    return all.stream()
        .filter(host -> looks(host, nowMs))
        .findFirst()
        .map(this::settling)
        .orElseGet(() -> missing(all, wanted));
  }

  // Who has just connected says a little later which engines it has.
  private boolean looks(Route host, long nowMs) {
    return nowMs < host.connectedAtMs() + graceMs;
  }

  private Choice settling(Route host) {
    return new Choice.Wait(host.connectedAtMs() + graceMs);
  }

  private static Choice nobody() {
    return new Choice.Nobody(
        ErrorCode.NO_AGENT_AVAILABLE, "no executor is connected that may host the session");
  }

  private static Choice missing(List<Route> connected, Wanted wanted) {
    if (connected.isEmpty()) return nobody();
    var name = wanted.engine().displayName();
    return connected.stream().anyMatch(wanted::hasProgram)
        ? new Choice.Nobody(
            ErrorCode.EXECUTOR_OAUTH_NOT_VERIFIED,
            "%s has no login on the executors that are connected, and no secret".formatted(name))
        : new Choice.Nobody(
            ErrorCode.NO_AGENT_AVAILABLE, "no executor that is connected has " + name);
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
