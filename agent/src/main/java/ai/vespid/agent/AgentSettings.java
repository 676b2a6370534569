package ai.vespid.agent;

import ai.vespid.protocol.Limits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * What the environment decides (contract 11, agent). A number that is none, or below its floor, is
 * an error that names the variable.
 */
record AgentSettings(Map<String, String> environment) {
  Path configPath() {
    return path("VESPID_AGENT_CONFIG_PATH", home().resolve("agent.json"));
  }

  Path workspaceRoot() {
    return path("VESPID_EXECUTOR_WORKSPACE_CACHE_ROOT", home().resolve("workspaces"));
  }

  Path journal(Path configPath) {
    return path("VESPID_AGENT_JOURNAL_DIR", configPath.toAbsolutePath().resolveSibling("journal"));
  }

  String backend() {
    return environment.getOrDefault("VESPID_AGENT_EXEC_BACKEND", "host");
  }

  long hostKillGraceMs() {
    return number("VESPID_AGENT_HOST_KILL_GRACE_MS", 500, 0);
  }

  int hostOutputCharsMax() {
    // Two streams, each character of up to six bytes in JSON, fit into one frame.
    long charsMax = (Limits.FRAME_BYTES_MAX - 64 * 1024) / 12;
    return (int) Math.min(charsMax, number("VESPID_AGENT_HOST_OUTPUT_MAX_CHARS", 65_536, 1_024));
  }

  Duration stopGrace() {
    return Duration.ofMillis(number("VESPID_AGENT_STOP_GRACE_MS", 10_000, 0));
  }

  Duration resultsTtl() {
    return Duration.ofSeconds(number("GATEWAY_RESULTS_TTL_SEC", 900, 60));
  }

  String githubBaseUrl() {
    return environment.getOrDefault("GITHUB_API_BASE_URL", "https://api.github.com");
  }

  String tags() {
    return environment.get("VESPID_AGENT_TAGS");
  }

  String tlsCaFile() {
    return environment.get("VESPID_AGENT_TLS_CA_FILE");
  }

  private Path home() {
    return Path.of(System.getProperty("user.home"), ".vespid");
  }

  private Path path(String variable, Path otherwise) {
    var value = environment.get(variable);
    if (value == null || value.isBlank()) return otherwise;
    return Path.of(value.replaceFirst("^~(?=/|$)", System.getProperty("user.home")));
  }

  private long number(String variable, long otherwise, long floor) {
    var value = environment.get(variable);
    if (value == null || value.isBlank()) return otherwise;
    try {
      return Math.max(floor, Long.parseLong(value.trim()));
    } catch (NumberFormatException e) {
      throw new AgentFailure("EXECUTOR_CONFIG_INVALID: " + variable + " must be a number");
    }
  }

  @Override
  public String toString() {
    return "AgentSettings[backend=" + backend() + "]";
  }
}
