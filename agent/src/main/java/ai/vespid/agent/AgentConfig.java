package ai.vespid.agent;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.Limits;
import ai.vespid.protocol.Pool;
import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

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
    gatewayWsUrl = loopback(Check.url("gatewayWsUrl", gatewayWsUrl));
    if (!gatewayWsUrl.matches("(?i)wss?://.*") || !isUri(gatewayWsUrl)) {
      throw new InvalidMessage("gatewayWsUrl", "must be a ws or wss URL");
    }
    apiBaseUrl = apiBaseUrl == null ? null : loopback(apiBaseUrl);
    if (executorName == null) executorName = "vespid-agent";
    Check.text("executorName", executorName, 1, 120);
    if (executorVersion == null) executorVersion = AgentVersion.CURRENT;
    if (capabilities == null) capabilities = new Capabilities(null, List.of(), null);
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

  static AgentConfig read(Path file) {
    if (!Files.isReadable(file)) {
      throw new AgentFailure(
          "EXECUTOR_CONFIG_INVALID: cannot read " + file + "; pair first with 'connect'");
    }
    try {
      return Json.read(Files.readAllBytes(file), AgentConfig.class);
    } catch (InvalidMessage e) {
      throw new AgentFailure("EXECUTOR_CONFIG_INVALID: " + file + ": " + e.getMessage());
    } catch (IOException e) {
      throw new AgentFailure("EXECUTOR_CONFIG_INVALID: cannot read " + file);
    }
  }

  /** Writes the file so that nobody else could read it at any moment. */
  void write(Path file) {
    var owner = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    try {
      var directory = file.toAbsolutePath().getParent();
      Files.createDirectories(directory);
      var temporary = Files.createTempFile(directory, "agent", ".tmp", owner);
      try {
        Files.write(temporary, pretty());
        Files.move(
            temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(temporary);
      }
    } catch (IOException e) {
      throw new AgentFailure("EXECUTOR_CONFIG_INVALID: cannot write " + file);
    }
  }

  private byte[] pretty() throws JsonProcessingException {
    return Json.copyOfMapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(this);
  }

  @Override
  public String toString() {
    return "AgentConfig[executorId=" + executorId + ", pool=" + pool + "]";
  }
}
