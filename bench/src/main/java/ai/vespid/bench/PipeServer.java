package ai.vespid.bench;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.ServerWebSocket;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The physical limit for this shape of work, as a process of its own: each POST body goes to one of
 * the connected WebSockets with a number in front, the echo's body is the answer. No routing, no
 * store, one event loop. Says {@code ready <port>} and ends when its standard input does.
 */
final class PipeServer {
  private static final int NUMBER_BYTES = Long.BYTES;

  private final List<ServerWebSocket> agents = new ArrayList<>();
  private final Map<Long, HttpServerResponse> pending = new HashMap<>();
  private long last;

  private PipeServer() {}

  /** Runs until standard input ends. */
  public static void main(String[] args) throws IOException {
    var vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    var pipe = new PipeServer();
    var server =
        vertx
            .createHttpServer(new HttpServerOptions().setTcpNoDelay(true))
            .webSocketHandler(pipe::connected)
            .requestHandler(pipe::forward)
            .listen(0, "127.0.0.1")
            .await();
    System.out.println("ready " + server.actualPort());
    while (System.in.read() >= 0) {
      // Nothing is said on this stream; its end is the parent's.
    }
    vertx.close().await();
  }

  private void connected(ServerWebSocket agent) {
    agents.add(agent);
    agent.closeHandler(_ -> agents.remove(agent));
    agent.binaryMessageHandler(this::answer);
  }

  private void forward(HttpServerRequest request) {
    request.bodyHandler(body -> {
      if (agents.isEmpty()) {
        request.response().setStatusCode(503).end();
        return;
      }
      long number = ++last;
      pending.put(number, request.response());
      var message = Buffer.buffer(NUMBER_BYTES + body.length());
      message.appendLong(number).appendBuffer(body);
      agents.get((int) (number % agents.size())).writeBinaryMessage(message);
    });
  }

  private void answer(Buffer echo) {
    var response = pending.remove(echo.getLong(0));
    if (response != null) response.end(echo.getBuffer(NUMBER_BYTES, echo.length()));
  }
}
