package ai.vespid.engine.provider;

import dev.langchain4j.exception.HttpException;
import dev.langchain4j.http.client.HttpClient;
import dev.langchain4j.http.client.HttpClientBuilder;
import dev.langchain4j.http.client.HttpRequest;
import dev.langchain4j.http.client.SuccessfulHttpResponse;
import dev.langchain4j.http.client.sse.ServerSentEventListener;
import dev.langchain4j.http.client.sse.ServerSentEventParser;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;

/**
 * One request to a provider and its stream of events, read on the calling thread: who is slow in
 * hearing them slows down the connection, and closing it, from any thread, ends the request. It
 * remembers why a request was refused, which LangChain4j does not tell.
 */
final class Exchange implements HttpClient, HttpClientBuilder {
  private static final int ERROR_BYTES_MAX = 64 * 1024;
  private static final String KEY_OF_GEMINI = "x-goog-api-key";

  private final java.net.http.HttpClient http;
  private final Map<String, String> headers;
  private volatile HeardStream body;
  private volatile boolean closed;
  private volatile long heardNanos = System.nanoTime();
  private volatile boolean handingOn;
  private Refusal refusal;
  private boolean sent;
  private boolean broken;

  /**
   * @param headers set instead of those a provider's client would set
   */
  Exchange(java.net.http.HttpClient http, Map<String, String> headers) {
    this.http = http;
    this.headers = headers;
  }

  @Override
  public void execute(
      HttpRequest request, ServerSentEventParser parser, ServerSentEventListener listener) {
    sent = true;
    try {
      var response = http.send(jdk(request), BodyHandlers.ofInputStream());
      body = new HeardStream(response.body(), () -> heardNanos = System.nanoTime());
      heardNanos = System.nanoTime();
      if (closed) throw new IOException("closed");
      if (response.statusCode() / 100 != 2) {
        refused(response);
        listener.onError(new HttpException(response.statusCode(), "refused"));
        return;
      }
      listener.onOpen(opened(response));
      parser.parse(body, listener);
      listener.onClose();
    } catch (IOException e) {
      broken = true;
      listener.onError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      listener.onError(e);
    } finally {
      close();
    }
  }

  @Override
  public SuccessfulHttpResponse execute(HttpRequest request) {
    throw new UnsupportedOperationException("answers are streamed");
  }

  private java.net.http.HttpRequest jdk(HttpRequest request) {
    var jdk = java.net.http.HttpRequest.newBuilder(URI.create(request.url()));
    request
        .headers()
        .forEach((name, values) -> {
          if (headers.isEmpty() || !name.equalsIgnoreCase(KEY_OF_GEMINI)) {
            values.forEach(value -> jdk.header(name, value));
          }
        });
    headers.forEach(jdk::setHeader);
    return jdk.method(request.method().name(), BodyPublishers.ofString(request.body())).build();
  }

  private static SuccessfulHttpResponse opened(HttpResponse<?> response) {
    return SuccessfulHttpResponse.builder()
        .statusCode(response.statusCode())
        .headers(response.headers().map())
        .build();
  }

  private void refused(HttpResponse<?> response) throws IOException {
    var text = body.readNBytes(ERROR_BYTES_MAX);
    var after = response.headers().firstValue("retry-after").orElse(null);
    refusal = new Refusal(response.statusCode(), Refusal.reason(text), Refusal.waitMs(after));
  }

  /** Why the provider refused; null when it did not. */
  Refusal refusal() {
    return refusal;
  }

  /** True when the connection failed or was cut. */
  boolean broken() {
    return broken || body != null && body.failed();
  }

  /** False when the question could not even be put into the provider's words. */
  boolean sent() {
    return sent;
  }

  /** When something came last, or it began. */
  long heardNanos() {
    return heardNanos;
  }

  /** Nothing is read while what came is handed on. */
  void handingOn(boolean now) {
    heardNanos = System.nanoTime();
    handingOn = now;
  }

  /** True while it waits for the provider. */
  boolean waiting() {
    return !handingOn;
  }

  /** Ends it: the connection is closed, and whoever reads fails. */
  void close() {
    closed = true;
    var open = body;
    if (open == null) return;
    try {
      open.close();
    } catch (IOException e) {
      // It is closed all the same.
    }
  }

  @Override
  public HttpClient build() {
    return this;
  }

  // Times are kept by whoever watches the call.
  @Override
  public Duration connectTimeout() {
    return null;
  }

  @Override
  public HttpClientBuilder connectTimeout(Duration timeout) {
    return this;
  }

  @Override
  public Duration readTimeout() {
    return null;
  }

  @Override
  public HttpClientBuilder readTimeout(Duration timeout) {
    return this;
  }
}
