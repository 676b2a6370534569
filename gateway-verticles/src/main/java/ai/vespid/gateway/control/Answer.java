package ai.vespid.gateway.control;

import ai.vespid.kit.http.Answers;
import io.vertx.core.http.Cookie;
import io.vertx.core.http.HttpServerResponse;
import java.util.Map;

/** What a request is answered with; {@code cookie} is the session's, or null to leave it alone. */
record Answer(int status, Object body, Cookie cookie) {
  static final Answer DONE = ok(Map.of("ok", true));

  static Answer ok(Object body) {
    return new Answer(200, body, null);
  }

  static Answer created(Object body) {
    return new Answer(201, body, null);
  }

  Answer with(Cookie cookie) {
    return new Answer(status, body, cookie);
  }

  void write(HttpServerResponse response) {
    if (cookie != null && !response.headWritten()) response.addCookie(cookie);
    Answers.json(response, status, body);
  }
}
