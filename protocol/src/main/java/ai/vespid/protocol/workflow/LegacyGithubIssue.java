package ai.vespid.protocol.workflow;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;

/**
 * The node {@code connector.github.issue.create} of the first generation: today the action {@code
 * issue.create} of the connector {@code github}.
 */
record LegacyGithubIssue(
    String repo, String title, String body, NodeConfig.Auth auth, Execution execution) {
  LegacyGithubIssue {
    Check.text("repo", repo, 1, 200);
    Check.text("title", title, 1, 256);
    Check.optionalText("body", body, 0, 200_000);
  }

  /** The action's input. */
  record Input(String repo, String title, String body) {}

  static NodeConfig read(RawJson config) {
    var old = Json.read(config.bytes(), LegacyGithubIssue.class);
    var input = RawJson.from(new Input(old.repo, old.title, old.body));
    return new NodeConfig.ConnectorAction("github", "issue.create", input, old.auth, old.execution);
  }
}
