package ai.vespid.server;

import ai.vespid.gateway.control.Bootstrap;
import ai.vespid.kit.node.ConfigurationException;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.PrintWriter;
import java.util.Map;
import java.util.UUID;

/**
 * What a running {@code vespid up} tells people and {@code vespid demo}; no secrets.
 *
 * @param clientUrl where viewers connect
 */
record Running(
    String apiUrl,
    String gatewayUrl,
    String clientUrl,
    String organizationId,
    String userId,
    String ownerEmail) {
  static final JsonArray NONE = new JsonArray();
  private static final String FILE = "up.json";

  static Running of(Map<String, String> environment, Bootstrap.Owner owner) {
    var internal =
        environment.getOrDefault(
            "GATEWAY_INTERNAL_PORT", environment.getOrDefault("GATEWAY_PORT", "3002"));
    return new Running(
        "http://localhost:" + environment.getOrDefault("API_PORT", "3001"),
        "http://localhost:" + internal,
        "ws://localhost:" + environment.getOrDefault("GATEWAY_PORT", "3002") + "/ws/client",
        owner.organizationId(),
        owner.userId(),
        environment.get("VESPID_OWNER_EMAIL"));
  }

  void save(Home home) {
    home.write(FILE, JsonObject.mapFrom(this).encodePrettily() + "\n");
  }

  /** Nothing runs any more. */
  static void forget(Home home) {
    home.delete(FILE);
  }

  static Running load(Home home) {
    try {
      var json = home.read(FILE).map(JsonObject::new).orElseThrow(() -> missing(home));
      return json.mapTo(Running.class);
    } catch (DecodeException | IllegalArgumentException e) {
      throw missing(home);
    }
  }

  private static ConfigurationException missing(Home home) {
    return new ConfigurationException(
        "nothing runs on " + home.folder() + "; start it with: vespid up");
  }

  /** The body of a dispatch of one shell task. */
  JsonObject shell(String script, String runId, int timeoutMs) {
    var node =
        new JsonObject()
            .put("id", "hello")
            .put("type", "agent.execute")
            .put(
                "config",
                new JsonObject()
                    .put("task", new JsonObject().put("type", "shell").put("script", script)));
    return new JsonObject()
        .put("organizationId", organizationId)
        .put("requestedByUserId", userId)
        .put("runId", runId)
        .put("workflowId", UUID.randomUUID().toString())
        .put("nodeId", "hello")
        .put("nodeType", "agent.execute")
        .put("attemptCount", 1)
        .put("kind", "agent.execute")
        .put("payload", new JsonObject().put("nodeId", "hello").put("node", node))
        .put("timeoutMs", timeoutMs);
  }

  void print(PrintWriter out, Home home, Map<String, String> variables, double seconds) {
    var secrets = home.path(Secrets.FILE);
    var token =
        variables.containsKey("GATEWAY_SERVICE_TOKEN")
            ? "$GATEWAY_SERVICE_TOKEN"
            : "$(sed -n 's/.*\"GATEWAY_SERVICE_TOKEN\" *: *\"\\([^\"]*\\)\".*/\\1/p' '%s')"
                .formatted(secrets);
    out.printf(
        """

        Vespid is up after %.1f s.

          control API  %s
          gateway      %s
          owner        %s, password: OWNER_PASSWORD in %s
          data         %s

        Run a task on the agent:

        curl -s %s/internal/v1/dispatch -H 'content-type: application/json' \\
          -H "x-gateway-token: %s" \\
          -d '%s'

        The tour: vespid demo. A conversation: vespid chat. Stop with Ctrl-C.
        """,
        seconds,
        apiUrl,
        gatewayUrl,
        ownerEmail,
        secrets,
        home.folder(),
        gatewayUrl,
        token,
        shell("echo hello from $(uname -s)", UUID.randomUUID().toString(), 60_000).encode());
    out.flush();
  }
}
