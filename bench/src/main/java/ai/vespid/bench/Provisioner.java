package ai.vespid.bench;

import ai.vespid.protocol.Limits;
import ai.vespid.protocol.Pool;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Gets agents their credentials the way a person would: log in (or sign up), take or create an
 * organization, issue pairing tokens, redeem them. Managed executors are issued instead.
 */
public final class Provisioner {
  private final ControlApi api;
  private final Account account;

  /**
   * Who asks. Either may be null: no person is needed for managed executors, no service for own.
   */
  public record Account(String email, String password, String serviceToken) {
    @Override
    public String toString() {
      return "Account[" + email + "]";
    }
  }

  /**
   * Where dispatches are counted: an organization and one of its users.
   *
   * @param headers what proves it to the control API; a secret
   */
  record Tenant(String organizationId, String userId, Map<String, String> headers) {
    @Override
    public String toString() {
      return "Tenant[" + organizationId + "]";
    }
  }

  public Provisioner(ControlApi api, Account account) {
    this.api = api;
    this.account = account;
  }

  public List<Credential> provision(Pool pool, int count) {
    return provision(account.email() == null ? nobody(pool) : tenant(), pool, count);
  }

  List<Credential> provision(Tenant tenant, Pool pool, int count) {
    var made = new ArrayList<Credential>(count);
    for (int i = 0; i < count; i++) {
      made.add(pool == Pool.MANAGED ? issue(tenant, i) : pair(tenant, i));
    }
    return made;
  }

  private Tenant nobody(Pool pool) {
    if (pool == Pool.BYON) {
      throw new IllegalArgumentException("pairing agents needs --email and --password");
    }
    return new Tenant(UUID.randomUUID().toString(), UUID.randomUUID().toString(), Map.of());
  }

  /** The account's organization, made when there is none. */
  Tenant tenant() {
    var session = session();
    var bearer = Map.of("Authorization", "Bearer " + session.path("token").asText());
    var orgs = api.get("/v1/me", bearer).required("GET /v1/me").path("orgs");
    var org = orgs.isEmpty() ? newOrganization(bearer) : orgs.get(0).path("id").asText();
    return new Tenant(
        org,
        session.path("userId").asText(),
        Map.of("Authorization", bearer.get("Authorization"), "X-Org-Id", org));
  }

  private JsonNode session() {
    var person = Map.of("email", account.email(), "password", account.password());
    var login = api.post("/v1/auth/login", Map.of(), person);
    if (login.status() != 401) return login.required("login").path("session");
    return api.post("/v1/auth/signup", Map.of(), person).required("signup").path("session");
  }

  private String newOrganization(Map<String, String> bearer) {
    var slug = "bench-" + UUID.randomUUID().toString().substring(0, 8);
    return api.post("/v1/orgs", bearer, Map.of("name", "Benchmark", "slug", slug))
        .required("creating an organization")
        .path("organization")
        .path("id")
        .asText();
  }

  private Credential pair(Tenant tenant, int number) {
    var path = "/v1/orgs/" + tenant.organizationId() + "/agents/pairing-tokens";
    var token =
        api.post(path, tenant.headers(), Map.of()).required("pairing token").path("token").asText();
    var body =
        Map.of(
            "pairingToken",
            token,
            "name",
            "bench-" + number,
            "agentVersion",
            FakeAgent.VERSION,
            "capabilities",
            Map.of(
                "maxInFlight",
                Limits.MAX_IN_FLIGHT_MAX,
                "kinds",
                List.of("connector.action", "agent.execute")));
    var paired = api.post("/v1/agents/pair", Map.of(), body).required("pairing");
    return new Credential(
        first(paired, "executorId", "agentId"),
        first(paired, "executorToken", "agentToken"),
        tenant.organizationId(),
        tenant.userId(),
        Pool.BYON);
  }

  private Credential issue(Tenant tenant, int number) {
    var issued =
        api.post(
                "/internal/v1/managed-executors/issue",
                Map.of("X-Service-Token", String.valueOf(account.serviceToken())),
                Map.of("name", "bench-" + number, "maxInFlight", Limits.MAX_IN_FLIGHT_MAX))
            .required("issuing a managed executor");
    return new Credential(
        issued.path("executorId").asText(),
        issued.path("executorToken").asText(),
        tenant.organizationId(),
        tenant.userId(),
        Pool.MANAGED);
  }

  private static String first(JsonNode body, String name, String olderName) {
    return body.path(body.has(name) ? name : olderName).asText();
  }
}
