package ai.vespid.kit.node;

import ai.vespid.kit.http.Ports;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;

/**
 * What every verticle of a process shares, handed to its constructor: the node's name, who is home
 * for what, the ports, the meters, the clock, and the services the assembly offers (database,
 * Redis), by their class.
 */
public record Node(
    String name,
    Homes homes,
    Ports ports,
    MeterRegistry meters,
    InstantSource clock,
    Map<Class<?>, Object> services) {
  public Node {
    services = Map.copyOf(services);
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
