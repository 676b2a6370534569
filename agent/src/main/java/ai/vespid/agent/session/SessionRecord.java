package ai.vespid.agent.session;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Instant;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * A session as it is on disk. The environment may hold secrets, so it is written where only the
 * agent can read, and is in no label and in no answer.
 *
 * @param handle what its container or machine is called; chosen before that exists and never used
 *     again
 * @param workspace folder of this machine that the session sees as {@code /workspace}
 * @param image null where the provider has none
 * @param services names with the ports they listen on inside
 * @param network whether it has one
 */
public record SessionRecord(
    String id,
    String handle,
    String provider,
    String workspace,
    String image,
    Map<String, String> env,
    Map<String, Integer> services,
    boolean network,
    Quota quota,
    Map<String, String> labels,
    Instant createdAt,
    State state) {
  /** Where in its life a session is. */
  public enum State {
    /** Asked for; whether it exists is not known. */
    @JsonProperty("creating")
    CREATING,
    /** It exists and was never started. */
    @JsonProperty("created")
    CREATED,
    @JsonProperty("running")
    RUNNING,
    @JsonProperty("stopped")
    STOPPED,
    /** It must go; whether it still exists is not known. */
    @JsonProperty("destroying")
    DESTROYING
  }

  public SessionRecord {
    env = env == null ? Map.of() : Map.copyOf(env);
    services = services == null ? Map.of() : Map.copyOf(services);
    labels = labels == null ? Map.of() : Map.copyOf(labels);
    if (quota == null) quota = Quota.NONE;
  }

  SessionRecord in(State next) {
    return new SessionRecord(
        id, handle, provider, workspace, image, env, services, network, quota, labels, createdAt,
        next);
  }

  /** What its programs get: where its services are to listen, and what was asked for. */
  public Map<String, String> variables() {
    var variables = new HashMap<String, String>();
    services.forEach((service, port) -> {
      var upper = service.toUpperCase(Locale.ROOT).replace('-', '_');
      variables.put("VESPID_SERVICE_%s_PORT".formatted(upper), port.toString());
    });
    variables.putAll(env);
    return variables;
  }

  /** What a label may tell. */
  public SessionRecord withoutEnvironment() {
    return new SessionRecord(
        id, handle, provider, workspace, image, null, services, network, quota, labels, createdAt,
        state);
  }

  @Override
  public String toString() {
    return "SessionRecord[%s, %s, %s]".formatted(id, provider, state);
  }
}
