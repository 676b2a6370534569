package ai.vespid.worker.nodes;

import ai.vespid.protocol.Limits;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.http.DispatchBody;
import ai.vespid.protocol.workflow.AgentRun;
import ai.vespid.protocol.workflow.Node;
import ai.vespid.protocol.workflow.NodeConfig.AgentExecute;
import ai.vespid.protocol.workflow.NodeConfig.ConnectorAction;
import ai.vespid.sql.Run;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** The dispatches of remote nodes (contract 3.2 and 5.5). */
public final class RemoteNodes {
  /** Who asks when the user who started the run is gone: nobody. */
  private static final String NOBODY = "00000000-0000-0000-0000-000000000000";

  private final String githubApiBaseUrl;

  public RemoteNodes(String githubApiBaseUrl) {
    this.githubApiBaseUrl = githubApiBaseUrl;
  }

  /** What agents are told about where services are. */
  private record Env(String githubApiBaseUrl) {}

  private record ActionPayload(String connectorId, String actionId, RawJson input, Env env) {}

  private record ExecutePayload(
      String nodeId, RawJson node, String runId, String workflowId, int attemptCount) {}

  /** Where an engine finds its provider. */
  private record Runtime(String baseUrl) {}

  private record SecretRefs(
      String engineSecretId, Map<String, String> connectorSecretIdsByConnectorId) {}

  private record RunPayload(
      String nodeId,
      RawJson node,
      String runId,
      String workflowId,
      int attemptCount,
      RawJson runInput,
      List<RawJson> steps,
      Env env,
      SecretRefs secretRefs,
      Runtime resolvedRuntime) {}

  /**
   * What goes along with a node.
   *
   * @param steps what came before it, as in the run's output; asked only where it is told
   * @param secret what it needs; may be null
   * @param baseUrl where an engine finds its provider; null for the usual place
   */
  public record Along(Supplier<List<RawJson>> steps, String secret, String baseUrl) {
    @Override
    public String toString() {
      return "Along[]";
    }
  }

  /**
   * The dispatch of a node.
   *
   * @param timeoutMs kept within what a dispatch may say
   */
  public DispatchBody dispatch(Run run, int attempt, Node node, Along along, int timeoutMs) {
    var within = Math.clamp(timeoutMs, Limits.TIMEOUT_MS_MIN, Limits.TIMEOUT_MS_MAX);
    return new DispatchBody(
        run.organizationId(),
        run.requestedByUserId() == null ? NOBODY : run.requestedByUserId(),
        run.id(),
        run.workflowId(),
        node.id(),
        node.type(),
        attempt,
        node.config().kind().orElseThrow(),
        RawJson.from(payload(run, attempt, node, along)),
        along.secret(),
        node.config().execution().selector(),
        within,
        null,
        null,
        node.config() instanceof AgentExecute e && e.sandbox() != null
            ? e.sandbox().network()
            : null,
        node.config().execution().workspace(),
        null,
        null,
        null);
  }

  private Object payload(Run run, int attempt, Node node, Along along) {
    var env = new Env(githubApiBaseUrl);
    return switch (node.config()) {
      case ConnectorAction action ->
          new ActionPayload(action.connectorId(), action.actionId(), action.input(), env);
      case AgentExecute _ ->
          new ExecutePayload(node.id(), node.written(), run.id(), run.workflowId(), attempt);
      case AgentRun agent ->
          new RunPayload(
              node.id(),
              node.written(),
              run.id(),
              run.workflowId(),
              attempt,
              run.input(),
              along.steps().get(),
              env,
              refs(agent),
              along.baseUrl() == null ? null : new Runtime(along.baseUrl()));
      default -> throw new IllegalArgumentException(node.type() + " is never remote");
    };
  }

  private static SecretRefs refs(AgentRun agent) {
    var connectors = new HashMap<String, String>();
    if (agent.tools().authDefaults() != null) {
      agent
          .tools()
          .authDefaults()
          .connectors()
          .forEach((id, auth) -> connectors.put(id, auth.secretId()));
    }
    return new SecretRefs(agent.secretId().orElse(null), connectors);
  }
}
