package ai.vespid.server;

import ai.vespid.kit.crypto.Tokens;
import ai.vespid.kit.node.ConfigurationException;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The secrets of {@code vespid up}: random, made on the first start, kept in one file only its user
 * may read. There are none by default.
 */
final class Secrets {
  static final String FILE = "secrets.json";
  static final String OWNER_PASSWORD = "OWNER_PASSWORD";
  static final String REDIS_PASSWORD = "REDIS_PASSWORD";

  private static final String KEK = "SECRETS_KEK_BASE64";
  private static final List<String> TOKENS =
      List.of(
          "GATEWAY_SERVICE_TOKEN",
          "AUTH_TOKEN_SECRET",
          "REFRESH_TOKEN_SECRET",
          "WORKSPACE_SIGNING_SECRET",
          "OAUTH_STATE_SECRET",
          OWNER_PASSWORD,
          REDIS_PASSWORD);
  private static final int TOKEN_BYTES = 32;

  /** What a server without {@code up} must be given. */
  private static final List<String> REQUIRED =
      List.of(
          "DATABASE_URL",
          "REDIS_URL",
          "GATEWAY_SERVICE_TOKEN",
          "AUTH_TOKEN_SECRET",
          KEK,
          "WORKSPACE_SIGNING_SECRET");

  private Secrets() {}

  /** All of them, those that are missing made and saved. */
  static Map<String, String> loadOrCreate(Home home) {
    var json = load(home);
    boolean changed = false;
    for (var name : TOKENS) {
      if (json.containsKey(name)) continue;
      json.put(name, Tokens.random(TOKEN_BYTES));
      changed = true;
    }
    if (!json.containsKey(KEK)) {
      var key = new byte[32];
      new SecureRandom().nextBytes(key);
      json.put(KEK, Base64.getEncoder().encodeToString(key));
      changed = true;
    }
    if (changed) home.write(FILE, json.encodePrettily() + "\n");
    var secrets = new HashMap<String, String>();
    for (var name : json.fieldNames()) {
      if (json.getValue(name) instanceof String value) secrets.put(name, value);
    }
    return secrets;
  }

  private static JsonObject load(Home home) {
    try {
      return home.read(FILE).map(JsonObject::new).orElseGet(JsonObject::new);
    } catch (DecodeException e) {
      // Its own message would repeat what stands there. New secrets would lock stored ones away.
      throw new ConfigurationException(
          home.path(FILE) + " is no JSON; restore it from a backup, or remove it to start anew");
    }
  }

  /**
   * The environment, with what follows from other settings.
   *
   * @throws ConfigurationException naming all that is missing
   */
  static Map<String, String> complete(Map<String, String> environment) {
    var missing =
        REQUIRED.stream().filter(name -> environment.getOrDefault(name, "").isBlank()).toList();
    if (!missing.isEmpty()) {
      throw new ConfigurationException(
          "not set: %s; set them, or use \"vespid up\", which makes its own"
              .formatted(String.join(", ", missing)));
    }
    var complete = new HashMap<>(environment);
    complete.putIfAbsent("INTERNAL_API_SERVICE_TOKEN", environment.get("GATEWAY_SERVICE_TOKEN"));
    complete.putIfAbsent("ENGINE_RUNNER_TOKEN", environment.get("GATEWAY_SERVICE_TOKEN"));
    var gateway = "localhost:" + environment.getOrDefault("GATEWAY_PORT", "3002");
    complete.putIfAbsent("GATEWAY_WS_URL", "ws://" + gateway + "/ws/executor");
    complete.putIfAbsent("GATEWAY_HTTP_URL", "http://" + gateway);
    complete.putIfAbsent(
        "API_HTTP_URL", "http://localhost:" + environment.getOrDefault("API_PORT", "3001"));
    return complete;
  }
}
