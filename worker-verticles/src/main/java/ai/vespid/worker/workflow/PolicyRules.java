package ai.vespid.worker.workflow;

import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.NetworkMode;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.workflow.Node;
import ai.vespid.protocol.workflow.NodeConfig.AgentExecute;
import ai.vespid.protocol.workflow.NodeConfig.ConnectorAction;
import ai.vespid.protocol.workflow.PolicyEffect;
import ai.vespid.protocol.workflow.PolicyScope;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
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
      case AgentExecute task when PolicyScope.networkOf(task) == NetworkMode.ENABLED ->
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

  private record Rule(String name, PolicyEffect effect, PolicyScope scope) {
    // What cannot be understood forbids: it was meant to forbid, or to ask.
    static Rule read(Shape shape) {
      try {
        return new Rule(shape.name(), shape.effect(), PolicyScope.read(shape.scope()));
      } catch (InvalidMessage _) {
        return new Rule("invalid_policy_rule:" + shape.name(), PolicyEffect.DENY, PolicyScope.ALL);
      }
    }

    boolean matches(Node node) {
      return scope.matches(node);
    }
  }

  private record Shape(String name, PolicyEffect effect, RawJson scope) {}
}
