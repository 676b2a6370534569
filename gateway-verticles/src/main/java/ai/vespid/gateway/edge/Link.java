package ai.vespid.gateway.edge;

import ai.vespid.protocol.Kind;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.executor.ExecutorFrame.EngineAuth;
import ai.vespid.protocol.executor.ExecutorFrame.Hello;
import ai.vespid.protocol.executor.LegacyFrame;
import ai.vespid.sql.ExecutorIdentity;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Who is at the other end of a socket and what follows from what they announce. Pure: the control
 * plane's word is taken for identity, tags and limits, the agent's for what it can do.
 */
record Link(
    ExecutorIdentity identity, String connectionId, String node, int shard, long connectedAtMs) {
  private static final Set<Kind> LEGACY_KINDS =
      Set.copyOf(EnumSet.complementOf(EnumSet.of(Kind.AGENT_COMMAND)));

  /** Why a hello cannot be accepted: it contradicts its token. */
  Optional<String> contradiction(Hello hello) {
    if (!identity.executorId().equals(hello.executorId())) {
      return Optional.of("executorId is not the one this token was issued for");
    }
    if (identity.pool() != hello.pool()) {
      return Optional.of("pool is not the one this token was issued for");
    }
    if (identity.organizationId() != null
        && !identity.organizationId().equals(hello.organizationId())) {
      return Optional.of("organizationId is not the one this token was issued for");
    }
    return Optional.empty();
  }

  Route route(Hello hello, long nowMs) {
    return route(
        hello.name(),
        hello.labels(),
        hello.maxInFlight(),
        hello.allKinds(),
        hello.connectors(),
        hello.engineAuth() == null ? Map.of() : hello.engineAuth(),
        hello.features().contains(Hello.ACK) ? hello.bootId() : null,
        nowMs);
  }

  Route route(LegacyFrame.Hello hello, long nowMs) {
    var can = hello.capabilities();
    if (can == null) can = new LegacyFrame.Capabilities(null, null, null, null, null);
    return route(
        hello.name(),
        can.tags().isEmpty() ? can.labels() : can.tags(),
        can.maxInFlight() == null ? identity.maxInFlight() : can.maxInFlight(),
        can.kinds() == null || can.kinds().isEmpty() ? LEGACY_KINDS : can.kinds(),
        can.connectors(),
        Map.of(),
        null,
        nowMs);
  }

  private Route route(
      String name,
      List<String> reported,
      int maxInFlight,
      Set<Kind> kinds,
      List<String> connectors,
      Map<String, EngineAuth> engineAuth,
      String bootId,
      long nowMs) {
    return new Route(
        identity.executorId(),
        connectionId,
        node,
        shard,
        identity.pool(),
        identity.organizationId(),
        identity.name() == null ? name : identity.name(),
        identity.tags(),
        reported,
        Math.max(1, Math.min(identity.maxInFlight(), maxInFlight)),
        kinds,
        connectors == null ? null : Set.copyOf(connectors),
        engineAuth,
        bootId,
        connectedAtMs,
        nowMs,
        identity.drain(),
        false);
  }
}
