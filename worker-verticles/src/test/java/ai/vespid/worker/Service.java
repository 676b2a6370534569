package ai.vespid.worker;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A real HTTP server that keeps what it was sent and answers as a test says. */
public final class Service implements AutoCloseable {
  /** One request, whole. */
  public record Seen(HttpServerRequest request, Buffer body) {
    public String header(String name) {
      return request.getHeader(name);
    }

    @Override
    public String toString() {
      return request.method() + " " + request.uri() + " " + body;
    }
  }

  /** How it answers. */
  public interface Behaviour {
    void answer(Seen seen);
  }

  private final List<Seen> seen = new CopyOnWriteArrayList<>();
  private final HttpServer server;
  private volatile Behaviour behaviour = one -> one.request().response().end("hello");

  public Service(Vertx vertx) {
    server =
        vertx
            .createHttpServer()
            .requestHandler(
                request -> request.body().onSuccess(body -> answer(new Seen(request, body))))
            .listen(0, "127.0.0.1")
            .await();
  }

  private void answer(Seen one) {
    seen.add(one);
    behaviour.answer(one);
  }

  public void answers(Behaviour how) {
    behaviour = how;
  }

  /** Answers everything with this. */
  public void answers(int status, String json) {
    behaviour =
        one ->
            one.request()
                .response()
                .setStatusCode(status)
                .putHeader("content-type", "application/json")
                .end(json);
  }

  public List<Seen> seen() {
    return seen;
  }

  public int port() {
    return server.actualPort();
  }

  public String url() {
    return "http://127.0.0.1:" + port();
  }

  @Override
  public void close() {
    server.close().await();
  }
}
