package ai.vespid.kit.engine;

import ai.vespid.kit.crypto.SecretsUnderWay;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.engine.Chunk;
import ai.vespid.protocol.engine.Inference;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.parsetools.RecordParser;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Engines behind a runner that is reached over HTTP, ENGINE_RUNNER_BASE_URL: it may stand where
 * gateways are not, next to the models, and be the only one that may reach them. Every failure on
 * the way is {@code ENGINE_UNAVAILABLE}.
 */
public final class RemoteEngine implements Engine {
  private static final int CONNECT_MAX_MS = 5_000;
  private static final int CONNECTIONS_MAX = 1_000;
  private static final int LINE_BYTES_MAX = 8 * 1024 * 1024;

  private final Vertx vertx;
  private final HttpClient http;
  private final String url;
  private final String token;
  private final int timeoutMs;
  private final SecretsUnderWay secrets;

  /**
   * @param timeoutMs no call takes longer, ENGINE_RUNNER_TIMEOUT_MS
   * @param secrets opens what a call brings: the runner has no key to do so
   */
  public RemoteEngine(
      Vertx vertx, String baseUrl, String token, int timeoutMs, SecretsUnderWay secrets) {
    this.vertx = vertx;
    this.url = baseUrl.replaceFirst("/+$", "") + "/internal/v1/llm/stream";
    this.token = token;
    this.timeoutMs = timeoutMs;
    this.secrets = secrets;
    this.http =
        vertx.createHttpClient(
            new HttpClientOptions().setConnectTimeout(CONNECT_MAX_MS),
            new PoolOptions().setHttp1MaxSize(CONNECTIONS_MAX));
  }

  @Override
  public Call infer(Inference asked, Consumer<Chunk> to) {
    var reading = new Reading(to);
    vertx.getOrCreateContext().runOnContext(_ -> reading.begin(asked));
    return reading;
  }

  /** One request and its lines. */
  private final class Reading implements Call {
    private final Consumer<Chunk> to;
    private HttpClientRequest request;
    private boolean over;

    Reading(Consumer<Chunk> to) {
      this.to = to;
    }

    void begin(Inference asked) {
      if (over) return;
      Buffer body;
      try {
        body = Buffer.buffer(Json.write(question(asked)));
      } catch (IllegalStateException e) {
        // Never another key instead (defect D16).
        end(new Chunk.Failed(ErrorCode.LLM_AUTH_NOT_CONFIGURED, "the secret cannot be opened"));
        return;
      }
      int limitMs = Math.min(asked.timeoutMs(), timeoutMs);
      long timer = vertx.setTimer(limitMs + CONNECT_MAX_MS, _ -> away());
      http.request(options())
          .compose(opened -> send(opened, body))
          .onSuccess(this::read)
          .onFailure(_ -> away())
          .onComplete(_ -> vertx.cancelTimer(timer));
    }

    private Inference question(Inference asked) {
      int limitMs = Math.min(asked.timeoutMs(), timeoutMs);
      return new Inference(
          asked.engineId(),
          asked.model(),
          asked.said(),
          asked.tools(),
          asked.outputCharsMax(),
          limitMs,
          secrets.open(asked.secret()));
    }

    private RequestOptions options() {
      return new RequestOptions()
          .setMethod(HttpMethod.POST)
          .setAbsoluteURI(url)
          .setIdleTimeout(TimeUnit.MINUTES.toMillis(10))
          .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
          .putHeader(HttpHeaders.AUTHORIZATION, "Bearer " + token);
    }

    private Future<HttpClientResponse> send(HttpClientRequest opened, Buffer body) {
      request = opened;
      if (!over) return opened.send(body);
      opened.reset();
      return Future.failedFuture("canceled");
    }

    private void read(HttpClientResponse response) {
      if (response.statusCode() != 200) {
        request.reset();
        away();
        return;
      }
      RecordParser.newDelimited("\n", response)
          .maxRecordSize(LINE_BYTES_MAX)
          .exceptionHandler(_ -> away())
          .endHandler(_ -> away())
          .handler(this::hear);
    }

    private void hear(Buffer line) {
      if (over || line.length() == 0) return;
      try {
        var chunk = Json.read(line.getBytes(), Chunk.class);
        if (chunk.last()) end(chunk);
        else to.accept(chunk);
      } catch (InvalidMessage e) {
        request.reset();
        away();
      }
    }

    private void away() {
      end(new Chunk.Failed(ErrorCode.ENGINE_UNAVAILABLE, "the engine runner did not answer"));
    }

    private void end(Chunk last) {
      if (over) return;
      over = true;
      to.accept(last);
    }

    @Override
    public Future<Void> cancel() {
      over = true;
      if (request != null) request.reset();
      return Future.succeededFuture();
    }
  }
}
