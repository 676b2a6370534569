package ai.vespid.gateway.viewers;

import ai.vespid.protocol.Json;
import ai.vespid.protocol.session.ViewerFrame;
import io.vertx.core.http.ServerWebSocket;
import java.nio.charset.StandardCharsets;

/** Writes frames to one socket. */
final class Wire {
  static final short GOING_AWAY = 1001;
  static final short POLICY_VIOLATION = 1008;
  static final short SERVICE_RESTART = 1012;
  static final short TRY_AGAIN_LATER = 1013;

  private final ServerWebSocket socket;

  Wire(ServerWebSocket socket) {
    this.socket = socket;
  }

  void send(ViewerFrame frame) {
    if (!socket.isClosed()) {
      socket.writeTextMessage(new String(Json.write(frame), StandardCharsets.UTF_8));
    }
  }

  /** It has more unread than it may. */
  boolean full() {
    return !socket.isClosed() && socket.writeQueueFull();
  }

  void ping() {
    if (!socket.isClosed()) socket.writePing(io.vertx.core.buffer.Buffer.buffer("v"));
  }

  void close(short status, String reason) {
    if (!socket.isClosed()) socket.close(status, reason);
  }

  void pause() {
    socket.pause();
  }

  void resume() {
    socket.resume();
  }
}
