package ai.vespid.server;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;

/** Stands in for GitHub's API: makes an issue of every request, when it is allowed to. */
final class GithubStand implements AutoCloseable {
  /** One request, as it came. */
  record Seen(String path, String authorization, String idempotencyKey, String body) {}

  private final List<Seen> seen = new CopyOnWriteArrayList<>();
  private final Semaphore allowed = new Semaphore(0);
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpServer server;

  GithubStand() {
    try {
      server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 50);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.createContext("/", this::issue);
    server.setExecutor(threads);
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  List<Seen> seen() {
    return seen;
  }

  /** Lets it answer so many requests. */
  void answer(int requests) {
    allowed.release(requests);
  }

  private void issue(HttpExchange exchange) throws IOException {
    var headers = exchange.getRequestHeaders();
    var body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    seen.add(
        new Seen(
            exchange.getRequestURI().getPath(),
            headers.getFirst("authorization"),
            headers.getFirst("idempotency-key"),
            body));
    allowed.acquireUninterruptibly();
    var issue =
        "{\"number\":%d,\"html_url\":\"%s/issues/1\"}"
            .formatted(seen.size(), url())
            .getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("content-type", "application/json");
    exchange.sendResponseHeaders(201, issue.length);
    exchange.getResponseBody().write(issue);
    exchange.close();
  }

  @Override
  public void close() {
    answer(1_000);
    server.stop(0);
    threads.shutdownNow();
  }
}
