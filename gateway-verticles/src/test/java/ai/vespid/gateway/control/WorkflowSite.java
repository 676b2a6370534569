package ai.vespid.gateway.control;

import ai.vespid.sql.ApprovalRepository.Asked;
import ai.vespid.sql.RunNode;
import ai.vespid.sql.RunRepository;
import ai.vespid.sql.RunRepository.Advance;
import ai.vespid.sql.RunRepository.Until;
import ai.vespid.sql.RunStatus;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/** A published workflow with a trigger, a run that waits for an approval, and a secret. */
record WorkflowSite(
    String workflowId, String runId, String secretId, String subscriptionId, String approvalId) {
  static final String HEARTBEAT =
      """
      {"version":"v2","trigger":{"type":"trigger.heartbeat","config":{"intervalSec":60}},
       "nodes":[{"id":"a","type":"agent.execute","config":{"task":null}}]}
      """;

  static WorkflowSite of(ControlServer server, ControlServer.Person person) {
    var workflow = published(person, HEARTBEAT);
    var run =
        person
            .own("POST", "/workflows/" + workflow + "/runs")
            .body("{\"input\":{\"of hers\":1}}")
            .send()
            .json()
            .getJsonObject("run")
            .getString("id");
    var secret =
        person
            .own("POST", "/secrets")
            .body("{\"connectorId\":\"github\",\"name\":\"of hers\",\"value\":\"s3cret-of-hers\"}")
            .send()
            .json()
            .getJsonObject("secret")
            .getString("id");
    var subscription =
        person.own("GET", "/triggers").send().json().getJsonArray("subscriptions").getJsonObject(0);
    return new WorkflowSite(
        workflow, run, secret, subscription.getString("id"), waiting(server, run));
  }

  String runs() {
    return "/workflows/" + workflowId + "/runs";
  }

  static String created(ControlServer.Person person, String dsl) {
    var reply =
        person.own("POST", "/workflows").body("{\"name\":\"of hers\",\"dsl\":" + dsl + "}").send();
    if (reply.status() != 201) throw new AssertionError("create: " + reply);
    return reply.json().getJsonObject("workflow").getString("id");
  }

  static String published(ControlServer.Person person, String dsl) {
    var id = created(person, dsl);
    var reply = person.own("POST", "/workflows/" + id + "/publish").send();
    if (reply.status() != 200) throw new AssertionError("publish: " + reply);
    return id;
  }

  static JsonObject run(ControlServer.Person person, String workflowId) {
    var reply = person.own("POST", "/workflows/" + workflowId + "/runs").send();
    if (reply.status() != 201) throw new AssertionError("run: " + reply);
    return reply.json().getJsonObject("run");
  }

  /** Lets the run wait for a person as a runner does; returns the approval's id. */
  static String waiting(ControlServer server, String runId) {
    var runs = new RunRepository(server.database().worker());
    var run = runs.claim("w1", Duration.ofMinutes(1), runId).await().orElseThrow();
    var expires = Instant.now().plusSeconds(600);
    var approval = UUID.randomUUID().toString();
    runs.advance(
            new Advance(
                runId,
                run.epoch(),
                RunStatus.RUNNING,
                1,
                null,
                null,
                null,
                null,
                List.of(
                    RunNode.Change.blocked(
                        "a", "agent.execute", 1, RunNode.APPROVAL, null, expires)),
                List.of(),
                List.of(new Asked(approval, "a", "agent.execute", "may it?", null, expires)),
                List.of(),
                new Until(expires, run.wakeSeq())))
        .await();
    return approval;
  }
}
