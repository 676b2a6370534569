package ai.vespid.agent.task;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.RawJson;
import java.util.List;

/**
 * The payload of a connector action (contract 7.2).
 *
 * @param allow the tools of whoever wants it; null when it is no tool of an engine
 */
record ActionPayload(
    String connectorId, String actionId, RawJson input, Env env, List<String> allow) {
  /** Where the connector's service is, when not at its usual place. */
  record Env(String githubApiBaseUrl) {
    Env {
      Check.optionalUrl("env.githubApiBaseUrl", githubApiBaseUrl);
    }
  }

  ActionPayload {
    Check.text("connectorId", connectorId, 1, 80);
    Check.text("actionId", actionId, 1, 120);
    if (input == null) input = RawJson.of("{}");
    allow = ExecutePayload.tools("allow", allow);
  }
}
