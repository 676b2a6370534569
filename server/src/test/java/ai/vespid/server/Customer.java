package ai.vespid.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * A person with an organization, and the workers that hand dispatches in for it, at the two doors
 * that are delivered: the public one and the one of workers.
 */
final class Customer {
  private final Calls calls;
  private final String open;
  private final String internal;
  private final String userId;
  private final String organizationId;
  private final Map<String, String> owner;

  private Customer(
      Calls calls, String open, String internal, String userId, Map<String, String> owner) {
    this.calls = calls;
    this.open = open;
    this.internal = internal;
    this.userId = userId;
    this.organizationId = owner.get("X-Org-Id");
    this.owner = owner;
  }

  /**
   * Signs a person up.
   *
   * @param open the public side, without a slash at its end
   * @param internal the side of workers
   */
  static Customer signUp(Calls calls, String open, String internal) {
    var person =
        new JsonObject().put("email", "owner@example.org").put("password", "correct horse");
    var session =
        calls.post(open + "/v1/auth/signup", Map.of(), person).body().getJsonObject("session");
    var bearer = "Bearer " + session.getString("token");
    var me = calls.get(open + "/v1/me", Map.of("Authorization", bearer)).body();
    var owner = Map.of("Authorization", bearer, "X-Org-Id", me.getString("defaultOrgId"));
    return new Customer(calls, open, internal, me.getJsonObject("user").getString("id"), owner);
  }

  String pairingToken() {
    var path = "/v1/orgs/" + organizationId + "/agents/pairing-tokens";
    return calls.post(open + path, owner, new JsonObject()).body().getString("token");
  }

  JsonObject pair(String name) {
    var body =
        new JsonObject()
            .put("pairingToken", pairingToken())
            .put("name", name)
            .put("agentVersion", "1.0.0");
    return calls.post(open + "/v1/agents/pair", Map.of(), body).body();
  }

  /** The gateways that hold the organization's agents. */
  List<String> edges() {
    var path = "/internal/v1/executors/routes?organizationId=" + organizationId;
    var answer = calls.get(internal + path);
    assertThat(answer.status()).isEqualTo(200);
    // An edge is told by its gateway's name and start.
    return answer.body().getJsonArray("routes", new JsonArray()).stream()
        .map(route -> ((JsonObject) route).getString("edgeId").replaceFirst("~.*", ""))
        .toList();
  }

  /** A dispatch that runs a script. */
  JsonObject shell(String runId, String nodeId, String script) {
    var task = new JsonObject().put("type", "shell").put("script", script);
    var node =
        new JsonObject()
            .put("id", nodeId)
            .put("type", "agent.execute")
            .put("config", new JsonObject().put("task", task));
    return new JsonObject()
        .put("organizationId", organizationId)
        .put("requestedByUserId", userId)
        .put("runId", runId)
        .put("workflowId", UUID.randomUUID().toString())
        .put("nodeId", nodeId)
        .put("nodeType", "agent.execute")
        .put("attemptCount", 1)
        .put("kind", "agent.execute")
        .put("payload", new JsonObject().put("nodeId", nodeId).put("node", node))
        .put("timeoutMs", 30_000);
  }

  Calls.Reply dispatch(JsonObject body) {
    return calls.post(internal + "/internal/v1/dispatch", body);
  }

  static String stdout(Calls.Reply reply) {
    assertThat(reply.status()).as(reply.body().encode()).isEqualTo(200);
    return reply.body().getJsonObject("output", new JsonObject()).getString("stdout");
  }
}
