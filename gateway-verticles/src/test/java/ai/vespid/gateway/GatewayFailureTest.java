package ai.vespid.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.gateway.TestGateway.Credentials;
import ai.vespid.protocol.EffectClass;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.Selector;
import ai.vespid.protocol.WorkspaceUse;
import ai.vespid.protocol.bus.Dispatch;
import ai.vespid.sql.DispatchRepository;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What survives when the gateway or one of its stores goes away. */
class GatewayFailureTest {
  private TestGateway gateway;
  private String organization;
  private Credentials credentials;

  @BeforeEach
  void start() {
    gateway = new TestGateway().start();
    organization = UUID.randomUUID().toString();
    credentials = gateway.executor(organization);
  }

  @AfterEach
  void stop() {
    gateway.close();
  }

  @Test
  void finishesAnAcceptedDispatchWhoseAgentWorkedOnThroughARestart() {
    var agent =
        FakeAgent.extended(gateway, credentials).onInvoke(FakeAgent::acknowledge).connect(gateway);
    var body = gateway.body(organization).put("timeoutMs", 60_000);
    gateway.post("/internal/v1/dispatch-async", body.encode()).await();
    var invoke = agent.await("invoke_tool_v2");
    gateway.stop();
    gateway.start();
    var back = new FakeAgent(gateway.vertx, credentials, agent.bootId).open(gateway);
    var held =
        new JsonObject()
            .put("requestId", invoke.getString("requestId"))
            .put("epoch", invoke.getInteger("epoch"));
    back.send(agent.hello().put("finished", List.of(held)));
    back.await("executor_welcome_v2");
    back.send(agent.result(invoke));

    assertThat(back.await("result_ack").getBoolean("accepted")).isTrue();
    var result = gateway.get("/internal/v1/results/" + TestGateway.requestId(body));
    assertThat(result.body().getString("status")).isEqualTo("succeeded");
    back.close();
  }

  @Test
  void runsAfterARestartWhatWasAcceptedButNeverOffered() {
    var agent =
        FakeAgent.extended(gateway, credentials).onInvoke(FakeAgent::acknowledge).connect(gateway);
    gateway.stop();
    gateway.routerConfig.put("orgMaxInFlight", 1);
    gateway.start();
    agent =
        FakeAgent.extended(gateway, credentials).onInvoke(FakeAgent::acknowledge).connect(gateway);
    var first = gateway.body(organization).put("timeoutMs", 60_000);
    var second = gateway.body(organization).put("timeoutMs", 60_000);
    gateway.post("/internal/v1/dispatch-async", first.encode()).await();
    agent.await("invoke_tool_v2");
    assertThat(gateway.post("/internal/v1/dispatch-async", second.encode()).await().status())
        .isEqualTo(201);
    gateway.stop();
    gateway.start();
    // Another process: the first dispatch died with the old one, the second was never begun.
    try (var reborn = FakeAgent.extended(gateway, credentials).connect(gateway)) {
      assertThat(reborn.await("result_ack").getString("requestId"))
          .isEqualTo(TestGateway.requestId(second));
      assertThat(gateway.awaitResult(first).getString("error")).isEqualTo("AGENT_DISCONNECTED");
    }
  }

  @Test
  void knowsWhoIsConnectedAfterItsRegistryCrashed() {
    try (var agent = FakeAgent.extended(gateway, credentials).connect(gateway)) {
      gateway.restart("session-registry");

      assertThat(gateway.awaitRoutes(organization)).isEqualTo(1);
      assertThat(agent.closes).isEmpty();
    }
  }

  @Test
  void finishesASynchronousDispatchWhoseRouterCrashed() {
    try (var agent =
        FakeAgent.extended(gateway, credentials)
            .onInvoke(FakeAgent::acknowledge)
            .connect(gateway)) {
      var body = gateway.body(organization);
      var answer = gateway.post("/internal/v1/dispatch", body.encode());
      var invoke = agent.await("invoke_tool_v2");

      gateway.restart("dispatch-router");
      agent.send(agent.result(invoke));

      assertThat(agent.await("result_ack").getBoolean("accepted")).isTrue();
      assertThat(answer.await().body().getString("status")).isEqualTo("succeeded");
    }
  }

