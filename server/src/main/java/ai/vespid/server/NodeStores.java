package ai.vespid.server;

import ai.vespid.kit.crypto.Envelope;
import ai.vespid.kit.node.ConfigurationException;
import ai.vespid.kit.redis.RedisLink;
import ai.vespid.sql.Database;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisAPI;
import io.vertx.redis.client.RedisOptions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The stores of a node and the key that seals secrets, as services of its verticles. A node that
 * only asks models has no stores: it can stand where they cannot be reached.
 */
final class NodeStores {
  private static final Set<String> WITHOUT = Set.of("engine-runner");

  private final Database database;
  private final Redis redis;
  private final Map<Class<?>, Object> services = new HashMap<>();

  private NodeStores(Database database, Redis redis) {
    this.database = database;
    this.redis = redis;
  }

  /** Whether any of these verticles needs them. */
  static boolean neededBy(Set<String> verticles) {
    return !WITHOUT.containsAll(verticles);
  }

  static NodeStores open(ServerConfig config, Vertx vertx, Map<String, String> environment) {
    boolean needed = neededBy(config.verticles());
    var stores =
        needed
            ? new NodeStores(
                Database.open(vertx, Server.databaseOptions(environment)),
                redis(vertx, environment.get("REDIS_URL")))
            : new NodeStores(null, null);
    if (needed) {
      stores.services.put(Database.class, stores.database);
      stores.services.put(Redis.class, stores.redis);
      stores.services.put(RedisAPI.class, RedisAPI.api(stores.redis));
    }
    if (needed || !environment.getOrDefault("SECRETS_KEK_BASE64", "").isBlank()) {
      stores.services.put(Envelope.class, Server.envelope(environment));
    }
    return stores;
  }

  private static Redis redis(Vertx vertx, String url) {
    try {
      if (url == null || !url.matches("(rediss?|unix)://.+")) {
        throw new IllegalArgumentException();
      }
      return Redis.createClient(
          vertx,
          new RedisOptions()
              .setConnectionString(url)
              .setMaxWaitingHandlers(2 * RedisLink.IN_FLIGHT_MAX));
    } catch (RuntimeException e) {
      // Its own message would repeat the password.
      throw new ConfigurationException("REDIS_URL must look like redis://:password@host:6379");
    }
  }

  Map<Class<?>, Object> services() {
    return services;
  }

  /** Null when there is none. */
  Database database() {
    return database;
  }

  /** Succeeds when Redis answers, or is not needed. */
  Future<?> probe() {
    return redis == null ? Future.succeededFuture() : RedisAPI.api(redis).ping(List.of());
  }

  Future<?> close() {
    if (redis != null) redis.close();
    return database == null ? Future.succeededFuture() : database.close();
  }
}
