package ai.vespid.kit.engine;

import java.util.Map;
import java.util.Optional;

/**
 * The engines a node can ask, by the id that sessions name: a service of the node. An id that ends
 * with a dot stands for all that begin so.
 */
public record Engines(Map<String, Engine> byId) {
  public Engines {
    byId = Map.copyOf(byId);
  }

  public Optional<Engine> find(String id) {
    var known = byId.get(id);
    if (known != null) return Optional.of(known);
    return Optional.ofNullable(byId.get(id.substring(0, id.indexOf('.') + 1)));
  }
}
