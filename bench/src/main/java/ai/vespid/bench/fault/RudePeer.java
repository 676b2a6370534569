package ai.vespid.bench.fault;

import ai.vespid.bench.Credential;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.executor.ExecutorFrame.Hello;
import ai.vespid.protocol.executor.Frames;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketConnectOptions;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;

/** An agent that is let in and then behaves badly; thrown out, it comes again. */
final class RudePeer implements AutoCloseable {
  /** The ways in which it does. */
  enum Rudeness {
    MEGABYTE_FRAMES,
    TINY_FRAMES,
    MALFORMED,
    WRONG_STATE,
    NEVER_READS
  }

  private static final long TURN_MS = 10;
  private static final int TINY_A_TURN = 1_000;
  private static final int OTHERS_A_TURN = 20;
  private static final String MEGABYTE =
      "{\"type\":\"tool_event_v2\",\"requestId\":\"0123456789\",\"event\":\""
          + "x".repeat(1_000_000)
          + "\"}";
  // Nothing is wrong with it: who says it is not thrown out.
  private static final String TINY =
      "{\"type\":\"dispatch_ack\",\"requestId\":\"0123456789\",\"epoch\":1}";
  private static final List<String> MALFORMED =
      List.of(
          "",
          "{",
          "{}",
          "[]",
          "null",
          "\"type\"",
          "{\"type\":7}",
          "{\"type\":\"no_such\"}",
          "\u0000",
          "{\"type\":\"executor_hello_v2\"}",
          "[".repeat(10_000));
  private static final List<String> WRONG_STATE =
      List.of(
          "{\"type\":\"tool_result_v2\",\"requestId\":\"0123456789\",\"status\":\"succeeded\"}",
          "{\"type\":\"dispatch_ack\",\"requestId\":\"0123456789\",\"epoch\":1}",
          "{\"type\":\"turn_delta\",\"requestId\":\"0123456789\",\"content\":\"x\","
              + "\"sessionId\":\"00000000-0000-4000-8000-000000000000\"}",
          "{\"type\":\"hello\"}",
          "{\"type\":\"result_ack\",\"requestId\":\"0123456789\"}");

  private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
  private final WebSocketClient client = vertx.createWebSocketClient();
  private final GatewayProcess gateway;
  private Credential credential;
  private volatile Rudeness rudeness;
  private volatile long sent;
  private WebSocket socket;
  private boolean connecting;

  RudePeer(GatewayProcess gateway) {
    this.gateway = gateway;
    vertx.setPeriodic(TURN_MS, _ -> turn());
  }

  /** Comes as this agent and behaves like that. */
  void begin(Rudeness next, Credential as) {
    vertx.runOnContext(_ -> {
      sent = 0;
      rudeness = next;
      credential = as;
      if (socket != null) socket.close();
      socket = null;
    });
  }

  /** Frames of this kind that left. */
  long sent() {
    return sent;
  }

  private void turn() {
    if (rudeness == null || connecting) return;
    if (socket == null || socket.isClosed()) {
      connect();
      return;
    }
    switch (rudeness) {
      case MEGABYTE_FRAMES -> say(List.of(MEGABYTE), OTHERS_A_TURN);
      case TINY_FRAMES -> say(List.of(TINY), TINY_A_TURN);
      case MALFORMED -> say(MALFORMED, OTHERS_A_TURN);
      case WRONG_STATE -> say(WRONG_STATE, OTHERS_A_TURN);
      case NEVER_READS -> socket.pause();
    }
  }

  private void say(List<String> frames, int times) {
    for (int i = 0; i < times && !socket.isClosed() && !socket.writeQueueFull(); i++) {
      socket.writeTextMessage(frames.get((int) (sent % frames.size())));
      sent++;
    }
  }

  private void connect() {
    connecting = true;
    var as = credential;
    var options =
        new WebSocketConnectOptions()
            .setAbsoluteURI("ws://127.0.0.1:" + gateway.port() + "/ws/executor")
            .addHeader("Authorization", "Bearer " + credential.token());
    client
        .connect(options)
        .onComplete(opened -> {
          connecting = false;
          if (!opened.succeeded()) return;
          if (as != credential) {
            opened.result().close();
            return;
          }
          socket = opened.result();
          // Nothing it is told matters to it.
          socket.textMessageHandler(_ -> {});
          socket.exceptionHandler(_ -> {});
          socket.writeTextMessage(hello());
        });
  }

  private String hello() {
    var hello =
        new Hello(
            "rude-1",
            credential.executorId(),
            credential.pool(),
            credential.organizationId(),
            "rude",
            List.of(),
            200,
            Set.of(Kind.CONNECTOR_ACTION),
            null,
            null,
            null,
            null,
            null,
            null);
    return new String(Frames.write(hello), StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    rudeness = null;
    vertx.close().await();
  }
}
