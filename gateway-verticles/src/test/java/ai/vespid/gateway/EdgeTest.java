package ai.vespid.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.gateway.TestGateway.Credentials;
import ai.vespid.kit.bus.Bus;
import ai.vespid.protocol.bus.ExecutorEdge;
import ai.vespid.protocol.bus.SessionRegistry.Revoked;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.UpgradeRejectedException;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The socket side: who is let in, what is answered to nonsense, and what closes a socket. */
class EdgeTest {
  private static TestGateway gateway;
  private String organization;
  private Credentials credentials;

  @BeforeAll
  static void start() {
    gateway = new TestGateway();
    gateway.edgeConfig.put("helloMax", "PT1S").put("staleMs", 5_000).put("sweepEvery", "PT0.5S");
    gateway.start();
  }

  @AfterAll
  static void stop() {
    gateway.close();
  }

  @BeforeEach
  void pair() {
    organization = UUID.randomUUID().toString();
    credentials = gateway.executor(organization);
  }

  @Test
  void refusesBeforeTheUpgradeWithAStatusAndACode() {
    assertThat(refusal("/ws/executor", null)).isEqualTo("401 UNAUTHORIZED");
    assertThat(refusal("/ws/executor", "Basic abc")).isEqualTo("401 UNAUTHORIZED");
    assertThat(refusal("/ws", "Bearer nonsense")).isEqualTo("401 EXECUTOR_TOKEN_INVALID");
    assertThat(refusal("/ws", "Bearer " + organization + ".wrong"))
        .isEqualTo("401 EXECUTOR_TOKEN_INVALID");
    assertThat(refusal("/ws/other", "Bearer " + credentials.token())).isEqualTo("404 NOT_FOUND");
    revoke();
    assertThat(refusal("/ws/executor", "Bearer " + credentials.token()))
        .isEqualTo("403 EXECUTOR_REVOKED");
    assertThat(gateway.get("/ws/executor").code()).isEqualTo("UPGRADE_REQUIRED");
  }

  @Test
  void tellsAgentsThatComeTogetherWhenToComeBack() {
    try (var small = new TestGateway()) {
      small.edgeConfig.put("handshakesPerSecMax", 1);
      small.start();
      var options =
          new WebSocketConnectOptions()
              .setHost("127.0.0.1")
              .setPort(small.port)
              .setURI("/ws")
              .addHeader("Authorization", "Bearer " + small.executor(organization).token());
      var client = small.vertx.createWebSocketClient();

      var herd = Stream.generate(() -> client.connect(options)).limit(10).toList();
      Future.join(herd).otherwiseEmpty().await();

      assertThat(herd).anyMatch(Future::succeeded);
      assertThat(herd)
          .filteredOn(Future::failed)
          .isNotEmpty()
          .extracting(Future::cause)
          .asInstanceOf(InstanceOfAssertFactories.list(UpgradeRejectedException.class))
          .allSatisfy(refused -> {
            assertThat(refused.getStatus()).isEqualTo(503);
            assertThat(refused.getHeaders().get("Retry-After")).matches("\\d|10");
            assertThat(refused.getBody().toString()).contains("GATEWAY_OVERLOADED");
          });
      assertThat(small.meters.counter("vespid.edge.handshakes.deferred").count()).isPositive();
      client.close();
    }
  }

  @Test
  void answersAnUpgradeWhoseTargetIsNoPath() throws InterruptedException {
    var answers = new LinkedBlockingQueue<String>();
    var client = gateway.vertx.createNetClient();
    var socket = client.connect(gateway.port, "127.0.0.1").await();
    socket.handler(bytes -> answers.add(bytes.toString()));
    socket.write(
        "GET // HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n");

    assertThat(answers.poll(5, TimeUnit.SECONDS)).startsWith("HTTP/1.1 404");
    client.close();
  }

  @Test
  void saysWhatIsWrongWithAHelloAndClosesTheSocket() throws InterruptedException {
    var agent = FakeAgent.v2(gateway, credentials).open(gateway);
    agent.send(agent.hello().put("maxInFlight", 201));
    var refusal = agent.await("executor_error_v2");

    assertThat(refusal.getString("code")).isEqualTo("HELLO_INVALID");
    assertThat(refusal.getString("message")).contains("maxInFlight").contains("1 to 200");
    assertThat(agent.closes.poll(5, TimeUnit.SECONDS)).isEqualTo("HELLO_INVALID");
    agent.close();
  }

