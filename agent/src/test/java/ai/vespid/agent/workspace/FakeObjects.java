package ai.vespid.agent.workspace;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Keeps what is PUT, under an ETag of its content, until it is asked for. */
final class FakeObjects implements AutoCloseable {
  final Map<String, Buffer> objects = new ConcurrentHashMap<>();
  final AtomicInteger gets = new AtomicInteger();
  volatile String contentType;
  volatile boolean stall;
  volatile boolean cut;

  private final Vertx vertx = Vertx.vertx();
  private final HttpServer server;

  FakeObjects() {
    server = vertx.createHttpServer().requestHandler(this::answer).listen(0, "127.0.0.1").await();
  }

  String url(String key) {
    return "http://127.0.0.1:" + server.actualPort() + "/" + key;
  }

  private void answer(HttpServerRequest request) {
    if (request.method().name().equals("PUT")) {
      contentType = request.getHeader("content-type");
      request.body().onSuccess(body -> keep(request, body));
      return;
    }
    gets.incrementAndGet();
    var object = objects.get(request.path());
    if (object == null) {
      request.response().setStatusCode(404).end();
    } else if (stall || cut) {
      request.response().putHeader("content-length", "" + object.length());
      request.response().write(object.slice(0, 10));
      if (cut) request.connection().close();
    } else {
      request.response().end(object);
    }
  }

  private void keep(HttpServerRequest request, Buffer body) {
    objects.put(request.path(), body);
    request.response().putHeader("etag", "\"e" + body.hashCode() + '"').end();
  }

  @Override
  public void close() {
    vertx.close().await();
  }
}
