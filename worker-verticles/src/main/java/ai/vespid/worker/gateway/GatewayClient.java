package ai.vespid.worker.gateway;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.Limits;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.http.CancelBody;
import ai.vespid.protocol.http.DispatchAccepted;
import ai.vespid.protocol.http.DispatchBody;
import ai.vespid.protocol.http.ErrorBody;
import ai.vespid.protocol.http.MemoryBody;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.PoolOptions;
import io.vertx.ext.web.client.HttpResponse;
import io.vertx.ext.web.client.WebClient;
import io.vertx.ext.web.client.WebClientOptions;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/** Hands dispatches in and reads their results (contract 3 and 3.1). */
public final class GatewayClient {
  private static final Duration ANSWER_MAX = Duration.ofSeconds(15);
  private static final Duration MEMORY_MAX = Duration.ofSeconds(35);
  private static final int CONNECTIONS_MAX = 32;

  private final String url;
  private final String serviceToken;
  private final WebClient client;

  /**
   * @param url GATEWAY_HTTP_URL; null or blank when there is no gateway
   * @param serviceToken GATEWAY_SERVICE_TOKEN; null or blank when there is none
   */
  public GatewayClient(Vertx vertx, String url, String serviceToken) {
    this.url = url == null ? "" : url.strip().replaceFirst("/+$", "");
    this.serviceToken = serviceToken == null ? "" : serviceToken;
    client =
        WebClient.create(
            vertx,
            new WebClientOptions()
                .setFollowRedirects(false)
                .setUserAgent("vespid-worker")
                .setMaxChunkSize(Limits.FRAME_BYTES_MAX),
            new PoolOptions().setHttp1MaxSize(CONNECTIONS_MAX));
  }

  /** How the gateway answered. */
  public sealed interface Answer {}

  /** It is the gateway's now, or was before; its result will be there. */
  public record Taken() implements Answer {}

  /** It is not: nobody who could do it is connected just now. Somebody may be shortly. */
  public record Nobody() implements Answer {}

  /** It is not, and never will be by asking again. */
  public record Refused(String error) implements Answer {}

  /** Nobody knows; asking again with the same request id does no harm. */
  public record Unanswered(String error) implements Answer {}

  public boolean configured() {
    return !url.isEmpty() && !serviceToken.isEmpty();
  }

  /** Hands a dispatch in. Its request id makes repeating it harmless. Never fails. */
  public Future<Answer> dispatch(DispatchBody body) {
    if (!configured()) {
      return Future.succeededFuture(new Refused(ErrorCode.GATEWAY_NOT_CONFIGURED.name()));
    }
    return client
        .postAbs(url + "/internal/v1/dispatch-async")
        .putHeader("x-gateway-token", serviceToken)
        .putHeader("content-type", "application/json")
        .timeout(ANSWER_MAX.toMillis())
        .sendBuffer(Buffer.buffer(Json.write(body)))
        .map(response -> answer(response, body.requestId()))
        .otherwise(new Unanswered(ErrorCode.GATEWAY_UNAVAILABLE.name()));
  }

  /**
   * Hands a dispatch in and waits for its result, whatever that is; asked again under the same id
   * it is joined. Never fails.
   */
  public Future<DispatchResult> run(DispatchBody body) {
    if (!configured()) {
      return Future.succeededFuture(DispatchResult.failed(ErrorCode.GATEWAY_NOT_CONFIGURED));
    }
    return client
        .postAbs(url + "/internal/v1/dispatch")
        .putHeader("x-gateway-token", serviceToken)
        .putHeader("content-type", "application/json")
        .timeout(body.timeoutMs() + ANSWER_MAX.toMillis())
        .sendBuffer(Buffer.buffer(Json.write(body)))
        .map(GatewayClient::ran)
        .otherwise(DispatchResult.failed(ErrorCode.GATEWAY_UNAVAILABLE));
  }

  /**
   * Does something with what is remembered under a key, whatever comes of it. Never fails.
   *
   * @param toolId such as {@code memory.search}
   * @param once by what a write is known, which is not done twice
   */
  public Future<DispatchResult> remember(
      String organizationId, String key, String toolId, RawJson input, String once) {
    if (!configured()) {
      return Future.succeededFuture(DispatchResult.failed(ErrorCode.GATEWAY_NOT_CONFIGURED));
    }
    return client
        .postAbs(url + "/internal/v1/memory/use")
        .putHeader("x-gateway-token", serviceToken)
        .putHeader("content-type", "application/json")
        .timeout(MEMORY_MAX.toMillis())
        .sendBuffer(
            Buffer.buffer(Json.write(new MemoryBody(organizationId, key, toolId, input, once))))
        .map(GatewayClient::ran)
        .otherwise(DispatchResult.failed(ErrorCode.GATEWAY_UNAVAILABLE));
  }

