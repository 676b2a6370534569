package ai.vespid.server;

import static ai.vespid.server.EnvironmentTable.flag;
import static ai.vespid.server.EnvironmentTable.integer;
import static ai.vespid.server.EnvironmentTable.text;

import ai.vespid.server.EnvironmentTable.Variable;
import java.util.List;

/** The part of the table that is about workers. */
final class WorkerVariables {
  static final List<Variable> ALL =
      List.of(
          integer(
              "GATEWAY_CONTINUATION_PUSH",
              "1",
              "1 tells workers of results at once, 0 leaves it to their sweep",
              "dispatch-router.continuationPush",
              "continuation-poller.push"),
          integer(
              "WORKFLOW_CONTINUATION_POLL_MS",
              "2000",
              "between two sweeps for results nobody told of, at least 250",
              "continuation-poller.pollMs"),
          integer(
              "WORKFLOW_CONTINUATION_CONCURRENCY",
              "10",
              "results that are brought to runs at once",
              "continuation-poller.concurrency"),
          text(
              "WORKFLOW_CONTINUATION_QUEUE_NAME",
              "workflow-continuations",
              "accepted; no queue is needed",
              "continuation-poller.queueName"),
          integer(
              "WORKFLOW_REMOTE_EVENT_PAYLOAD_MAX_CHARS",
              "20000",
              "longer events of executors are cut, 256 to 200000",
              "continuation-poller.remoteEventCharsMax"),
          integer(
              "WORKFLOW_EVENT_PAYLOAD_MAX_CHARS",
              "4000",
              "longer outputs are cut in events, 256 to 200000",
              "workflow-runner.eventPayloadCharsMax"),
          integer(
              "WORKFLOW_RETRY_BACKOFF_MS",
              "5000",
              "before the second attempt of a run, at least 1000; then twice as long",
              "workflow-runner.retryBackoffMs"),
          text(
              "WORKFLOW_POLICY_DEFAULTS",
              "allow",
              "where no rule of the organization matches; `guarded` asks before scripts and writes",
              "workflow-runner.policyDefaults"),
          integer(
              "WORKFLOW_APPROVAL_TTL_SEC",
              "86400",
              "how long a person has to approve, at least 60",
              "workflow-runner.approvalTtlSec"),
          integer(
              "NODE_EXEC_TIMEOUT_MS",
              "60000",
              "how long a node may take that does not say so",
              "workflow-runner.nodeTimeoutMs"),
          integer(
              "WORKFLOW_AGENT_WAIT_MS",
              "30000",
              "how long a node waits for an agent when none is connected that could run it",
              "workflow-runner.agentWaitMs"),
          integer(
              "TRIGGER_SCHEDULER_POLL_MS",
              "5000",
              "how often due triggers are looked for, at least 500",
              "scheduler.pollMs"),
          integer(
              "TRIGGER_SCHEDULER_BATCH_SIZE", "100", "triggers of one look", "scheduler.batchMax"),
          text(
              "WORKFLOW_HTTP_ALLOWED_HOSTS",
              "all",
              "the only hosts workflows may call: `a.com,*.b.com`",
              "workflow-runner.httpHosts"),
          flag(
              "WORKFLOW_HTTP_ALLOW_PRIVATE",
              "`true` lets workflows call private addresses from the worker",
              "workflow-runner.httpPrivateAllowed"),
          text(
              "GITHUB_API_BASE_URL",
              "https://api.github.com",
              "where actions of the connector `github` go",
              "workflow-runner.githubApiBaseUrl",
              "session-turns.githubApiBaseUrl"),
          text(
              "SLACK_API_BASE_URL",
              "https://slack.com/api",
              "where actions of the connector `slack` go",
              "workflow-runner.slackApiBaseUrl"));

  private WorkerVariables() {}
}
