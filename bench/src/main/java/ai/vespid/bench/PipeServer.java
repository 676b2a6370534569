package ai.vespid.bench;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;

/**
 * The physical limit for this shape of work, as a process of its own: each POST body goes to one of
 * the connected WebSockets with a number in front, the echo's body is the answer. No routing, no
 * store, one event loop. Says {@code ready <port>} and ends when its standard input does.
 */
final class PipeServer {
  private PipeServer() {}

  /** Runs until standard input ends. */
  public static void main(String[] args) throws IOException {
    var vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    var clients = new EchoClients();
    var server =
        vertx
            .createHttpServer(new HttpServerOptions().setTcpNoDelay(true))
            .webSocketHandler(clients::connected)
            .requestHandler(request -> request.bodyHandler(body -> forward(clients, request, body)))
            .listen(0, "127.0.0.1")
            .await();
    untilParentEnds(server.actualPort());
    vertx.close().await();
  }

  /** Says where it listens; returns when standard input ends. */
  static void untilParentEnds(int port) throws IOException {
    System.out.println("ready " + port);
    while (System.in.read() >= 0) {
      // Nothing is said on this stream; its end is the parent's.
    }
  }

  private static void forward(EchoClients clients, HttpServerRequest request, Buffer body) {
    if (!clients.ask(body, echo -> request.response().end(echo))) {
      request.response().setStatusCode(503).end();
    }
  }
}
