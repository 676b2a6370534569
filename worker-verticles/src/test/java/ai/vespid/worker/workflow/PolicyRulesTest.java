package ai.vespid.worker.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.workflow.Node;
import ai.vespid.protocol.workflow.NodeConfig;
import ai.vespid.worker.workflow.NodePolicy.Verdict;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PolicyRulesTest {
  private static final Duration DAY = Duration.ofDays(1);

  @Test
  void theFirstRuleThatMatchesDecides() {
    var policy =
        rules(
            rule("scripts", "require_approval", "{'taskType':'shell'}"),
            rule("no work", "deny", "{}"));

    assertThat(policy.judge(shell(null))).isEqualTo(new Verdict.Ask("scripts", DAY));
    assertThat(policy.judge(action("issue.create"))).isEqualTo(new Verdict.Deny("no work"));
  }

  @Test
  void withoutARuleThatMatchesAllIsAllowed() {
    var policy = rules(rule("joins", "deny", "{'nodeType':'parallel.join'}"));

    assertThat(policy.judge(shell("enabled"))).isEqualTo(new Verdict.Allow());
    assertThat(rules().judge(action("issue.create"))).isEqualTo(new Verdict.Allow());
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "{'nodeType':'agent.execute'},                                   true,  false",
        "`{'nodeTypes':['agent.execute','connector.action']}`,           true,  true",
        "{'taskType':'shell'},                                           true,  false",
        "{'networkMode':'enabled'},                                      true,  false",
        "{'networkMode':'none'},                                         false, false",
        "`{'actionIdPrefixes':['issue.']}`,                              false, true",
        "`{'nodeType':'connector.action','actionIdPrefixes':['repo.']}`, false, false",
        "`{'nodeType':'agent.execute','networkMode':'enabled'}`,         true,  false"
      })
  void allThatARuleSaysMustBeTrue(String scope, boolean script, boolean write) {
    var policy = rules(rule("r", "deny", scope));

    assertThat(policy.judge(shell("enabled")) instanceof Verdict.Deny).isEqualTo(script);
    assertThat(policy.judge(action("issue.create")) instanceof Verdict.Deny).isEqualTo(write);
  }

  @Test
  void aScriptNodeWithoutAScriptIsNoScript() {
    var policy = rules(rule("scripts", "deny", "{'taskType':'shell'}"));

    assertThat(policy.judge(node("agent.execute", "{}"))).isEqualTo(new Verdict.Allow());
  }

  @ParameterizedTest
  @CsvSource({"{'nodeTyp':'agent.execute'}", "{'nodeTypes':'agent.execute'}"})
  void aRuleThatCannotBeUnderstoodForbids(String scope) {
    var policy = rules(rule("wrong", "allow", scope));

    assertThat(policy.judge(shell(null))).isEqualTo(new Verdict.Deny("invalid_policy_rule:wrong"));
  }

  @Test
  void guardedDefaultsAskBeforeWhatWrites() {
    var policy = PolicyRules.of(RawJson.of("[]"), PolicyDefaults.GUARDED, DAY);

    assertThat(policy.judge(shell("enabled")))
        .isEqualTo(new Verdict.Deny("network_enabled_execute_denied_by_default"));
    assertThat(policy.judge(shell("none")))
        .isEqualTo(new Verdict.Ask("shell_run_requires_approval", DAY));
    assertThat(policy.judge(action("issue.create")))
        .isEqualTo(new Verdict.Ask("connector_write_action_requires_approval", DAY));
    assertThat(policy.judge(action("issue.list"))).isEqualTo(new Verdict.Allow());
  }

  private static PolicyRules rules(String... rules) {
    var all = RawJson.of("[" + String.join(",", rules) + "]");
    return PolicyRules.of(all, PolicyDefaults.ALLOW, DAY);
  }

  private static String rule(String name, String effect, String scope) {
    return "{'name':'%s','effect':'%s','scope':%s}"
        .formatted(name, effect, scope)
        .replace('\'', '"');
  }

  private static Node shell(String network) {
    var sandbox = network == null ? "" : ",'sandbox':{'network':'" + network + "'}";
    return node("agent.execute", "{'task':{'type':'shell','script':'true'}" + sandbox + "}");
  }

  private static Node action(String actionId) {
    return node(
        "connector.action",
        "{'connectorId':'github','actionId':'%s','auth':{'secretId':'%s'}}"
            .formatted(actionId, "33333333-3333-4333-8333-333333333333"));
  }

  private static Node node(String type, String config) {
    var written = RawJson.of(config.replace('\'', '"'));
    return new Node("n", NodeConfig.TYPES.get(type).read(written), written);
  }
}
