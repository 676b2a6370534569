package ai.vespid.kit.node;

import ai.vespid.kit.http.Ports;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;

/**
 * What every verticle of a process shares, handed to its constructor: the node's id, who else is
 * there, the ports, the meters, the clock, and the services the assembly offers (database, Redis),
 * by their class.
 */
public record Node(
    String id,
    String name,
    Membership membership,
    Occupancy occupancy,
    Ports ports,
    MeterRegistry meters,
    InstantSource clock,
    Map<Class<?>, Object> services) {
  public Node {
    services = Map.copyOf(services);
  }

  /** Who decides about what right now. */
  public Homes homes() {
    return membership.view().homes();
  }

  /** A service this node must have. */
  public <T> T service(Class<T> type) {
    return optional(type)
        .orElseThrow(() -> new IllegalStateException("this node has no " + type.getSimpleName()));
  }

  public <T> Optional<T> optional(Class<T> type) {
    return Optional.ofNullable(type.cast(services.get(type)));
  }
}
