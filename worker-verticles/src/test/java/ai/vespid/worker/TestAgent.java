package ai.vespid.worker;

import ai.vespid.kit.bus.Bus;
import ai.vespid.protocol.bus.SessionRegistry;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;

/** An agent of the original that speaks v2 and answers when it is told to. */
final class TestAgent {
  final List<JsonObject> invokes = new CopyOnWriteArrayList<>();
  private final Queue<JsonObject> kept = new ConcurrentLinkedQueue<>();
  // Kept: a client that becomes unreachable closes its sockets.
  private final WebSocketClient client;
  private final WebSocket socket;
  private volatile boolean patient;

  // A run goes to an agent that names its engine, with a login or for who brings a key.
  private static final JsonArray CONNECTORS =
      new JsonArray(List.of("github", "gateway.codex.v2", "key:gateway.codex.v2"));

  TestAgent(TestWorld world) {
    var credentials = world.executor();
    client = world.vertx.createWebSocketClient();
    var options =
        new WebSocketConnectOptions()
            .setHost("127.0.0.1")
            .setPort(world.port)
            .setURI("/ws/executor")
            .addHeader("Authorization", "Bearer " + credentials[1]);
    socket = client.connect(options).await();
    socket.textMessageHandler(this::heard);
    var kinds = new JsonArray(List.of("connector.action", "agent.execute", "agent.run"));
    socket
        .writeTextMessage(
            new JsonObject()
                .put("type", "executor_hello_v2")
                .put("executorVersion", "1.0.0")
                .put("executorId", credentials[0])
                .put("pool", "byon")
                .put("organizationId", world.organization)
                .put("name", "fake")
                .put("labels", new JsonArray())
                .put("maxInFlight", 50)
                .put("kinds", kinds)
                .put("connectors", CONNECTORS)
                .encode())
        .await();
    awaitRoute(world, credentials[0]);
  }

  // Dispatched before that, a node would find no agent.
  private static void awaitRoute(TestWorld world, String executorId) {
    var bus = new Bus(world.vertx, "gw-1");
    long limit = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (System.nanoTime() < limit) {
      var question = new SessionRegistry.Routes(world.organization);
      var known = bus.ask(SessionRegistry.at("gw-1"), question, Duration.ofSeconds(5)).await();
      if (known.routes().stream().anyMatch(route -> route.executorId().equals(executorId))) return;
    }
    throw new AssertionError("the gateway knows no route to its agent");
  }

  /** Answers nothing until {@link #answer}. */
  TestAgent waits() {
    patient = true;
    return this;
  }

  private void heard(String text) {
    var frame = new JsonObject(text);
    if (!"invoke_tool_v2".equals(frame.getString("type"))) return;
    invokes.add(frame);
    if (patient) kept.add(frame);
    else answer(frame);
  }

  void answer() {
    for (var frame = kept.poll(); frame != null; frame = kept.poll()) answer(frame);
  }

  private void answer(JsonObject invoke) {
    var result =
        new JsonObject()
            .put("type", "tool_result_v2")
            .put("requestId", invoke.getString("requestId"))
            .put("status", "succeeded")
            .put("output", new JsonObject().put("done", true));
    socket.writeTextMessage(result.encode());
  }

  /** Tells about the work it holds. */
  void tell(JsonObject event) {
    socket.writeTextMessage(
        new JsonObject()
            .put("type", "tool_event_v2")
            .put("requestId", invokes.getLast().getString("requestId"))
            .put("event", event)
            .encode());
  }
}
