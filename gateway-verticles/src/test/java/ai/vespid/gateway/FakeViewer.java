package ai.vespid.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.sql.AgentSession;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A viewer as the contract describes it, written without our records. */
final class FakeViewer implements AutoCloseable {
  private static final int FRAME_BYTES_MAX = 1024 * 1024;

  final List<JsonObject> seen = new ArrayList<>();
  final BlockingQueue<String> closes = new LinkedBlockingQueue<>();
  final WebSocket socket;
  private final BlockingQueue<JsonObject> received = new LinkedBlockingQueue<>();
  // Kept: a client that becomes unreachable closes its sockets.
  private final WebSocketClient client;

  FakeViewer(TestGateway gateway, String organization, String token) {
    client =
        gateway.vertx.createWebSocketClient(
            new WebSocketClientOptions().setMaxFrameSize(FRAME_BYTES_MAX));
    socket = client.connect(options(gateway.port, organization, token)).await();
    socket.textMessageHandler(text -> received.add(new JsonObject(text)));
    socket.closeHandler(_ -> closes.add(String.valueOf(socket.closeReason())));
  }

  static WebSocketConnectOptions options(int port, String organization, String token) {
    return new WebSocketConnectOptions()
        .setHost("127.0.0.1")
        .setPort(port)
        .setURI("/ws/client?orgId=" + organization)
        .addHeader("Authorization", "Bearer " + token);
  }

  void send(String type, AgentSession session, JsonObject more) {
    socket
        .writeTextMessage(more.copy().put("type", type).put("sessionId", session.id()).encode())
        .await();
  }

  void join(AgentSession session) {
    send("session_join", session, new JsonObject());
  }

  void say(AgentSession session, String message) {
    send("session_send", session, new JsonObject().put("message", message));
  }

  /** The next frame of this type; all up to it are kept in {@link #seen}. */
  JsonObject await(String type) {
    try {
      while (true) {
        var frame = received.poll(15, TimeUnit.SECONDS);
        assertThat(frame).as("waits for %s after %s", type, seen).isNotNull();
        seen.add(frame);
        if (frame.getString("type").equals(type)) return frame;
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  List<JsonObject> seen(String type) {
    return seen.stream().filter(frame -> frame.getString("type").equals(type)).toList();
  }

  List<Long> seqs() {
    return seen("session_event_v2").stream().map(frame -> frame.getLong("seq")).toList();
  }

  @Override
  public void close() {
    client.close().await();
  }
}
