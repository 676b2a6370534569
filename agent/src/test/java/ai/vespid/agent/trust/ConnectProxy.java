package ai.vespid.agent.trust;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetSocket;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A proxy that makes ways for those who ask it to CONNECT. */
public final class ConnectProxy {
  private final Queue<String> targets = new ConcurrentLinkedQueue<>();
  // Kept: a client that becomes unreachable closes its sockets.
  private final NetClient client;
  private final HttpServer server;
  private final String credentials;
  private volatile boolean closed;

  /**
   * @param credentials {@code user:password} that it wants, or null
   */
  public ConnectProxy(Vertx vertx, String credentials) {
    this.client = vertx.createNetClient();
    this.credentials = credentials;
    this.server =
        vertx.createHttpServer().requestHandler(this::connect).listen(0, "127.0.0.1").await();
  }

  /** Lets nobody through from now on. */
  public void refuse() {
    closed = true;
  }

  public int port() {
    return server.actualPort();
  }

  /** Where ways were made to. */
  public Queue<String> targets() {
    return targets;
  }

  private void connect(HttpServerRequest request) {
    if (!request.method().equals(HttpMethod.CONNECT)) {
      request.response().setStatusCode(405).end();
    } else if (!known(request.getHeader(HttpHeaders.PROXY_AUTHORIZATION))) {
      request.response().putHeader("Proxy-Authenticate", "Basic realm=\"test\"");
      request.response().setStatusCode(407).end();
    } else if (closed) {
      request.response().setStatusCode(403).end();
    } else {
      var target = request.authority();
      client
          .connect(target.port(), target.host())
          .onSuccess(there -> {
            targets.add(target.toString());
            request.toNetSocket().onSuccess(here -> join(here, there));
          })
          .onFailure(_ -> request.response().setStatusCode(502).end());
    }
  }

  private boolean known(String header) {
    if (credentials == null) return true;
    var expected = Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8));
    return ("Basic " + expected).equals(header);
  }

  private static void join(NetSocket here, NetSocket there) {
    here.pipeTo(there);
    there.pipeTo(here);
  }
}