  @Test
  void refusesAHelloThatContradictsItsToken() throws InterruptedException {
    var agent = FakeAgent.v2(gateway, credentials).open(gateway);
    agent.send(agent.hello().put("executorId", UUID.randomUUID().toString()));

    assertThat(agent.await("executor_error_v2").getString("code"))
        .isEqualTo("EXECUTOR_IDENTITY_MISMATCH");
    assertThat(agent.closes.poll(5, TimeUnit.SECONDS)).isEqualTo("EXECUTOR_IDENTITY_MISMATCH");
    agent.close();
  }

  @Test
  void closesASocketThatNeverSaysHello() throws InterruptedException {
    var agent = FakeAgent.v2(gateway, credentials).open(gateway);

    assertThat(agent.closes.poll(5, TimeUnit.SECONDS)).isEqualTo("HELLO_REQUIRED");
    agent.close();
  }

  @Test
  void disconnectsAnAgentThatFellSilent() throws InterruptedException {
    var agent = FakeAgent.v2(gateway, credentials).connect(gateway);

    assertThat(agent.closes.poll(10, TimeUnit.SECONDS)).isEqualTo("STALE");
    assertThat(
            gateway
                .post("/internal/v1/dispatch", gateway.body(organization).encode())
                .await()
                .code())
        .isEqualTo("NO_AGENT_AVAILABLE");
    agent.close();
  }

  @Test
  void closesTheSocketOfARevokedExecutorAtOnce() throws InterruptedException {
    var agent = FakeAgent.extended(gateway, credentials).connect(gateway);
    revoke();
    new Bus(gateway.vertx, "gw-1")
        .publish(ExecutorEdge.REVOKED, new Revoked(credentials.executorId()));

    assertThat(agent.closes.poll(1, TimeUnit.SECONDS)).isEqualTo("EXECUTOR_REVOKED");
    agent.close();
  }

  @Test
  void findsARevocationWhoseMessageWasLost() throws InterruptedException {
    var agent = FakeAgent.extended(gateway, credentials).connect(gateway);
    revoke();

    assertThat(agent.closes.poll(5, TimeUnit.SECONDS)).isEqualTo("EXECUTOR_REVOKED");
    agent.close();
  }

  @Test
  void speaksTheFirstProtocolWithAnAgentOfTheFirstGeneration() throws InterruptedException {
    var frames = new LinkedBlockingQueue<JsonObject>();
    var client = gateway.vertx.createWebSocketClient();
    var socket = connect(client, "/ws");
    socket.textMessageHandler(text -> frames.add(new JsonObject(text)));
    socket.writeTextMessage(
        new JsonObject()
            .put("type", "hello")
            .put("agentVersion", "0.1.0")
            .put("name", "old")
            .put(
                "capabilities", new JsonObject().put("kinds", new JsonArray().add("agent.execute")))
            .encode());
    socket.writeTextMessage("{\"type\":\"ping\",\"ts\":5}");
    assertThat(frames.poll(5, TimeUnit.SECONDS).getString("type")).isEqualTo("pong");
    var body = gateway.body(organization);
    var answer = untilRouted(body);
    var execute = frames.poll(5, TimeUnit.SECONDS);
    assertThat(execute.getString("type")).isEqualTo("execute");
    socket.writeTextMessage(
        new JsonObject()
            .put("type", "execute_result")
            .put("requestId", execute.getString("requestId"))
            .put("status", "failed")
            .put("error", "HOST_EXIT_CODE:3")
            .encode());

    assertThat(answer.await().body().getString("error")).isEqualTo("HOST_EXIT_CODE:3");
    assertThat(frames.poll(5, TimeUnit.SECONDS).getString("type")).isEqualTo("execute_ack");
    client.close();
  }

  @Test
  void survivesWhateverAPeerSends() {
    var random = new Random(11);
    var client = gateway.vertx.createWebSocketClient();
    for (int round = 0; round < 20; round++) {
      var peer = gateway.executor(UUID.randomUUID().toString());
      var agent = FakeAgent.v2(gateway, peer);
      if (random.nextBoolean()) agent.connect(gateway);
      else agent.open(gateway);
      for (int i = 0; i < 60; i++) agent.sendText(nonsense(random));
      agent.close();
    }
    var large = connect(client, "/ws/executor");
    large.writeBinaryMessage(Buffer.buffer(new byte[9 * 1024 * 1024]));

    try (var _ = FakeAgent.v2(gateway, credentials).connect(gateway)) {
      assertThat(
              gateway
                  .post("/internal/v1/dispatch", gateway.body(organization).encode())
                  .await()
                  .status())
          .isEqualTo(200);
    }
    client.close();
  }

