package ai.vespid.bench;

import ai.vespid.protocol.Pool;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** The workflows of a new organization, over the control API, as its owner. */
public final class Workflows implements AutoCloseable {
  private static final int PAGE = 500;
  private static final long LOOK_NANOS = 20_000_000;
  private static final Set<String> ENDS = Set.of("succeeded", "failed");

  private final ControlApi api;
  private final Provisioner provisioner;
  private final Provisioner.Tenant owner;

  private Workflows(ControlApi api, Provisioner provisioner) {
    this.api = api;
    this.provisioner = provisioner;
    this.owner = provisioner.tenant();
  }

  /** Signs a new user up, who gets an organization. */
  public static Workflows of(String apiUrl) {
    var api = new ControlApi(apiUrl);
    var email = "runs-" + UUID.randomUUID() + "@vespid.local";
    var password = UUID.randomUUID().toString();
    return new Workflows(api, new Provisioner(api, new Provisioner.Account(email, password, null)));
  }

  /** A published workflow and one of its runs. */
  public record Started(String workflow, String run) {}

  /** Credentials of agents of its own. */
  public List<Credential> agents(int count) {
    return provisioner.provision(owner, Pool.BYON, count);
  }

  /** Stores a secret of a connector; answers its id. */
  public String secret(String connector, String value) {
    var body = Map.of("connectorId", connector, "name", "bench", "value", value);
    return post("/secrets", body).path("secret").path("id").asText();
  }

  /** Creates and publishes a chain of these nodes; answers its id. */
  public String publish(List<Map<String, Object>> nodes) {
    var dsl = Map.of("version", "v2", "trigger", Map.of("type", "trigger.manual"), "nodes", nodes);
    var draft = post("/workflows", Map.of("name", "bench", "dsl", dsl)).path("workflow");
    var id = draft.path("id").asText();
    post("/workflows/" + id + "/publish", Map.of());
    return id;
  }

  public Started start(String workflow) {
    var run = post("/workflows/" + workflow + "/runs", Map.of()).path("run");
    return new Started(workflow, run.path("id").asText());
  }

  /** The run as it is now. */
  public JsonNode read(Started run) {
    return get(path(run)).path("run");
  }

  /** Waits for its end; the run as it is then, or at the end of the patience. */
  public JsonNode end(Started run, long secondsMax) {
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(secondsMax);
    var now = read(run);
    while (!ENDS.contains(now.path("status").asText()) && System.nanoTime() < limit) {
      LockSupport.parkNanos(LOOK_NANOS);
      now = read(run);
    }
    return now;
  }

  /** All that happened to it, in order. */
  public List<JsonNode> events(Started run) {
    var events = new ArrayList<JsonNode>();
    var cursor = "";
    while (true) {
      var page = get(path(run) + "/events?limit=" + PAGE + cursor);
      page.path("events").forEach(events::add);
      if (page.path("events").size() < PAGE) return events;
      cursor = "&cursor=" + page.path("nextCursor").asText();
    }
  }

  private static String path(Started run) {
    return "/workflows/" + run.workflow() + "/runs/" + run.run();
  }

  private JsonNode get(String path) {
    return api.get("/v1/orgs/" + owner.organizationId() + path, owner.headers()).required(path);
  }

  private JsonNode post(String path, Object body) {
    return api.post("/v1/orgs/" + owner.organizationId() + path, owner.headers(), body)
        .required(path);
  }

  @Override
  public void close() {
    api.close();
  }
}
