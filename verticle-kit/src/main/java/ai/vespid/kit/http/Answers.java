package ai.vespid.kit.http;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.http.ErrorBody;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;

/** How HTTP requests are answered: JSON, and errors as code and message. */
public final class Answers {
  private static final CharSequence JSON = HttpHeaders.createOptimized("application/json");
  private static final CharSequence RETRY_AFTER = HttpHeaders.createOptimized("Retry-After");

  private Answers() {}

  public static void json(HttpServerResponse response, int status, Object body) {
    if (response.ended() || response.closed()) return;
    response
        .setStatusCode(status)
        .putHeader(HttpHeaders.CONTENT_TYPE, JSON)
        .end(Buffer.buffer(Json.write(body)));
  }

  public static void error(HttpServerResponse response, ErrorCode code, String message) {
    if (code.status() == 503) errorUntil(response, code, message, 1);
    else json(response, code.status(), new ErrorBody(code, message));
  }

  /** As {@link #error}, and says after how many seconds it is worth trying again. */
  public static void errorUntil(
      HttpServerResponse response, ErrorCode code, String message, long retryAfterSeconds) {
    if (!response.headWritten()) {
      response.putHeader(RETRY_AFTER, Long.toString(retryAfterSeconds));
    }
    json(response, code.status(), new ErrorBody(code, message));
  }

  /**
   * As {@link #error}, for a body that is too large: what still arrives of it is thrown away, then
   * the connection is closed. Closing at once would take the answer away from who is still sending.
   */
  public static void errorAndClose(HttpServerRequest request, ErrorCode code, String message) {
    var response = request.response();
    if (response.ended() || response.closed()) return;
    response
        .setStatusCode(code.status())
        .putHeader(HttpHeaders.CONTENT_TYPE, JSON)
        .putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE)
        .end(Buffer.buffer(Json.write(new ErrorBody(code, message))));
    request.resume().end().onComplete(_ -> request.connection().close());
  }
}