  private static String nonsense(Random random) {
    var types =
        List.of(
            "executor_hello_v2",
            "tool_result_v2",
            "tool_event_v2",
            "dispatch_ack",
            "turn_event",
            "hello",
            "execute_result",
            "zzz");
    return switch (random.nextInt(7)) {
      case 0 -> "";
      case 1 -> "[".repeat(1_000);
      case 2 -> "{\"type\":";
      case 3 -> "{\"type\":\"" + types.get(random.nextInt(types.size())) + "\"}";
      case 4 -> "{\"type\":42,\"requestId\":null}";
      case 5 ->
          "{\"type\":\"tool_result_v2\",\"requestId\":\"%s\",\"status\":\"succeeded\"}"
              .formatted("x".repeat(random.nextInt(2_000)));
      default ->
          "{\"type\":\"turn_event\",\"requestId\":\"r\",\"sessionId\":\"s\",\"event\":{\"ts\":9e15}}";
    };
  }

  private io.vertx.core.Future<TestGateway.Answer> untilRouted(JsonObject body) {
    var path = "/internal/v1/executors/routes?organizationId=" + organization;
    for (int i = 0; i < 200; i++) {
      if (!gateway.get(path).body().getJsonArray("routes").isEmpty()) break;
    }
    return gateway.post("/internal/v1/dispatch", body.encode());
  }

  private void revoke() {
    gateway
        .db
        .tenant(
            organization,
            sql ->
                sql.preparedQuery(
                        "UPDATE organization_executors SET revoked_at = now() WHERE id = $1")
                    .execute(Tuple.of(UUID.fromString(credentials.executorId()))))
        .await();
  }

  private WebSocket connect(WebSocketClient client, String path) {
    return client
        .connect(
            new WebSocketConnectOptions()
                .setHost("127.0.0.1")
                .setPort(gateway.port)
                .setURI(path)
                .addHeader("Authorization", "Bearer " + credentials.token()))
        .await();
  }

  private static String refusal(String path, String authorization) {
    var options =
        new WebSocketConnectOptions().setHost("127.0.0.1").setPort(gateway.port).setURI(path);
    if (authorization != null) options.addHeader("Authorization", authorization);
    var client = gateway.vertx.createWebSocketClient();
    var refused = new UpgradeRejectedException[1];
    assertThatThrownBy(() -> client.connect(options).await())
        .isInstanceOfSatisfying(UpgradeRejectedException.class, e -> refused[0] = e);
    client.close();
    return refused[0].getStatus() + " " + refused[0].getBody().toJsonObject().getString("code");
  }

  @Test
  void isNotReachedByAnotherMethod() {
    assertThat(gateway.send(HttpMethod.DELETE, "/ws", null, null).await().status()).isEqualTo(426);
  }

  @Test
  void givesWhatIsSafeToRepeatToAnotherAgentWhenOneDoesNotAcknowledge()
      throws InterruptedException {
    var silent = new LinkedBlockingQueue<JsonObject>();
    try (var deaf =
        FakeAgent.extended(gateway, credentials)
            .onInvoke((_, invoke) -> silent.add(invoke))
            .connect(gateway)) {
      var body = gateway.body(credentials.organizationId()).put("effect", "retry-safe");
      var answer = gateway.post("/internal/v1/dispatch", body.encode());
      var invoke = silent.poll(5, TimeUnit.SECONDS);
      assertThat(invoke).isNotNull();
      var begun = System.nanoTime();
      try (var other =
          FakeAgent.extended(gateway, gateway.executor(credentials.organizationId()))
              .connect(gateway)) {
        assertThat(answer.await().body().getString("status")).isEqualTo("succeeded");
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(4));
        assertThat(other.received).isNotEmpty();
        assertThat(deaf.await("dispatch_cancel").getInteger("epoch"))
            .isEqualTo(invoke.getInteger("epoch"));
        assertThat(gateway.meters.counter("vespid.edge.acknowledgements.late").count()).isOne();
      }
    }
  }
}
