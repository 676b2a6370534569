package ai.vespid.gateway.control;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.workflow.NodeConfig;
import ai.vespid.protocol.workflow.PolicyEffect;
import ai.vespid.protocol.workflow.PolicyScope;
import ai.vespid.sql.PolicyRuleRepository;
import ai.vespid.sql.PolicyRuleRepository.Fields;
import ai.vespid.sql.PolicyRuleRepository.PolicyRule;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.vertx.core.Future;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * What an organization allows its workflows' nodes to do (contract 5.6, decision 12). The original
 * has no endpoints for it. What is accepted here is what runners understand: a rule they do not
 * understand forbids.
 */
final class PolicyEndpoints {
  private static final int NAME_CHARS_MAX = 200;
  private static final int PRIORITY_MAX = 1_000_000;
  private static final int PRIORITY_USUAL = 100;

  /** A rule as answers show it. */
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record RuleView(
      String id,
      String organizationId,
      String name,
      boolean enabled,
      int priority,
      String effect,
      RawJson scope,
      String createdByUserId,
      String updatedByUserId,
      String createdAt,
      String updatedAt) {
    static RuleView of(PolicyRule r) {
      return new RuleView(
          r.id(),
          r.organizationId(),
          r.name(),
          r.enabled(),
          r.priority(),
          r.effect(),
          r.scope(),
          r.createdByUserId(),
          r.updatedByUserId(),
          Iso.of(r.createdAt()),
          Iso.of(r.updatedAt()));
    }
  }

  /** What is sent; all of it is optional in a change. */
  record Body(String name, Boolean enabled, Integer priority, PolicyEffect effect, RawJson scope) {
    Body {
      Check.optionalText("name", name, 1, NAME_CHARS_MAX);
      Check.optionalRange("priority", priority, -PRIORITY_MAX, PRIORITY_MAX);
      if (scope != null) known(PolicyScope.read(scope));
    }

    static Body of(Call call) {
      return Json.read(call.context().body().buffer().getBytes(), Body.class);
    }

    // A rule about a misspelt type would never match, and nobody would notice.
    private static void known(PolicyScope scope) {
      var types = scope.nodeTypes() == null ? List.<String>of() : scope.nodeTypes();
      Stream.concat(Stream.ofNullable(scope.nodeType()), types.stream())
          .filter(type -> !NodeConfig.TYPES.containsKey(type))
          .findFirst()
          .ifPresent(type -> {
            throw new InvalidMessage("scope.nodeTypes", "must be of " + NodeConfig.TYPES.keySet());
          });
      if (scope.taskType() != null && !scope.taskType().equals("shell")) {
        throw new InvalidMessage("scope.taskType", "must be shell");
      }
    }

    Fields fields() {
      return new Fields(name, enabled, priority, text(effect), scope);
    }

    private static String text(PolicyEffect effect) {
      return effect == null ? null : Json.read(Json.write(effect), String.class);
    }
  }

  private final PolicyRuleRepository rules;

  PolicyEndpoints(PolicyRuleRepository rules) {
    this.rules = rules;
  }

  Map<String, Endpoint> endpoints() {
    return Map.of(
        "listPolicyRules", this::list,
        "createPolicyRule", this::create,
        "changePolicyRule", this::change,
        "deletePolicyRule", this::delete);
  }

  private Future<Answer> list(Call call) {
    return rules
        .list(call.organizationId())
        .map(rows -> Answer.ok(Map.of("rules", rows.stream().map(RuleView::of).toList())));
  }

  private Future<Answer> create(Call call) {
    var sent = Body.of(call).fields();
    var fields =
        new Fields(
            sent.name(),
            sent.enabled() == null || sent.enabled(),
            sent.priority() == null ? PRIORITY_USUAL : sent.priority(),
            sent.effect(),
            sent.scope() == null ? RawJson.of("{}") : sent.scope());
    return rules
        .list(call.organizationId())
        .compose(all -> {
          if (all.size() >= PolicyRuleRepository.MAX) {
            throw new Problem(
                ErrorCode.CONFLICT, "an organization may have " + all.size() + " rules");
          }
          return rules.create(call.organizationId(), fields, call.caller().userId());
        })
        .map(made -> Answer.created(Map.of("rule", RuleView.of(made))));
  }

  private Future<Answer> change(Call call) {
    var fields = Body.of(call).fields();
    var user = call.caller().userId();
    return of(call, id -> rules.change(call.organizationId(), id, fields, user))
        .map(changed ->
            Answer.ok(Map.of("rule", RuleView.of(changed.orElseThrow(PolicyEndpoints::none)))));
  }

  private Future<Answer> delete(Call call) {
    return of(call, id -> rules.delete(call.organizationId(), id))
        .map(found -> {
          if (!found) throw none();
          return Answer.DONE;
        });
  }

  private static <T> Future<T> of(Call call, Function<String, Future<T>> act) {
    return WorkflowEndpoints.of(call, none(), act, "ruleId");
  }

  private static Problem none() {
    return new Problem(ErrorCode.POLICY_RULE_NOT_FOUND, "no such rule");
  }
}
