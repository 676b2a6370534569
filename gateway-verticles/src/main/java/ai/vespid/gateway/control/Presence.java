package ai.vespid.gateway.control;

import ai.vespid.kit.bus.Bus;
import ai.vespid.kit.node.Node;
import ai.vespid.protocol.bus.ExecutorEdge;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.bus.SessionRegistry;
import ai.vespid.protocol.bus.SessionRegistry.Retagged;
import ai.vespid.protocol.bus.SessionRegistry.Revoked;
import ai.vespid.protocol.bus.SessionRegistry.Routes;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What the gateway knows of executors right now, and what it must hear from us. The registry is
 * told and asked, never waited for: what it misses, its sweep over the database finds.
 */
final class Presence {
  private static final Duration WAIT_MAX = Duration.ofMillis(500);

  private final Bus bus;
  private final String node;

  Presence(Bus bus, Node node) {
    this.bus = bus;
    this.node = node.id();
  }

  /** The live routes of an organization's executors by id; empty when no registry answers. */
  Future<Optional<Map<String, Route>>> routes(String organizationId) {
    return bus.ask(SessionRegistry.at(node), new Routes(organizationId), WAIT_MAX)
        .map(answer -> Optional.of(byExecutor(answer.routes())))
        .otherwise(Optional.empty());
  }

  private static Map<String, Route> byExecutor(List<Route> routes) {
    return routes.stream()
        .collect(Collectors.toMap(Route::executorId, Function.identity(), (a, _) -> a));
  }

  void revoked(String executorId) {
    bus.publish(ExecutorEdge.REVOKED, new Revoked(executorId));
  }

  Future<Void> retagged(String executorId, List<String> tags) {
    return bus.ask(SessionRegistry.at(node), new Retagged(executorId, tags), WAIT_MAX)
        .<Void>mapEmpty()
        .otherwiseEmpty();
  }
}
