package ai.vespid.bench.fault;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.time.Duration;

/**
 * HTTP for threads that wait, as many at once as there are. By Vert.x on one loop: with the JDK's
 * client the callers of a fault run took more of the machine than any of its three gateways.
 */
final class Requests implements AutoCloseable {
  private static final String HOST = "127.0.0.1";
  private static final int CONNECT_MS_MAX = 2_000;
  // Above what may be open at once: nobody waits for another's connection.
  private static final int CONNECTIONS_MAX = 100_000;

  private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
  private final HttpClient http =
      vertx.createHttpClient(
          new HttpClientOptions().setConnectTimeout(CONNECT_MS_MAX),
          new PoolOptions().setHttp1MaxSize(CONNECTIONS_MAX));

  /**
   * What came back.
   *
   * @param status 0 when nothing did
   * @param cause why nothing did, or null
   */
  record Reply(int status, byte[] body, String cause) {}

  /**
   * Asks and waits.
   *
   * @param max how long nothing may be heard
   */
  Reply get(int port, String path, String token, Duration max) {
    return send(HttpMethod.GET, port, path, token, null, max);
  }

  /** As {@link #get}, with a body of JSON. */
  Reply post(int port, String path, String token, byte[] json, Duration max) {
    return send(HttpMethod.POST, port, path, token, Buffer.buffer(json), max);
  }

  private Reply send(
      HttpMethod method, int port, String path, String token, Buffer json, Duration max) {
    var options =
        new RequestOptions()
            .setMethod(method)
            .setHost(HOST)
            .setPort(port)
            .setURI(path)
            .setIdleTimeout(max.toMillis());
    if (token != null) options.putHeader("x-gateway-token", token);
    if (json != null) options.putHeader("Content-Type", "application/json");
    return http.request(options)
        .compose(request ->
            // Composed here, on the connection's own thread: later the body could be gone.
            (json == null ? request.send() : request.send(json))
                .compose(answer ->
                    answer
                        .body()
                        .map(body -> new Reply(answer.statusCode(), body.getBytes(), null))))
        .otherwise(failed -> new Reply(0, new byte[0], failed.getClass().getSimpleName()))
        .await();
  }

  @Override
  public void close() {
    vertx.close().await();
  }
}
