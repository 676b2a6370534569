package ai.vespid.worker.workflow;

import ai.vespid.kit.crypto.SecretsUnderWay;
import ai.vespid.kit.engine.Engines;
import ai.vespid.kit.engine.RunnerEngine;
import ai.vespid.kit.engine.ScriptedEngine;
import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.Limits;
import ai.vespid.protocol.RawJson;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Map;

/**
 * The {@code workflow-runner} section.
 *
 * @param gatewayUrl GATEWAY_HTTP_URL; without it remote nodes fail with GATEWAY_NOT_CONFIGURED
 * @param serviceToken GATEWAY_SERVICE_TOKEN; likewise
 * @param runsMax runs this instance holds at once
 * @param leaseMs how long a claim lasts without renewal; it is renewed three times meanwhile
 * @param sweepMs how often runs that nobody told of are looked for
 * @param lingerMs how long a run that waits is kept before its claim is given back: what comes
 *     meanwhile costs no new claim
 * @param leaveMs how long a worker that stops waits for what it does itself just now
 * @param nodeTimeoutMs NODE_EXEC_TIMEOUT_MS, how long a node may take that does not say so
 * @param timeoutGraceMs how much longer than its dispatch a node waits
 * @param agentWaitMs WORKFLOW_AGENT_WAIT_MS, how long a node for which nobody is connected waits
 *     for an agent to come (back) before it fails
 * @param retryBackoffMs WORKFLOW_RETRY_BACKOFF_MS, at least 1000
 * @param parallelMax nodes of one run under way at once
 * @param policyDefaults WORKFLOW_POLICY_DEFAULTS, {@code allow} or {@code guarded}: what is decided
 *     where no rule of the organization matches
 * @param approvalTtlSec WORKFLOW_APPROVAL_TTL_SEC, how long a person has to decide, at least 60
 * @param eventPayloadCharsMax WORKFLOW_EVENT_PAYLOAD_MAX_CHARS, 256 to 200000
 * @param githubApiBaseUrl GITHUB_API_BASE_URL
 * @param slackApiBaseUrl SLACK_API_BASE_URL
 * @param httpHosts WORKFLOW_HTTP_ALLOWED_HOSTS, separated by commas; empty allows all
 * @param httpPrivateAllowed WORKFLOW_HTTP_ALLOW_PRIVATE
 * @param responseBytesMax a longer answer of a service fails its node
 * @param engineRunnerBaseUrl asks models over HTTP there, ENGINE_RUNNER_BASE_URL; absent means the
 *     runners of the cluster
 * @param engineRunnerToken opens it, ENGINE_RUNNER_TOKEN
 * @param engineRunnerTimeoutMs no inference there takes longer, ENGINE_RUNNER_TIMEOUT_MS
 */
public record WorkflowRunnerSettings(
    String gatewayUrl,
    String serviceToken,
    Integer runsMax,
    Integer leaseMs,
    Integer sweepMs,
    Integer lingerMs,
    Integer leaveMs,
    Integer nodeTimeoutMs,
    Integer timeoutGraceMs,
    Integer agentWaitMs,
    Integer retryBackoffMs,
    Integer parallelMax,
    PolicyDefaults policyDefaults,
    Integer approvalTtlSec,
    Integer eventPayloadCharsMax,
    String githubApiBaseUrl,
    String slackApiBaseUrl,
    String httpHosts,
    Boolean httpPrivateAllowed,
    Integer responseBytesMax,
    String engineRunnerBaseUrl,
    String engineRunnerToken,
    Integer engineRunnerTimeoutMs) {
  public WorkflowRunnerSettings {
    if (runsMax == null) runsMax = 200;
    if (leaseMs == null) leaseMs = 15_000;
    if (sweepMs == null) sweepMs = 1_000;
    if (lingerMs == null) lingerMs = 200;
    if (leaveMs == null) leaveMs = 3_000;
    if (nodeTimeoutMs == null) nodeTimeoutMs = 60_000;
    if (timeoutGraceMs == null) timeoutGraceMs = 5_000;
    if (agentWaitMs == null) agentWaitMs = 30_000;
    if (retryBackoffMs == null) retryBackoffMs = 5_000;
    retryBackoffMs = Math.max(1_000, retryBackoffMs);
    if (parallelMax == null) parallelMax = 50;
    if (policyDefaults == null) policyDefaults = PolicyDefaults.ALLOW;
    if (approvalTtlSec == null) approvalTtlSec = 86_400;
    approvalTtlSec = Math.max(60, approvalTtlSec);
    if (eventPayloadCharsMax == null) eventPayloadCharsMax = 4_000;
    eventPayloadCharsMax = Math.clamp(eventPayloadCharsMax, 256, 200_000);
    if (githubApiBaseUrl == null) githubApiBaseUrl = "https://api.github.com";
    if (slackApiBaseUrl == null) slackApiBaseUrl = "https://slack.com/api";
    if (httpPrivateAllowed == null) httpPrivateAllowed = false;
    if (responseBytesMax == null) responseBytesMax = 1 << 20;
    if (engineRunnerTimeoutMs == null) engineRunnerTimeoutMs = Limits.TIMEOUT_MS_MAX;
    if (runsMax < 1
        || leaseMs < 300
        || sweepMs < 1
        || nodeTimeoutMs < 1
        || parallelMax < 1
        || agentWaitMs < 0) {
      throw new IllegalArgumentException(
          "runsMax, sweepMs, nodeTimeoutMs and parallelMax must be at least 1, leaseMs 300,"
              + " agentWaitMs 0");
    }
  }

  NodePolicy policy(RawJson rules) {
    return PolicyRules.of(rules, policyDefaults, Duration.ofSeconds(approvalTtlSec));
  }

  /** The engines that agents of workflows think with. */
  Engines engines(Vertx vertx, Surroundings here, SecretsUnderWay secrets) {
    var models =
        Engines.models(
            vertx, here, engineRunnerBaseUrl, engineRunnerToken, engineRunnerTimeoutMs, secrets);
    return new Engines(
        Map.of(ScriptedEngine.ID, new ScriptedEngine(here::later), RunnerEngine.PREFIX, models));
  }

  RunRules rules() {
    return new RunRules(
        nodeTimeoutMs,
        Duration.ofMillis(timeoutGraceMs),
        Duration.ofMillis(retryBackoffMs),
        parallelMax,
        eventPayloadCharsMax);
  }

  @Override
  public String toString() {
    return "WorkflowRunnerSettings[gatewayUrl=" + gatewayUrl + "]";
  }
}
