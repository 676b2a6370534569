package ai.vespid.worker.workflow;

import ai.vespid.protocol.Json;
import ai.vespid.protocol.NetworkMode;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.workflow.Node;
import ai.vespid.protocol.workflow.NodeConfig.AgentExecute;
import ai.vespid.protocol.workflow.NodeConfig.ConnectorAction;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The rules of an organization (contract 5.6): the first that matches decides. Where none does, the
 * defaults of the operator do: all is allowed, as both seeds expect, or what reaches out or writes
 * is asked about.
 */
final class PolicyRules implements NodePolicy {
  private static final Set<String> WRITES =
      Set.of(
          "create", "update", "delete", "remove", "write", "send", "post", "put", "patch", "sync",
          "upsert", "publish", "invite", "grant", "revoke");

  // A condition that is not known may be the one that matters.
  private static final ObjectMapper STRICT =
      Json.copyOfMapper().enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

  private final List<Rule> rules;
  private final PolicyDefaults defaults;
  private final Duration approvalTtl;

  private PolicyRules(List<Rule> rules, PolicyDefaults defaults, Duration approvalTtl) {
    this.rules = rules;
    this.defaults = defaults;
    this.approvalTtl = approvalTtl;
  }

  /**
   * @param rules {@code [{name, effect, scope}]}, those that are enabled, in their order
   * @param approvalTtl how long a person has to decide
   */
  static PolicyRules of(RawJson rules, PolicyDefaults defaults, Duration approvalTtl) {
    var read = Arrays.stream(Json.read(rules.bytes(), Shape[].class)).map(Rule::read).toList();
    return new PolicyRules(read, defaults, approvalTtl);
  }

  @Override
  public Verdict judge(Node node) {
    return rules.stream()
        .filter(rule -> rule.matches(node))
        .findFirst()
        .map(this::verdict)
        .orElseGet(() -> defaults == PolicyDefaults.ALLOW ? new Verdict.Allow() : guarded(node));
  }

  private Verdict verdict(Rule rule) {
    return switch (rule.effect()) {
      case ALLOW -> new Verdict.Allow();
      case DENY -> new Verdict.Deny(rule.name());
      case REQUIRE_APPROVAL -> new Verdict.Ask(rule.name(), approvalTtl);
    };
  }

  private Verdict guarded(Node node) {
    return switch (node.config()) {
      case AgentExecute task when network(task) == NetworkMode.ENABLED ->
          new Verdict.Deny("network_enabled_execute_denied_by_default");
      case AgentExecute _ -> new Verdict.Ask("shell_run_requires_approval", approvalTtl);
      case ConnectorAction action when writes(action) ->
          new Verdict.Ask("connector_write_action_requires_approval", approvalTtl);
      default -> new Verdict.Allow();
    };
  }

  private static boolean writes(ConnectorAction action) {
    return Arrays.stream(action.actionId().split("[^A-Za-z]+")).anyMatch(WRITES::contains);
  }

  private static NetworkMode network(AgentExecute task) {
    return task.sandbox() == null ? null : task.sandbox().network();
  }

  private record Rule(String name, Effect effect, Scope scope) {
    enum Effect {
      @JsonProperty("allow")
      ALLOW,
      @JsonProperty("deny")
      DENY,
      @JsonProperty("require_approval")
      REQUIRE_APPROVAL
    }

    // What cannot be understood forbids: it was meant to forbid, or to ask.
    static Rule read(Shape shape) {
      try {
        var scope = STRICT.readValue(shape.scope().bytes(), Scope.class);
        return new Rule(shape.name(), shape.effect(), scope);
      } catch (IOException _) {
        return new Rule("invalid_policy_rule:" + shape.name(), Effect.DENY, Scope.ALL);
      }
    }

    boolean matches(Node node) {
      return scope.matches(node);
    }
  }

  private record Shape(String name, Rule.Effect effect, RawJson scope) {}

  /** All that is said must be true of the node. */
  private record Scope(
      String nodeType,
      List<String> nodeTypes,
      String taskType,
      NetworkMode networkMode,
      List<String> actionIdPrefixes) {
    static final Scope ALL = new Scope(null, null, null, null, null);

    boolean matches(Node node) {
      var task = node.config() instanceof AgentExecute execute ? execute : null;
      var action = node.config() instanceof ConnectorAction known ? known.actionId() : null;
      return (nodeType == null || nodeType.equals(node.type()))
          && (nodeTypes == null || nodeTypes.contains(node.type()))
          && (taskType == null || task != null && taskType.equals(task.task().type()))
          && (networkMode == null
              || task != null
                  && networkMode == Optional.ofNullable(network(task)).orElse(NetworkMode.NONE))
          && (actionIdPrefixes == null
              || action != null && actionIdPrefixes.stream().anyMatch(action::startsWith));
    }
  }
}
