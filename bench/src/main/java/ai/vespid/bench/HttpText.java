package ai.vespid.bench;

import java.nio.charset.StandardCharsets;

/** Requests as bytes. */
final class HttpText {
  private HttpText() {}

  static byte[] post(Endpoint endpoint, String path, String token, String body) {
    var head =
        "POST %s HTTP/1.1\r\nHost: %s\r\n%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            .formatted(path, endpoint.authority(), auth(token), body.length());
    return (head + body).getBytes(StandardCharsets.ISO_8859_1);
  }

  static byte[] get(Endpoint endpoint, String path, String token) {
    return "GET %s HTTP/1.1\r\nHost: %s\r\n%s\r\n"
        .formatted(path, endpoint.authority(), auth(token))
        .getBytes(StandardCharsets.ISO_8859_1);
  }

  private static String auth(String token) {
    return token == null ? "" : "X-Gateway-Token: " + token + "\r\n";
  }
}
