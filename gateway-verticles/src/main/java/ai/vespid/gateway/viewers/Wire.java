package ai.vespid.gateway.viewers;

import ai.vespid.protocol.Json;
import ai.vespid.protocol.session.ViewerFrame;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import java.nio.charset.StandardCharsets;

/** Writes frames to one viewer: a socket, or a screen of the simulator. */
interface Wire {
  short GOING_AWAY = 1001;
  short POLICY_VIOLATION = 1008;
  short SERVICE_RESTART = 1012;
  short TRY_AGAIN_LATER = 1013;

  void send(ViewerFrame frame);

  /** It has more unread than it may. */
  boolean full();

  void ping();

  void close(short status, String reason);

  void pause();

  void resume();

  /** One that writes to a socket. */
  static Wire of(ServerWebSocket socket) {
    return new Wire() {
      @Override
      public void send(ViewerFrame frame) {
        if (!socket.isClosed()) {
          socket.writeTextMessage(new String(Json.write(frame), StandardCharsets.UTF_8));
        }
      }

      @Override
      public boolean full() {
        return !socket.isClosed() && socket.writeQueueFull();
      }

      @Override
      public void ping() {
        if (!socket.isClosed()) socket.writePing(Buffer.buffer("v"));
      }

      @Override
      public void close(short status, String reason) {
        if (!socket.isClosed()) socket.close(status, reason);
      }

      @Override
      public void pause() {
        socket.pause();
      }

      @Override
      public void resume() {
        socket.resume();
      }
    };
  }
}