  @Test
  void findsAnAcceptedDispatchThatNoRouterKnows() {
    try (var agent = FakeAgent.extended(gateway, credentials).connect(gateway)) {
      var body = gateway.body(organization).put("timeoutMs", 60_000);
      var lost =
          new Dispatch(
              TestGateway.requestId(body),
              organization,
              body.getString("requestedByUserId"),
              Kind.AGENT_EXECUTE,
              RawJson.of("{\"echo\":\"found\"}"),
              null,
              null,
              Selector.byon(),
              60_000,
              60_000,
              EffectClass.AT_MOST_ONCE,
              null,
              WorkspaceUse.NONE);
      new DispatchRepository(gateway.db.gateway())
          .insert(
              List.of(
                  new DispatchRepository.Stored(
                      lost.requestId(),
                      organization,
                      0,
                      null,
                      Buffer.buffer(Json.write(lost)),
                      null,
                      "byon:" + organization,
                      Instant.now().plusSeconds(60))))
          .await();

      assertThat(agent.await("invoke_tool_v2").getString("requestId")).isEqualTo(lost.requestId());
      assertThat(gateway.awaitResult(body).getString("status")).isEqualTo("succeeded");
    }
  }

  @Test
  void readsResultsOfBothKindsAfterARestart() {
    var sync = gateway.body(organization);
    var async = gateway.body(organization);
    try (var agent = FakeAgent.extended(gateway, credentials).connect(gateway)) {
      gateway.post("/internal/v1/dispatch", sync.encode()).await();
      gateway.post("/internal/v1/dispatch-async", async.encode()).await();
      agent.await("result_ack");
      agent.await("result_ack");
    }
    gateway.stop();
    gateway.start();

    for (var body : List.of(sync, async)) {
      var result = gateway.get("/internal/v1/results/" + TestGateway.requestId(body));
      assertThat(result.body().getString("status")).isEqualTo("succeeded");
    }
  }

  @Test
  void goesOnWithoutRedisAndLosesNothingAccepted() {
    try (var agent = FakeAgent.extended(gateway, credentials).connect(gateway)) {
      gateway.stopRedis();
      var sync = gateway.body(organization);
      assertThat(gateway.post("/internal/v1/dispatch", sync.encode()).await().status())
          .isEqualTo(200);
      var async = gateway.body(organization);
      assertThat(gateway.post("/internal/v1/dispatch-async", async.encode()).await().status())
          .isEqualTo(201);
      agent.await("result_ack");
      agent.await("result_ack");
      gateway.stop();
      gateway.startRedis();
      gateway.start();

      var result = gateway.get("/internal/v1/results/" + TestGateway.requestId(async));
      assertThat(result.body().getString("status")).isEqualTo("succeeded");
    }
  }

  @Test
  void keepsASecretOutOfTheDatabaseRedisAndMetrics() {
    var secret = "s3cr3t-" + UUID.randomUUID();
    var agent =
        FakeAgent.extended(gateway, credentials).onInvoke(FakeAgent::acknowledge).connect(gateway);
    var body = gateway.body(organization).put("secret", secret);
    gateway.post("/internal/v1/dispatch-async", body.encode()).await();
    var invoke = agent.await("invoke_tool_v2");
    assertThat(invoke.getString("secret")).isEqualTo(secret);

    var row =
        gateway
            .db
            .gateway()
            .query("SELECT spec, sealed_secret, d::text AS everything FROM dispatches d")
            .execute()
            .await()
            .iterator()
            .next();
    assertThat(row.getBuffer("spec").toString()).doesNotContain(secret);
    assertThat(row.getBuffer("sealed_secret").toString(StandardCharsets.ISO_8859_1.name()))
        .isNotEmpty()
        .doesNotContain(secret);
    assertThat(row.getString("everything")).doesNotContain(secret);
    assertThat(everythingInRedis()).doesNotContain(secret);
    assertThat(gateway.meters.getMetersAsString()).doesNotContain(secret);
    agent.send(agent.result(invoke));
    agent.await("result_ack");
    var after =
        gateway
            .db
            .gateway()
            .query("SELECT spec, sealed_secret FROM dispatches")
            .execute()
            .await()
            .iterator()
            .next();
    assertThat(after.getBuffer("sealed_secret")).isNull();
    assertThat(after.getBuffer("spec").length()).isZero();
    agent.close();
  }

  private String everythingInRedis() {
    var redis = Redis.createClient(gateway.vertx, "redis://127.0.0.1:" + gateway.redisPort);
    var all = new StringBuilder();
    for (var key : redis.send(Request.cmd(Command.KEYS).arg("*")).await()) {
      all.append(key).append(redis.send(Request.cmd(Command.GET).arg(key.toString())).await());
    }
    redis.close();
    return all.toString();
  }
}
