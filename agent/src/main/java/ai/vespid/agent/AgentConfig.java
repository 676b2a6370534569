package ai.vespid.agent;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.Pool;
import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
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
      List<String> kinds, @JsonAlias("tags") List<String> labels, Integer maxInFlight) {}

  public AgentConfig {
    if (pool == null) pool = Pool.BYON;
    Check.uuid("executorId", executorId);
    Check.text("executorToken", executorToken, 1, 500);
    if (pool == Pool.BYON) Check.uuid("organizationId", organizationId);
    gatewayWsUrl = loopback(Check.url("gatewayWsUrl", gatewayWsUrl));
    apiBaseUrl = apiBaseUrl == null ? null : loopback(apiBaseUrl);
    if (executorName == null) executorName = "vespid-agent";
    if (executorVersion == null) executorVersion = AgentVersion.CURRENT;
    if (capabilities == null) capabilities = new Capabilities(null, List.of(), null);
  }

  List<String> labels() {
    return capabilities.labels() == null ? List.of() : capabilities.labels();
  }

  int maxInFlight() {
    return capabilities.maxInFlight() == null ? 10 : capabilities.maxInFlight();
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
      Files.write(temporary, pretty());
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
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
