package ai.vespid.kit.engine;

import ai.vespid.kit.crypto.SecretsUnderWay;
import ai.vespid.kit.node.Surroundings;
import io.vertx.core.Vertx;
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

  /**
   * The engine behind all ids of models: a runner over HTTP, or those of the cluster.
   *
   * @param baseUrl of that runner, ENGINE_RUNNER_BASE_URL; null or blank means the cluster
   */
  public static Engine models(
      Vertx vertx,
      Surroundings here,
      String baseUrl,
      String token,
      int timeoutMs,
      SecretsUnderWay secrets) {
    return baseUrl == null || baseUrl.isBlank()
        ? new RunnerEngine(here)
        : new RemoteEngine(vertx, baseUrl, token, timeoutMs, secrets);
  }

  public Optional<Engine> find(String id) {
    var known = byId.get(id);
    if (known != null) return Optional.of(known);
    return Optional.ofNullable(byId.get(id.substring(0, id.indexOf('.') + 1)));
  }
}
