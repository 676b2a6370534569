package ai.vespid.agent;

import ai.vespid.agent.settings.ConfigFile;
import ai.vespid.agent.settings.Problems;
import ai.vespid.agent.settings.Setting;
import ai.vespid.agent.settings.Settings;
import ai.vespid.protocol.Check;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.Limits;
import ai.vespid.protocol.Pool;
import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What the agent remembers between starts: {@code ~/.vespid/agent.json} (contract 7.1), readable by
 * its owner alone. Names of the first generation are read as well.
 */
public record AgentConfig(
    Pool pool,
    @JsonAlias("agentId") String executorId,
    @JsonAlias("agentToken") String executorToken,
    String organizationId,
    String gatewayWsUrl,
    String apiBaseUrl,
    @JsonAlias("name") String executorName,
    @JsonAlias("agentVersion") String executorVersion,
    Capabilities capabilities) {
  /** What the agent offers; {@code labels} are hints for people. */
  public record Capabilities(
      List<String> kinds, @JsonAlias("tags") List<String> labels, Integer maxInFlight) {
    public Capabilities {
      labels = Check.texts("labels", labels, 50, 64);
      Check.optionalRange("maxInFlight", maxInFlight, 1, Limits.MAX_IN_FLIGHT_MAX);
    }
  }

  public AgentConfig {
    if (pool == null) pool = Pool.BYON;
    Check.uuid("executorId", executorId);
    Check.text("executorToken", executorToken, 1, 500);
    if (pool == Pool.BYON) Check.uuid("organizationId", organizationId);
    gatewayWsUrl = dialled(gatewayWsUrl);
    apiBaseUrl = apiBaseUrl == null ? null : loopback(apiBaseUrl);
    if (executorName == null) executorName = "vespid-agent";
    Check.text("executorName", executorName, 1, 120);
    if (executorVersion == null) executorVersion = AgentVersion.CURRENT;
    if (capabilities == null) capabilities = new Capabilities(null, List.of(), null);
  }

  private static String dialled(String url) {
    var dialled = loopback(Check.url("gatewayWsUrl", url));
    if (!dialled.matches("(?i)wss?://.*") || !isUri(dialled)) {
      throw new InvalidMessage("gatewayWsUrl", "must be a ws or wss URL");
    }
    return dialled;
  }

  private static boolean isUri(String url) {
    try {
      return new URI(url).getHost() != null;
    } catch (URISyntaxException e) {
      return false;
    }
  }

  /** The same agent under another name or with other limits; null keeps what is there. */
  AgentConfig with(String name, List<String> labels, Integer maxInFlight) {
    return new AgentConfig(
        pool,
        executorId,
        executorToken,
        organizationId,
        gatewayWsUrl,
        apiBaseUrl,
        name == null ? executorName : name,
        AgentVersion.CURRENT,
        new Capabilities(
            capabilities.kinds(),
            labels == null ? capabilities.labels() : labels,
            maxInFlight == null ? capabilities.maxInFlight() : maxInFlight));
  }

  /** The same agent with what the environment says about its credential and its gateway. */
  AgentConfig under(Settings settings) {
    return new AgentConfig(
        pool,
        executorId,
        settings.text(Setting.EXECUTOR_TOKEN, executorToken),
        organizationId,
        settings.text(Setting.GATEWAY, gatewayWsUrl),
        apiBaseUrl,
        executorName,
        executorVersion,
        capabilities);
  }

  List<String> labels() {
    return capabilities.labels();
  }

  int maxInFlight() {
    return capabilities.maxInFlight() == null
        ? Limits.MAX_IN_FLIGHT_DEFAULT
        : capabilities.maxInFlight();
  }

  /** {@code localhost} may mean IPv6 first, where nobody listens: say 127.0.0.1. */
  static String loopback(String url) {
    return url.replaceFirst("^(\\w+://)localhost(?=[:/]|$)", "$1127.0.0.1").replaceFirst("/+$", "");
  }

  /** What a file says of who the agent is. All that is wrong is told at once. */
  static AgentConfig of(ConfigFile file, String where) {
    var problems = new Problems();
    var config = of(file, problems);
    if (config == null) {
      var found = problems.found().stream().map(Object::toString).toList();
      throw new AgentFailure("EXECUTOR_CONFIG_INVALID: " + where + ": " + String.join("; ", found));
    }
    return config;
  }

  /** The same; null when there are problems. */
  static AgentConfig of(ConfigFile file, Problems problems) {
    var root = file.root();
    int before = problems.found().size();
    check(problems, () -> Check.uuid("executorId", text(root, "executorId")));
    check(problems, () -> Check.text("executorToken", text(root, "executorToken"), 1, 500));
    check(problems, () -> dialled(text(root, "gatewayWsUrl")));
    check(problems, () -> Check.optionalUrl("apiBaseUrl", text(root, "apiBaseUrl")));
    check(problems, () -> Check.optionalText("executorName", text(root, "executorName"), 1, 120));
    var pool = root.path("pool").asText("byon");
    if (!pool.matches("byon|managed")) problems.add("pool", "must be one of byon, managed");
    if (!pool.equals("managed")) {
      check(problems, () -> Check.uuid("organizationId", text(root, "organizationId")));
    }
    check(problems, () -> Json.read(capabilities(root), Capabilities.class));
    if (problems.found().size() > before) return null;
    var config = root.deepCopy();
    config.remove("settings");
    return Json.read(Json.write(config), AgentConfig.class);
  }

  private static byte[] capabilities(JsonNode root) {
    return Json.write(root.has("capabilities") ? root.get("capabilities") : Map.of());
  }

  private static void check(Problems problems, Runnable check) {
    try {
      check.run();
    } catch (InvalidMessage e) {
      problems.add(e.field(), e.getMessage().substring(e.field().length() + 2));
    }
  }

  private static String text(JsonNode root, String field) {
    var value = root.get(field);
    if (value == null || value.isNull()) return null;
    if (!value.isTextual()) throw new InvalidMessage(field, "must be a string");
    return value.asText();
  }

  static AgentConfig read(Path file) {
    return of(open(file), file.toString());
  }

  static ConfigFile open(Path file) {
    if (!Files.isReadable(file)) {
      throw new AgentFailure(
          "EXECUTOR_CONFIG_INVALID: cannot read " + file + "; pair first with 'connect'");
    }
    try {
      return ConfigFile.read(file);
    } catch (IOException e) {
      throw new AgentFailure("EXECUTOR_CONFIG_INVALID: " + file + ": " + e.getMessage());
    }
  }

  /** Writes the file so that nobody else could read it at any moment. */
  void write(Path file) {
    try {
      ConfigFile.write(file, Json.copyOfMapper().valueToTree(this));
    } catch (IOException e) {
      throw new AgentFailure("EXECUTOR_CONFIG_INVALID: cannot write " + file);
    }
  }

  @Override
  public String toString() {
    return "AgentConfig[executorId=" + executorId + ", pool=" + pool + "]";
  }
}
