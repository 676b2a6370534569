package ai.vespid.kit.engine;

import java.util.Map;
import java.util.Optional;

/** The engines a node can ask, by the id that sessions name: a service of the node. */
public record Engines(Map<String, Engine> byId) {
  public Engines {
    byId = Map.copyOf(byId);
  }

  public Optional<Engine> find(String id) {
    return Optional.ofNullable(byId.get(id));
  }
}
