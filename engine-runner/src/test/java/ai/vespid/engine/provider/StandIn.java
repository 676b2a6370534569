package ai.vespid.engine.provider;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Context;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;

/** A provider on this machine: says what the test wants, when the test wants it. */
public final class StandIn implements AutoCloseable {
  private static final int AWAIT_SECONDS = 10;

  private final Vertx vertx;
  private final HttpServer server;
  private final Queue<Consumer<Answer>> next = new ConcurrentLinkedQueue<>();
  private final BlockingQueue<Asked> asked = new LinkedBlockingQueue<>();

  /** What it was asked. */
  public record Asked(String path, String query, MultiMap headers, JsonObject body) {}

  public StandIn(Vertx vertx) {
    this.vertx = vertx;
    this.server =
        vertx.createHttpServer().requestHandler(this::asked).listen(0, "127.0.0.1").await();
  }

  public String url() {
    return "http://127.0.0.1:" + server.actualPort();
  }

  private void asked(HttpServerRequest request) {
    request
        .body()
        .onSuccess(body -> {
          asked.add(
              new Asked(request.path(), request.query(), request.headers(), new JsonObject(body)));
          var how = next.poll();
          if (how == null) request.response().setStatusCode(501).end();
          else how.accept(new Answer(request.response(), vertx.getOrCreateContext()));
        });
  }

  /** The next question is answered with these events, all at once. */
  public StandIn thenSay(String... events) {
    next.add(answer -> {
      for (var event : events) answer.say(event);
      answer.end();
    });
    return this;
  }

  /** The next question is refused. */
  public StandIn thenRefuse(int status, String retryAfter, String body) {
    next.add(answer -> {
      if (retryAfter != null) answer.response.putHeader("Retry-After", retryAfter);
      answer.response.setStatusCode(status).end(body);
    });
    return this;
  }

  /** The next question is answered as the test goes on. */
  public CompletableFuture<Answer> thenAsTold() {
    var told = new CompletableFuture<Answer>();
    next.add(told::complete);
    return told;
  }

  public Asked await() throws InterruptedException {
    var one = asked.poll(AWAIT_SECONDS, SECONDS);
    assertThat(one).as("a question").isNotNull();
    return one;
  }

  public int unread() {
    return asked.size();
  }

  /** An answer that is under way. */
  public static final class Answer {
    private final HttpServerResponse response;
    private final Context context;
    private final CompletableFuture<Void> closed = new CompletableFuture<>();

    private Answer(HttpServerResponse response, Context context) {
      this.response = response;
      this.context = context;
      response.closeHandler(_ -> closed.complete(null));
      response.setChunked(true).putHeader("Content-Type", "text/event-stream");
    }

    /** One event, as it stands on the wire. */
    public void say(String event) {
      context.runOnContext(_ -> {
        if (!response.closed()) response.write(Buffer.buffer(event + "\n\n"));
      });
    }

    public void end() {
      context.runOnContext(_ -> response.end());
    }

    /** The connection breaks. */
    public void cut() {
      context.runOnContext(_ -> response.reset());
    }

    /** Completes when who asked has closed the connection. */
    public CompletableFuture<Void> closed() {
      return closed;
    }

    /** Returns when what was said so far was handed to the connection. */
    public void written() throws InterruptedException {
      var done = new CountDownLatch(1);
      context.runOnContext(_ -> done.countDown());
      done.await();
    }

    /** True while more is written than is read. */
    public boolean full() {
      return response.writeQueueFull();
    }
  }

  @Override
  public void close() {
    server.close().await();
  }
}
