package ai.vespid.gateway.control;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.sql.RunRepository;
import ai.vespid.sql.TriggerRepository;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Policy rules and alerts over HTTP and a real PostgreSQL. */
final class PoliciesAndAlertsTest {
  private static final String MANUAL =
      """
      {"version":"v2","trigger":{"type":"trigger.manual"},
       "nodes":[{"id":"a","type":"condition"}]}
      """;

  private static ControlServer server;
  private ControlServer.Person owner;

  @BeforeAll
  static void start() {
    server = ControlServer.start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void someone() {
    owner = server.person();
  }

  private ControlServer.Reply add(String body) {
    return owner.own("POST", "/policy-rules").body(body.replace('\'', '"')).send();
  }

  private String added(String body) {
    var reply = add(body);
    assertThat(reply.status()).as(reply.toString()).isEqualTo(201);
    return reply.json().getJsonObject("rule").getString("id");
  }

  private List<String> names() {
    var rules = owner.own("GET", "/policy-rules").send().json().getJsonArray("rules");
    return rules.stream().map(rule -> ((JsonObject) rule).getString("name")).toList();
  }

  /** What a runner is told with the claim of a run. */
  private JsonArray told() {
    var run = WorkflowSite.run(owner, WorkflowSite.published(owner, MANUAL)).getString("id");
    var runs = new RunRepository(server.database().worker());
    var claimed = runs.claim("w1", Duration.ofMinutes(1), run).await().orElseThrow();
    return new JsonArray(claimed.policy().text());
  }

  @Test
  void rulesAreKeptInTheirOrderAndToldToRunners() {
    added("{'name':'late','effect':'allow','priority':900}");
    var scope = "{'nodeType':'agent.execute','taskType':'shell','networkMode':'enabled'}";
    var id = added("{'name':'first','effect':'deny','priority':1,'scope':" + scope + "}");
    added("{'name':'usual','effect':'require_approval','scope':{'actionIdPrefixes':['issue.']}}");

    assertThat(names()).containsExactly("first", "usual", "late");
    var told = told();
    assertThat(told.getJsonObject(0))
        .isEqualTo(
            new JsonObject()
                .put("name", "first")
                .put("effect", "deny")
                .put("scope", new JsonObject(scope.replace('\'', '"'))));
    assertThat(told).hasSize(3);

    var off = owner.own("PATCH", "/policy-rules/" + id).body("{\"enabled\":false}").send();
    assertThat(off.status()).isEqualTo(200);
    var changed = off.json().getJsonObject("rule");
    assertThat(changed.getBoolean("enabled")).isFalse();
    assertThat(changed.getString("effect")).isEqualTo("deny");
    assertThat(told()).hasSize(2);

    assertThat(owner.own("DELETE", "/policy-rules/" + id).send().status()).isEqualTo(200);
    assertThat(owner.own("DELETE", "/policy-rules/" + id).send().code())
        .isEqualTo("POLICY_RULE_NOT_FOUND");
    assertThat(owner.own("PATCH", "/policy-rules/" + id).body("{}").send().code())
        .isEqualTo("POLICY_RULE_NOT_FOUND");
    assertThat(names()).containsExactly("usual", "late");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'effect':'deny'} | name",
        "{'name':'','effect':'deny'} | name",
        "{'name':'x'} | effect",
        "{'name':'x','effect':'forbid'} | effect",
        "{'name':'x','effect':'deny','priority':1.5} | priority",
        "{'name':'x','effect':'deny','more':1} | more",
        "{'name':'x','effect':'deny','scope':{'nodeTyp':'a'}} | nodeTyp",
        "{'name':'x','effect':'deny','scope':{'nodeType':'agent.exeute'}} | scope.nodeType",
        "{'name':'x','effect':'deny','scope':{'nodeTypes':['a']}} | scope.nodeTypes",
        "{'name':'x','effect':'deny','scope':{'networkMode':'some'}} | networkMode",
        "{'name':'x','effect':'deny','scope':[]} | scope"
      })
  void whatARunnerWouldNotUnderstandIsRefused(String body, String field) {
    var refused = add(body);

    assertThat(refused.status()).as(refused.toString()).isEqualTo(400);
    assertThat(refused.code()).isEqualTo("BAD_REQUEST");
    assertThat(refused.json().getString("message")).contains(field);
    assertThat(names()).isEmpty();
  }

  @Test
  void membersNeitherReadNorChangeRules() {
    var id = added("{'name':'x','effect':'deny'}");
    var member = server.person();
    join(member);

    var rules = "/policy-rules";
    for (var request :
        List.of(
            member.in(owner.organizationId, "GET", rules),
            member
                .in(owner.organizationId, "POST", rules)
                .body("{\"name\":\"y\",\"effect\":\"allow\"}"),
            member.in(owner.organizationId, "PATCH", rules + "/" + id).body("{\"enabled\":false}"),
            member.in(owner.organizationId, "DELETE", rules + "/" + id))) {
      var reply = request.send();
      assertThat(reply.code()).as(reply.toString()).isEqualTo("FORBIDDEN");
    }
    assertThat(names()).containsExactly("x");
  }

  private void join(ControlServer.Person person) {
    server
        .database()
        .tenant(
            owner.organizationId,
            sql ->
                sql.preparedQuery(
                        "INSERT INTO memberships (organization_id, user_id, role_key)"
                            + " VALUES ($1, $2, 'member')")
                    .execute(
                        Tuple.of(
                            UUID.fromString(owner.organizationId), UUID.fromString(person.userId))))
        .await();
  }

  private JsonArray alerts(String status) {
    return owner.own("GET", "/alerts?status=" + status).send().json().getJsonArray("alerts");
  }

  /** Lets the trigger fail as a scheduler does, until it is off. */
  private String disabledTrigger() {
    WorkflowSite.published(owner, WorkflowSite.HEARTBEAT);
    var triggers = new TriggerRepository(server.database());
    var id = triggers.list(owner.organizationId, null, 10).await().getFirst().id();
    triggers.failed(id, null, Instant.now(), "ORG_RUN_QUOTA_EXCEEDED", 1).await();
    return id;
  }

  @Test
  void aTriggerThatWasSwitchedOffIsAnAlertUntilSomebodyHasSeenIt() {
    var trigger = disabledTrigger();

    var open = alerts("open");
    assertThat(open).hasSize(1);
    var alert = open.getJsonObject(0);
    assertThat(alert.getString("kind")).isEqualTo("trigger_disabled");
    assertThat(alert.getString("message")).isEqualTo("ORG_RUN_QUOTA_EXCEEDED");
    assertThat(alert.getString("subscriptionId")).isEqualTo(trigger);
    assertThat(alert.getJsonObject("details").getInteger("failureCount")).isEqualTo(1);
    assertThat(alert.getString("acknowledgedAt")).isNull();
    var shown = owner.own("GET", "/triggers").send().json().getJsonArray("subscriptions");
    assertThat(shown.getJsonObject(0).getBoolean("enabled")).isFalse();
    assertThat(shown.getJsonObject(0).getInteger("failureCount")).isEqualTo(1);

    var seen = owner.own("POST", "/alerts/" + alert.getString("id") + "/acknowledge").send();
    assertThat(seen.status()).isEqualTo(200);
    assertThat(seen.json().getJsonObject("alert").getString("acknowledgedByUserId"))
        .isEqualTo(owner.userId);
    assertThat(alerts("open")).isEmpty();
    assertThat(alerts("acknowledged")).hasSize(1);
    var stranger = server.person();
    assertThat(
            stranger.own("POST", "/alerts/" + alert.getString("id") + "/acknowledge").send().code())
        .isEqualTo("NOT_FOUND");
    assertThat(owner.own("GET", "/alerts?status=some").send().status()).isEqualTo(400);
  }

  @Test
  void switchingATriggerOnAgainSettlesItsAlert() {
    var trigger = disabledTrigger();

    owner.own("PATCH", "/triggers/" + trigger).body("{\"enabled\":true}").send();

    assertThat(alerts("open")).isEmpty();
  }
}