  private static DispatchResult ran(HttpResponse<Buffer> response) {
    if (response.statusCode() != 200) {
      var code = code(response);
      return DispatchResult.failed(
          code == null ? ErrorCode.GATEWAY_DISPATCH_FAILED.name() : code, null);
    }
    try {
      return Json.read(bytes(response), DispatchResult.class);
    } catch (InvalidMessage e) {
      return DispatchResult.failed(ErrorCode.GATEWAY_RESPONSE_INVALID);
    }
  }

  private static Answer answer(HttpResponse<Buffer> response, String requestId) {
    int status = response.statusCode();
    if (status == 200 || status == 201) return taken(response, requestId);
    if (status == ErrorCode.NO_AGENT_AVAILABLE.status()) {
      // An original gateway says it without a code of ours.
      var code = code(response);
      boolean nobody = code == null || code.equals(ErrorCode.NO_AGENT_AVAILABLE.name());
      return nobody ? new Nobody() : new Unanswered(code);
    }
    if (status >= 500 || status == ErrorCode.RATE_LIMITED.status()) {
      return new Unanswered(ErrorCode.GATEWAY_UNAVAILABLE.name());
    }
    return new Refused(ErrorCode.GATEWAY_DISPATCH_FAILED.name());
  }

  private static Answer taken(HttpResponse<Buffer> response, String requestId) {
    try {
      var accepted = Json.read(bytes(response), DispatchAccepted.class);
      if (requestId.equals(accepted.requestId())) return new Taken();
    } catch (InvalidMessage e) {
      // Said below, as for an answer about something else.
    }
    return new Refused(ErrorCode.GATEWAY_RESPONSE_INVALID.name());
  }

  private static byte[] bytes(HttpResponse<Buffer> response) {
    return response.body() == null ? new byte[0] : response.body().getBytes();
  }

  private static String code(HttpResponse<Buffer> response) {
    try {
      return Json.read(bytes(response), ErrorBody.class).code();
    } catch (InvalidMessage e) {
      return null;
    }
  }

  /**
   * The result of a dispatch; empty when there is none yet. Fails when the gateway cannot be asked.
   */
  public Future<Optional<DispatchResult>> result(String requestId) {
    if (!configured()) {
      return Future.failedFuture(new GatewayUnavailable(ErrorCode.GATEWAY_UNAVAILABLE.name()));
    }
    return client
        .getAbs(url + "/internal/v1/results/" + inPath(requestId))
        .putHeader("x-gateway-token", serviceToken)
        .timeout(ANSWER_MAX.toMillis())
        .send()
        .recover(
            _ -> Future.failedFuture(new GatewayUnavailable(ErrorCode.GATEWAY_UNAVAILABLE.name())))
        .compose(GatewayClient::result);
  }

  /**
   * Nobody wants this dispatch any more. Asking again does no harm. Fails when the gateway has to
   * be asked again; one that cannot cancel, as the original, is asked once.
   */
  public Future<Void> cancel(String organizationId, String requestId) {
    if (!configured()) return Future.succeededFuture();
    return client
        .postAbs(url + "/internal/v1/dispatches/" + inPath(requestId) + "/cancel")
        .putHeader("x-gateway-token", serviceToken)
        .putHeader("content-type", "application/json")
        .timeout(ANSWER_MAX.toMillis())
        .sendBuffer(Buffer.buffer(Json.write(new CancelBody(organizationId))))
        .compose(response ->
            response.statusCode() < 500
                ? Future.succeededFuture()
                : Future.failedFuture(
                    new GatewayUnavailable(ErrorCode.GATEWAY_UNAVAILABLE.name())));
  }

  private static String inPath(String requestId) {
    return URLEncoder.encode(requestId, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private static Future<Optional<DispatchResult>> result(HttpResponse<Buffer> response) {
    if (response.statusCode() == ErrorCode.RESULT_NOT_READY.status()) {
      return Future.succeededFuture(Optional.empty());
    }
    if (response.statusCode() != 200 || response.body() == null) {
      return Future.failedFuture(new GatewayUnavailable(ErrorCode.GATEWAY_UNAVAILABLE.name()));
    }
    try {
      return Future.succeededFuture(
          Optional.of(Json.read(response.body().getBytes(), DispatchResult.class)));
    } catch (InvalidMessage e) {
      var code = ErrorCode.GATEWAY_RESPONSE_INVALID.name();
      return Future.succeededFuture(Optional.of(DispatchResult.failed(code, null)));
    }
  }
}
