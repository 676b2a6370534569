package ai.vespid.bench;

import ai.vespid.protocol.Pool;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** The interactive sessions of a new organization, over the control API, as its owner. */
public final class Conversations implements AutoCloseable {
  private static final int PAGE = 500;

  private final ControlApi api;
  private final Provisioner provisioner;
  private final Provisioner.Tenant owner;

  private Conversations(ControlApi api, Provisioner provisioner) {
    this.api = api;
    this.provisioner = provisioner;
    this.owner = provisioner.tenant();
  }

  /** Signs a new user up, who gets an organization. */
  public static Conversations of(String apiUrl) {
    var api = new ControlApi(apiUrl);
    var email = "talks-" + UUID.randomUUID() + "@vespid.local";
    var password = UUID.randomUUID().toString();
    return new Conversations(
        api, new Provisioner(api, new Provisioner.Account(email, password, null)));
  }

  /** Credentials of agents of its own. */
  public List<Credential> agents(int count) {
    return provisioner.provision(owner, Pool.BYON, count);
  }

  /** What proves the owner to the viewers' door; a secret. */
  public Map<String, String> headers() {
    return owner.headers();
  }

  /** Begins a session with the scripted engine and these tools; answers its id. */
  public String begin(String... tools) {
    var body =
        Map.of(
            "engine", Map.of("id", "scripted"),
            "prompt", Map.of("instructions", "bench"),
            "tools", Map.of("allow", List.of(tools)));
    var path = path("");
    var made = api.post(path, owner.headers(), body).required(path);
    return made.path("session").path("id").asText();
  }

  /** All that happened in it, in order. */
  public List<JsonNode> events(String session) {
    var events = new ArrayList<JsonNode>();
    var cursor = "";
    while (true) {
      var path = path("/" + session + "/events?limit=" + PAGE + cursor);
      var page = api.get(path, owner.headers()).required(path);
      page.path("events").forEach(events::add);
      if (page.path("events").size() < PAGE) return events;
      cursor = "&cursor=" + page.path("nextCursor").asText();
    }
  }

  private String path(String rest) {
    return "/v1/orgs/" + owner.organizationId() + "/sessions" + rest;
  }

  @Override
  public void close() {
    api.close();
  }
}
