package ai.vespid.bench.fault;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A service whose every request would have an effect. As services do that know idempotency keys, it
 * has the effect once for each key, and answers a repetition as it did the first time.
 */
final class Effects implements AutoCloseable {
  private final Map<String, List<Instant>> requestsByKey = new ConcurrentHashMap<>();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpServer server;

  Effects() {
    try {
      server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 100);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.createContext("/", this::happen);
    server.setExecutor(threads);
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/";
  }

  private void happen(HttpExchange exchange) throws IOException {
    var key = String.valueOf(exchange.getRequestHeaders().getFirst("idempotency-key"));
    requestsByKey.computeIfAbsent(key, _ -> new CopyOnWriteArrayList<>()).add(Instant.now());
    exchange.getRequestBody().readAllBytes();
    exchange.sendResponseHeaders(200, 2);
    exchange.getResponseBody().write(new byte[] {'{', '}'});
    exchange.close();
  }

  /** When the requests with this key came; their first had the effect. */
  List<Instant> of(String key) {
    return requestsByKey.getOrDefault(key, List.of());
  }

  /** All keys it was ever given. */
  List<String> keys() {
    return List.copyOf(requestsByKey.keySet());
  }

  /** All requests so far. */
  long requests() {
    return requestsByKey.values().stream().mapToLong(List::size).sum();
  }

  /** Requests that had no effect, because their key had had it. */
  long repeated() {
    return requestsByKey.values().stream().mapToLong(times -> times.size() - 1L).sum();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
