package ai.vespid.gateway.control;

import ai.vespid.kit.http.Answers;
import io.vertx.core.http.Cookie;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import java.util.Map;

/**
 * What a request is answered with.
 *
 * @param location where to go on instead of a body, or null
 * @param cookie the one to set, or null to leave all alone
 */
record Answer(int status, Object body, String location, Cookie cookie) {
  static final Answer DONE = ok(Map.of("ok", true));

  static Answer ok(Object body) {
    return new Answer(200, body, null, null);
  }

  static Answer created(Object body) {
    return new Answer(201, body, null, null);
  }

  static Answer accepted(Object body) {
    return new Answer(202, body, null, null);
  }

  static Answer redirect(String location) {
    return new Answer(302, null, location, null);
  }

  Answer with(Cookie cookie) {
    return new Answer(status, body, location, cookie);
  }

  void write(HttpServerResponse response) {
    if (cookie != null && !response.headWritten()) response.addCookie(cookie);
    if (location == null) {
      Answers.json(response, status, body);
    } else if (!response.ended() && !response.closed()) {
      response.setStatusCode(status).putHeader(HttpHeaders.LOCATION, location).end();
    }
  }
}
