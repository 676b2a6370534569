package ai.vespid.server;

import ai.vespid.kit.crypto.Envelope;
import ai.vespid.kit.node.ConfigurationException;
import ai.vespid.kit.redis.RedisLink;
import ai.vespid.sql.Database;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.Request;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * The stores of a node and the key that seals secrets, as services of its verticles. A node that
 * only asks models has no stores: it can stand where they cannot be reached.
 */
final class NodeStores {
  private static final Set<String> WITHOUT = Set.of("engine-runner");

  private final Database database;
  private final RedisOptions redis;
  private final Map<Class<?>, Object> services = new HashMap<>();

  private NodeStores(Database database, RedisOptions redis) {
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
      stores.services.put(RedisOptions.class, stores.redis);
    }
    if (needed || !environment.getOrDefault("SECRETS_KEK_BASE64", "").isBlank()) {
      stores.services.put(Envelope.class, Server.envelope(environment));
    }
    return stores;
  }

  private static RedisOptions redis(Vertx vertx, String url) {
    try {
      if (url == null || !url.matches("(rediss?|unix)://.+")) {
        throw new IllegalArgumentException();
      }
      var options =
          new RedisOptions()
              .setConnectionString(url)
              .setMaxWaitingHandlers(2 * RedisLink.IN_FLIGHT_MAX);
      // Looks at every part of the address, and connects to nothing.
      Redis.createClient(vertx, options).close();
      return options;
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
  Future<?> probe(Vertx vertx) {
    if (redis == null) return Future.succeededFuture();
    var client = Redis.createClient(vertx, redis);
    return client.send(Request.cmd(Command.PING)).onComplete(_ -> client.close());
  }

  Future<?> close() {
    return database == null ? Future.succeededFuture() : database.close();
  }
}
