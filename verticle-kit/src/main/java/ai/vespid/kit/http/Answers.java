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
    if (code.status() == 503 && !response.headWritten()) response.putHeader(RETRY_AFTER, "1");
    json(response, code.status(), new ErrorBody(code, message));
  }

  /**
   * As {@link #error}, and closes the connection: the rest of the body is not read, so nothing that
   * follows it could be.
   */
  public static void errorAndClose(HttpServerRequest request, ErrorCode code, String message) {
    var response = request.response();
    if (response.ended() || response.closed()) return;
    response
        .setStatusCode(code.status())
        .putHeader(HttpHeaders.CONTENT_TYPE, JSON)
        .putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE)
        .end(Buffer.buffer(Json.write(new ErrorBody(code, message))))
        .onComplete(_ -> request.connection().close());
  }
}
