package ai.vespid.protocol.connector;

import java.util.List;
import java.util.Optional;

/** Every action there is. A new one is a class of its own and a line here. */
public final class Actions {
  public static final List<Action> ALL =
      List.of(new GithubIssueCreate(), new SlackMessagePost(), new HttpRequestSend());

  private Actions() {}

  public static Optional<Action> find(String connectorId, String actionId) {
    return ALL.stream()
        .filter(action -> action.connectorId().equals(connectorId))
        .filter(action -> action.actionId().equals(actionId))
        .findFirst();
  }
}
