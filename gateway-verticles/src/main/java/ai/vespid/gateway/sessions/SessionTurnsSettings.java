package ai.vespid.gateway.sessions;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Limits;
import java.time.Duration;

/**
 * Settings of {@code session-turns}.
 *
 * @param lease how long a session stays its owner's without being renewed
 * @param hostGrace how long a pinned host may be away before another one is chosen
 * @param idle a session that nobody watches and nothing happens in is given back after this
 * @param sweepEvery between two looks for sessions that nobody owns
 * @param sessionsMax how many one shard owns at once
 * @param inFlightMax requests that are under way at once
 * @param githubApiBaseUrl where actions of the connector {@code github} go
 * @param engineRunnerBaseUrl asks models over HTTP there, ENGINE_RUNNER_BASE_URL; absent means the
 *     runners of the cluster
 * @param engineRunnerToken opens it, ENGINE_RUNNER_TOKEN
 * @param engineRunnerTimeoutMs no inference there takes longer, ENGINE_RUNNER_TIMEOUT_MS
 */
public record SessionTurnsSettings(
    Duration lease,
    Duration hostGrace,
    Duration idle,
    Duration sweepEvery,
    Integer sessionsMax,
    Integer inFlightMax,
    String githubApiBaseUrl,
    String engineRunnerBaseUrl,
    String engineRunnerToken,
    Integer engineRunnerTimeoutMs) {
  public SessionTurnsSettings {
    if (lease == null) lease = Duration.ofSeconds(10);
    if (hostGrace == null) hostGrace = Duration.ofSeconds(10);
    if (idle == null) idle = Duration.ofMinutes(2);
    if (sweepEvery == null) sweepEvery = Duration.ofSeconds(5);
    if (sessionsMax == null) sessionsMax = 20_000;
    if (inFlightMax == null) inFlightMax = 10_000;
    if (githubApiBaseUrl == null) githubApiBaseUrl = "https://api.github.com";
    if (engineRunnerBaseUrl != null && engineRunnerBaseUrl.isBlank()) engineRunnerBaseUrl = null;
    if (engineRunnerBaseUrl != null && (engineRunnerToken == null || engineRunnerToken.isBlank())) {
      throw new InvalidMessage("engineRunnerToken", "is required: set ENGINE_RUNNER_TOKEN");
    }
    if (engineRunnerTimeoutMs == null) engineRunnerTimeoutMs = Limits.TIMEOUT_MS_MAX;
    Check.range("engineRunnerTimeoutMs", engineRunnerTimeoutMs, 1_000, Limits.TIMEOUT_MS_MAX);
    Check.range("lease", Math.toIntExact(lease.toMillis()), 500, 600_000);
    Check.range("sessionsMax", sessionsMax, 1, 1_000_000);
    Check.range("inFlightMax", inFlightMax, 1, 1_000_000);
  }

  @Override
  public String toString() {
    return "SessionTurnsSettings[lease=" + lease + ", sessionsMax=" + sessionsMax + "]";
  }
}
