package ai.vespid.server;

import ai.vespid.kit.node.ConfigurationException;
import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.Map;
import picocli.CommandLine.Option;

/**
 * Calls of the command line to one organization's part of the control API. Who calls is said by
 * {@code --api}, {@code --org} and VESPID_ACCESS_TOKEN; without them it is the owner of the {@code
 * vespid up} that runs on VESPID_HOME.
 */
final class OrganizationCalls implements AutoCloseable {
  private static final String TOKEN = "VESPID_ACCESS_TOKEN";

  /** Which organization of which server; part of every command that calls one. */
  static final class Target {
    @Option(names = "--api", description = "the control API (default: the running vespid up)")
    private String api;

    @Option(names = "--org", description = "the organization's id (default: the owner's)")
    private String organization;

    /**
     * @throws ConfigurationException when nobody answers or the caller is not let in
     */
    OrganizationCalls open(Map<String, String> variables) {
      var token = variables.getOrDefault(TOKEN, "");
      if (api != null && organization != null && !token.isBlank()) {
        return new OrganizationCalls(new Calls("none"), api, organization, token);
      }
      if (api != null || organization != null || !token.isBlank()) {
        throw new ConfigurationException("give all of --api, --org and " + TOKEN + ", or none");
      }
      return ofUp(variables);
    }
  }

  private final Calls calls;
  private final String base;
  private final Map<String, String> headers;

  private OrganizationCalls(Calls calls, String api, String organization, String token) {
    this.calls = calls;
    this.base = api.replaceFirst("/+$", "") + "/v1/orgs/" + organization;
    this.headers = Map.of("authorization", "Bearer " + token, "x-org-id", organization);
  }

  private static OrganizationCalls ofUp(Map<String, String> variables) {
    var home = Home.of(variables);
    var running = Running.load(home);
    var environment = new HashMap<>(Secrets.loadOrCreate(home));
    environment.putAll(variables);
    var calls = new Calls("none");
    var login =
        accepted(
            calls.post(
                running.apiUrl() + "/v1/auth/login",
                Map.of(),
                new JsonObject()
                    .put("email", running.ownerEmail())
                    .put("password", environment.get(Secrets.OWNER_PASSWORD))));
    var token = login.getJsonObject("session").getString("token");
    return new OrganizationCalls(calls, running.apiUrl(), running.organizationId(), token);
  }

  /**
   * @throws ConfigurationException with the code of a refusal, as all of these
   */
  JsonObject get(String path) {
    return accepted(calls.get(base + path, headers));
  }

  JsonObject post(String path, JsonObject body) {
    return accepted(calls.post(base + path, headers, body));
  }

  /** What a socket of the same caller says in its handshake. */
  Map<String, String> headers() {
    return headers;
  }

  JsonObject put(String path, JsonObject body) {
    return accepted(calls.put(base + path, headers, body));
  }

  private static JsonObject accepted(Calls.Reply reply) {
    if (reply.status() == 0) {
      throw new ConfigurationException("the control API does not answer");
    }
    if (reply.status() >= 300) {
      var details = reply.body().getValue("details");
      throw new ConfigurationException(
          "%s: %s%s"
              .formatted(
                  reply.field("code"),
                  reply.field("message"),
                  details == null ? "" : " " + details));
    }
    return reply.body();
  }

  @Override
  public void close() {
    calls.close();
  }
}
