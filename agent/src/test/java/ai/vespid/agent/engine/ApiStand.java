package ai.vespid.agent.engine;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * Answers as the APIs of Anthropic (messages) and OpenAI (responses) do, in a stream, always with
 * the same words; or begins to and never goes on.
 */
final class ApiStand implements AutoCloseable {
  static final String ANSWER = "Hello from the stand";

  private static final String ANTHROPIC =
      """
      event: message_start
      data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant",\
      "model":"claude-stand","content":[],"stop_reason":null,"stop_sequence":null,\
      "usage":{"input_tokens":3,"output_tokens":1}}}

      event: content_block_start
      data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

      event: content_block_delta
      data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello "}}

      event: content_block_delta
      data: {"type":"content_block_delta","index":0,\
      "delta":{"type":"text_delta","text":"from the stand"}}

      event: content_block_stop
      data: {"type":"content_block_stop","index":0}

      event: message_delta
      data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},\
      "usage":{"output_tokens":5}}

      event: message_stop
      data: {"type":"message_stop"}

      """;

  private static final String OPENAI =
      """
      event: response.created
      data: {"type":"response.created","sequence_number":0,"response":{"id":"resp_1",\
      "object":"response","created_at":1,"model":"stand","status":"in_progress","output":[]}}

      event: response.output_item.added
      data: {"type":"response.output_item.added","sequence_number":1,"output_index":0,\
      "item":{"id":"m1","type":"message","status":"in_progress","role":"assistant","content":[]}}

      event: response.output_text.delta
      data: {"type":"response.output_text.delta","sequence_number":2,"item_id":"m1",\
      "output_index":0,"content_index":0,"delta":"Hello from the stand"}

      event: response.output_item.done
      data: {"type":"response.output_item.done","sequence_number":3,"output_index":0,\
      "item":{"id":"m1","type":"message","status":"completed","role":"assistant",\
      "content":[{"type":"output_text","text":"Hello from the stand","annotations":[]}]}}

      event: response.completed
      data: {"type":"response.completed","sequence_number":4,"response":{"id":"resp_1",\
      "object":"response","created_at":1,"model":"stand","status":"completed","output":[],\
      "usage":{"input_tokens":3,"input_tokens_details":{"cached_tokens":0},"output_tokens":5,\
      "output_tokens_details":{"reasoning_tokens":0},"total_tokens":8}}}

      """;

  private final HttpServer server;
  private final List<Asked> asked = new CopyOnWriteArrayList<>();
  private final CountDownLatch first = new CountDownLatch(1);
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile boolean silent;

  /** One request for an answer. */
  record Asked(String path, String key, String body) {}

  ApiStand() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::answer);
    server.start();
  }

  /** From now on nothing is answered to the end. */
  void fallSilent() {
    silent = true;
  }

  private void answer(HttpExchange exchange) throws IOException {
    var path = exchange.getRequestURI().getPath();
    var body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    boolean messages = path.endsWith("/messages");
    if (!messages && !path.endsWith("/responses")) {
      exchange.sendResponseHeaders(404, -1);
      return;
    }
    var headers = exchange.getRequestHeaders();
    var key = headers.getFirst("x-api-key");
    asked.add(new Asked(path, key == null ? headers.getFirst("authorization") : key, body));
    first.countDown();
    exchange.getResponseHeaders().add("content-type", "text/event-stream");
    exchange.sendResponseHeaders(200, 0);
    try (var out = exchange.getResponseBody()) {
      if (silent) await();
      out.write((messages ? ANTHROPIC : OPENAI).getBytes(StandardCharsets.UTF_8));
    }
  }

  private void await() {
    try {
      closed.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  boolean awaitAsked(long ms) throws InterruptedException {
    return first.await(ms, TimeUnit.MILLISECONDS);
  }

  List<Asked> asked() {
    return asked;
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  @Override
  public void close() {
    closed.countDown();
    server.stop(0);
  }
}
