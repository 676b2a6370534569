package ai.vespid.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.gateway.TestGateway.Credentials;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The gateway as workers and agents see it: HTTP on one side, WebSockets on the other. */
class GatewayTest {
  private static TestGateway gateway;
  private String organization;
  private Credentials credentials;

  @BeforeAll
  static void start() {
    gateway = new TestGateway().start();
  }

  @AfterAll
  static void stop() {
    gateway.close();
  }

  @BeforeEach
  void pair() {
    organization = UUID.randomUUID().toString();
    credentials = gateway.executor(organization, "west", "group:beta");
  }

  @Test
  void runsADispatchOnAnAgentThatKnowsOnlyTheOriginalsFrames() {
    try (var agent = FakeAgent.v2(gateway, credentials).connect(gateway)) {
      var body = gateway.body(organization);
      var answer = gateway.post("/internal/v1/dispatch", body.encode()).await();

      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.body().getString("status")).isEqualTo("succeeded");
      assertThat(answer.body().getJsonObject("output")).isEqualTo(body.getJsonObject("payload"));
      assertThat(answer.body().containsKey("error")).isFalse();
      var invoke = agent.await("invoke_tool_v2");
      assertThat(invoke).isNotNull();
    }
  }

  @Test
  void answersARepeatedDispatchFromTheStoreWithoutRunningItAgain() {
    try (var agent = FakeAgent.v2(gateway, credentials).connect(gateway)) {
      var body = gateway.body(organization).encode();
      var first = gateway.post("/internal/v1/dispatch", body).await();
      var second = gateway.post("/internal/v1/dispatch", body).await();

      assertThat(second).isEqualTo(first);
      assertThat(agent.received.stream().filter(f -> f.getString("type").startsWith("invoke")))
          .hasSize(1);
    }
  }

  @Test
  void joinsADispatchThatIsInFlight() {
    var held = new ArrayList<JsonObject>();
    try (var agent =
        FakeAgent.extended(gateway, credentials)
            .onInvoke((a, invoke) -> {
              a.acknowledge(invoke);
              held.add(invoke);
            })
            .connect(gateway)) {
      var body = gateway.body(organization).encode();
      var first = gateway.post("/internal/v1/dispatch", body);
      var invoke = agent.await("invoke_tool_v2");
      var second = gateway.post("/internal/v1/dispatch", body);
      // Something later on the same road proves that the second has arrived.
      gateway.get("/internal/v1/results/0123456789");
      agent.send(agent.result(invoke));

      assertThat(first.await().status()).isEqualTo(200);
      assertThat(second.await()).isEqualTo(first.await());
      assertThat(held).hasSize(1);
      assertThat(agent.await("result_ack").getBoolean("accepted")).isTrue();
    }
  }

  @Test
  void acceptsAsynchronouslyAndServesTheResult() {
    try (var agent = FakeAgent.extended(gateway, credentials).connect(gateway)) {
      var body = gateway.body(organization);
      var accepted = gateway.post("/internal/v1/dispatch-async", body.encode()).await();

      assertThat(accepted.status()).isEqualTo(201);
      assertThat(accepted.body())
          .isEqualTo(
              new JsonObject()
                  .put("requestId", TestGateway.requestId(body))
                  .put("dispatched", true));
      assertThat(agent.await("result_ack").getBoolean("accepted")).isTrue();
      var result = gateway.get("/internal/v1/results/" + TestGateway.requestId(body));
      assertThat(result.status()).isEqualTo(200);
      assertThat(result.body().getString("status")).isEqualTo("succeeded");
      var again = gateway.post("/internal/v1/dispatch-async", body.encode()).await();
      assertThat(again.status()).isEqualTo(200);
      assertThat(again.body().getBoolean("cached")).isTrue();
    }
  }

  @Test
  void refusesWhenNobodyCanTakeIt() {
    // Who may wait would wait: the gateway has just begun, and agents may be coming back to it.
    var body = gateway.body(organization).put("maxWaitMs", 0);
    for (var path : List.of("/internal/v1/dispatch", "/internal/v1/dispatch-async")) {
      var answer = gateway.post(path, body.encode()).await();
      assertThat(answer.status()).isEqualTo(503);
      assertThat(answer.code()).isEqualTo("NO_AGENT_AVAILABLE");
    }
    assertThat(gateway.get("/internal/v1/results/" + TestGateway.requestId(body)).code())
        .isEqualTo("RESULT_NOT_READY");
  }

  @Test
  void keepsWhatMayWaitForAgentsThatComeBackToAGatewayThatHasJustBegun() {
    gateway.restart("dispatch-router");
    var body = gateway.body(organization);

    var early = gateway.post("/internal/v1/dispatch-async", body.encode()).await();

    assertThat(early.status()).isEqualTo(201);
    try (var _ = FakeAgent.v2(gateway, credentials).connect(gateway)) {
      assertThat(gateway.awaitResult(body).getString("status")).isEqualTo("succeeded");
    }
  }

  private static TestGateway.Answer cancel(JsonObject body, String organizationId) {
    var path = "/internal/v1/dispatches/" + TestGateway.requestId(body) + "/cancel";
    var who = new JsonObject().put("organizationId", organizationId);
    return gateway.post(path, who.encode()).await();
  }

  @Test
  void cancelsADispatchForItsOrganizationAndTellsTheAgentHoweverOftenItIsAsked() {
    try (var agent =
        FakeAgent.extended(gateway, credentials)
            .onInvoke(FakeAgent::acknowledge)
            .connect(gateway)) {
      var body = gateway.body(organization);
      gateway.post("/internal/v1/dispatch-async", body.encode()).await();
      assertThat(agent.await("invoke_tool_v2")).isNotNull();

      assertThat(cancel(body, UUID.randomUUID().toString()).status()).isEqualTo(202);
      assertThat(gateway.get("/internal/v1/results/" + TestGateway.requestId(body)).code())
          .isEqualTo("RESULT_NOT_READY");
      assertThat(cancel(body, organization).status()).isEqualTo(202);

      assertThat(gateway.awaitResult(body).getString("error")).isEqualTo("DISPATCH_CANCELED");
      assertThat(agent.await("dispatch_cancel").getString("requestId"))
          .isEqualTo(TestGateway.requestId(body));
      assertThat(cancel(body, organization).status()).isEqualTo(202);
      assertThat(cancel(gateway.body(organization), organization).status()).isEqualTo(202);
      assertThat(cancel(body, null).code()).isEqualTo("BAD_REQUEST");
    }
  }

  @Test
  void routesByControlPlaneTagsAndNeverByReportedOnes() {
    try (var _ = FakeAgent.v2(gateway, credentials).connect(gateway)) {
      var reported = gateway.body(organization);
      reported.put("executorSelector", new JsonObject().put("pool", "byon").put("tag", "reported"));
      assertThat(gateway.post("/internal/v1/dispatch", reported.encode()).await().code())
          .isEqualTo("NO_AGENT_AVAILABLE");

      var group = gateway.body(organization);
      group.put("executorSelector", new JsonObject().put("pool", "byon").put("group", "beta"));
      assertThat(gateway.post("/internal/v1/dispatch", group.encode()).await().status())
          .isEqualTo(200);
    }
  }

  @Test
  void endsAtTheDeadlineAndCancelsTheAgent() {
    try (var agent =
        FakeAgent.extended(gateway, credentials)
            .onInvoke(FakeAgent::acknowledge)
            .connect(gateway)) {
      var body = gateway.body(organization).put("timeoutMs", 1_000);
      var answer = gateway.post("/internal/v1/dispatch", body.encode()).await();

      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.body().getString("error")).isEqualTo("NODE_EXECUTION_TIMEOUT");
      assertThat(agent.await("dispatch_cancel").getString("requestId"))
          .isEqualTo(TestGateway.requestId(body));
    }
  }

  @Test
  void believesAResultOnlyFromTheSocketThatHoldsTheDispatch() {
    var other = gateway.executor(UUID.randomUUID().toString());
    try (var agent =
            FakeAgent.extended(gateway, credentials)
                .onInvoke(FakeAgent::acknowledge)
                .connect(gateway);
        var forger = FakeAgent.extended(gateway, other).connect(gateway)) {
      var answer = gateway.post("/internal/v1/dispatch", gateway.body(organization).encode());
      var invoke = agent.await("invoke_tool_v2");
      forger.send(forger.result(invoke).put("output", "forged"));
      assertThat(forger.await("result_ack").getBoolean("accepted")).isFalse();
      agent.send(agent.result(invoke));

      assertThat(answer.await().body().encode()).doesNotContain("forged");
    }
  }

  @Test
  void failsWhatAPlainAgentHeldAsSoonAsItsLinkIsGone() {
    var agent = FakeAgent.v2(gateway, credentials).onInvoke((_, _) -> {}).connect(gateway);
    var answer = gateway.post("/internal/v1/dispatch", gateway.body(organization).encode());
    agent.await("invoke_tool_v2");
    agent.cut();

    assertThat(answer.await().body().getString("error")).isEqualTo("AGENT_DISCONNECTED");
    agent.close();
  }

  @Test
  void keepsWhatAnExtendedAgentHoldsOverALostLink() {
    var agent =
        FakeAgent.extended(gateway, credentials).onInvoke(FakeAgent::acknowledge).connect(gateway);
    var answer = gateway.post("/internal/v1/dispatch", gateway.body(organization).encode());
    var invoke = agent.await("invoke_tool_v2");
    agent.cut();
    agent.open(gateway);
    var held =
        new JsonObject()
            .put("requestId", invoke.getString("requestId"))
            .put("epoch", invoke.getInteger("epoch"));
    agent.send(agent.hello().put("inFlight", List.of(held)));
    agent.await("executor_welcome_v2");
    agent.send(agent.result(invoke));

    assertThat(answer.await().body().getString("status")).isEqualTo("succeeded");
    agent.close();
  }

  @Test
  void offersAgainWhatNeverArrivedAndFailsWhatDiedWithItsProcess() {
    var agent =
        FakeAgent.extended(gateway, credentials).onInvoke(FakeAgent::acknowledge).connect(gateway);
    var answer = gateway.post("/internal/v1/dispatch", gateway.body(organization).encode());
    agent.await("invoke_tool_v2");
    agent.cut();
    agent.onInvoke(FakeAgent::echo).open(gateway);
    agent.send(agent.hello());
    assertThat(answer.await().body().getString("status")).isEqualTo("succeeded");

    agent.onInvoke(FakeAgent::acknowledge).received.clear();
    var second = gateway.post("/internal/v1/dispatch", gateway.body(organization).encode());
    agent.await("invoke_tool_v2");
    agent.cut();
    try (var reborn = FakeAgent.extended(gateway, credentials).connect(gateway)) {
      assertThat(second.await().body().getString("error")).isEqualTo("AGENT_DISCONNECTED");
      assertThat(reborn.received.stream().anyMatch(f -> f.containsKey("payload"))).isFalse();
    }
    agent.close();
  }

  @Test
  void letsTheNewestConnectionWinWithoutLosingTheRoute() throws InterruptedException {
    var first = FakeAgent.extended(gateway, credentials).connect(gateway);
    var second = FakeAgent.extended(gateway, credentials).connect(gateway);

    assertThat(first.closes.poll(5, TimeUnit.SECONDS)).isEqualTo("REPLACED");
    for (int i = 0; i < 20; i++) {
      assertThat(
              gateway
                  .post("/internal/v1/dispatch", gateway.body(organization).encode())
                  .await()
                  .status())
          .isEqualTo(200);
    }
    first.close();
    second.close();
  }

  @Test
  void explainsWhoIsExcludedByWhat() {
    try (var agent =
        FakeAgent.extended(gateway, credentials)
            .onInvoke(FakeAgent::acknowledge)
            .connect(gateway)) {
      var body = gateway.body(organization);
      gateway.post("/internal/v1/dispatch-async", body.encode()).await();
      agent.await("invoke_tool_v2");
      var path = "/internal/v1/dispatches/%s/explain".formatted(TestGateway.requestId(body));
      var answer = gateway.get(path);

      assertThat(answer.body().getString("state")).isEqualTo("assigned");
      assertThat(answer.body().getString("executorId")).isEqualTo(credentials.executorId());
    }
  }

  @Test
  void completesTwoThousandConcurrentDispatchesEachWithItsOwnAnswer() {
    try (var _ = FakeAgent.extended(gateway, credentials).connect(gateway)) {
      var answers = new ArrayList<Future<TestGateway.Answer>>();
      for (int i = 0; i < 2_000; i++) {
        var body = gateway.body(organization).put("maxWaitMs", 10_000).put("nodeId", "n" + i);
        body.getJsonObject("payload").put("echo", "value-" + i);
        answers.add(gateway.post("/internal/v1/dispatch", body.encode()));
      }
      for (int i = 0; i < answers.size(); i++) {
        var answer = answers.get(i).await();
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body().getJsonObject("output").getString("echo")).isEqualTo("value-" + i);
      }
    }
  }
}
