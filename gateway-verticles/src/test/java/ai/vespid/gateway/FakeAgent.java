package ai.vespid.gateway;

import io.vertx.core.Vertx;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;

/**
 * An agent as the contract describes it, written without our records: what it sends and reads is
 * plain JSON. Without {@link #speaksExtensions} it knows only the original's v2 frames.
 */
final class FakeAgent implements AutoCloseable {
  final TestGateway.Credentials credentials;
  final String bootId;
  final BlockingQueue<JsonObject> received = new LinkedBlockingQueue<>();
  final BlockingQueue<String> closes = new LinkedBlockingQueue<>();
  // Kept: a client that becomes unreachable closes its sockets.
  private final WebSocketClient client;
  private BiConsumer<FakeAgent, JsonObject> onInvoke = FakeAgent::echo;
  private WebSocket socket;
  private boolean speaksExtensions;
  private boolean confirmsCancels;
  private JsonArray offers;

  FakeAgent(Vertx vertx, TestGateway.Credentials credentials, String bootId) {
    this.credentials = credentials;
    this.bootId = bootId;
    this.client = vertx.createWebSocketClient();
  }

  static FakeAgent v2(TestGateway gateway, TestGateway.Credentials credentials) {
    return new FakeAgent(gateway.vertx, credentials, null);
  }

  static FakeAgent extended(TestGateway gateway, TestGateway.Credentials credentials) {
    var agent = new FakeAgent(gateway.vertx, credentials, UUID.randomUUID().toString());
    agent.speaksExtensions = true;
    return agent;
  }

  /** One that says when nothing is left of what it was told to stop. */
  FakeAgent confirming() {
    confirmsCancels = true;
    return this;
  }

  /** One that says which engines it has. */
  FakeAgent offering(String... engines) {
    offers = new JsonArray(List.of(engines));
    return this;
  }

  FakeAgent onInvoke(BiConsumer<FakeAgent, JsonObject> handler) {
    onInvoke = handler;
    return this;
  }

  /** Opens the socket without saying anything. */
  FakeAgent open(TestGateway gateway) {
    var options =
        new WebSocketConnectOptions()
            .setHost("127.0.0.1")
            .setPort(gateway.port)
            .setURI("/ws/executor")
            .addHeader("Authorization", "Bearer " + credentials.token());
    socket = client.connect(options).await();
    socket.textMessageHandler(this::onFrame);
    socket.closeHandler(_ -> closes.add(String.valueOf(socket.closeReason())));
    return this;
  }

  /** Opens the socket, says hello and waits until the gateway routes to it. */
  FakeAgent connect(TestGateway gateway) {
    open(gateway);
    send(hello());
    if (await("executor_welcome_v2") == null) throw new AssertionError("no welcome");
    if (credentials.organizationId() == null) return this;
    var list = "/internal/v1/executors/routes?organizationId=" + credentials.organizationId();
    for (int tries = 0; tries < 200; tries++) {
      if (gateway
          .get(list)
          .body()
          .getJsonArray("routes")
          .encode()
          .contains(credentials.executorId())) {
        return this;
      }
    }
    throw new AssertionError("never routed");
  }

  JsonObject hello() {
    var hello =
        new JsonObject()
            .put("type", "executor_hello_v2")
            .put("executorVersion", "1.0.0")
            .put("executorId", credentials.executorId())
            .put("pool", "byon")
            .put("organizationId", credentials.organizationId())
            .put("name", "fake")
            .put("labels", new JsonArray().add("reported"))
            .put("maxInFlight", 50)
            .put("kinds", new JsonArray(TestGateway.KINDS));
    if (credentials.organizationId() == null) {
      hello.put("pool", "managed").remove("organizationId");
    }
    if (offers != null) hello.put("connectors", offers);
    if (speaksExtensions) {
      var features = new JsonArray().add("ack");
      if (confirmsCancels) features.add("cancel");
      hello.put("bootId", bootId).put("features", features);
    }
    return hello;
  }

  void send(JsonObject frame) {
    socket.writeTextMessage(frame.encode()).await();
  }

  void sendText(String text) {
    socket.writeTextMessage(text);
  }

  private void onFrame(String text) {
    var frame = new JsonObject(text);
    received.add(frame);
    if ("invoke_tool_v2".equals(frame.getString("type"))) onInvoke.accept(this, frame);
  }

  static void echo(FakeAgent agent, JsonObject invoke) {
    agent.acknowledge(invoke);
    agent.sendText(agent.result(invoke).encode());
  }

  void acknowledge(JsonObject invoke) {
    if (!speaksExtensions) return;
    sendText(
        new JsonObject()
            .put("type", "dispatch_ack")
            .put("requestId", invoke.getString("requestId"))
            .put("epoch", invoke.getInteger("epoch"))
            .encode());
  }

  /** Tells how it goes on. */
  void progress(JsonObject invoke, int seq, String kind, JsonObject payload) {
    var event =
        new JsonObject()
            .put("seq", seq)
            .put("ts", 1_793_491_200_000L)
            .put("kind", kind)
            .put("level", "info")
            .put("payload", payload);
    sendText(
        new JsonObject()
            .put("type", "tool_event_v2")
            .put("requestId", invoke.getString("requestId"))
            .put("event", event)
            .encode());
  }

  JsonObject result(JsonObject invoke) {
    var result =
        new JsonObject()
            .put("type", "tool_result_v2")
            .put("requestId", invoke.getString("requestId"))
            .put("status", "succeeded")
            .put("output", invoke.getJsonObject("payload"));
    if (speaksExtensions) result.put("epoch", invoke.getInteger("epoch"));
    return result;
  }

  /** The next frame of this type within five seconds, or null; others before it are dropped. */
  JsonObject await(String type) {
    return await(type, 5);
  }

  JsonObject await(String type, int seconds) {
    try {
      for (var frame = received.poll(seconds, TimeUnit.SECONDS);
          frame != null;
          frame = received.poll(seconds, TimeUnit.SECONDS)) {
        if (type.equals(frame.getString("type"))) return frame;
      }
      return null;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Loses the link without a goodbye. */
  void cut() {
    socket.close().await();
  }

  @Override
  public void close() {
    client.close().await();
  }
}
