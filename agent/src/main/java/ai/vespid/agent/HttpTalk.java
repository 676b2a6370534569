package ai.vespid.agent;

import ai.vespid.agent.trust.Proxy;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** As much HTTP as it takes to see how far a connection comes. */
final class HttpTalk {
  private static final int HEADERS_MAX = 100;
  private static final int BODY_MAX = 4_096;

  private final Socket socket;

  /**
   * An answer.
   *
   * @param status 0 when what answered speaks no HTTP
   */
  record Answer(int status, Map<String, String> headers, String body) {}

  HttpTalk(Socket socket) {
    this.socket = socket;
  }

  /** Asks a proxy for a way to this {@code host:port}; answers its status. */
  int connect(String target, Proxy proxy) throws IOException {
    var request = new StringBuilder("CONNECT %s HTTP/1.1\r\nHost: %1$s\r\n".formatted(target));
    if (proxy.user() != null) {
      var credentials = (proxy.user() + ":" + proxy.password()).getBytes(StandardCharsets.UTF_8);
      request
          .append("Proxy-Authorization: Basic ")
          .append(Base64.getEncoder().encodeToString(credentials))
          .append("\r\n");
    }
    write(request.append("\r\n").toString());
    // Byte by byte: what follows the empty line belongs to the gateway.
    var head = new StringBuilder();
    while (head.length() < BODY_MAX && head.indexOf("\r\n\r\n") < 0) {
      int next = socket.getInputStream().read();
      if (next < 0) break;
      head.append((char) next);
    }
    return statusOf(head.toString().lines().findFirst().orElse(null));
  }

  Answer ask(String request) throws IOException {
    write(request);
    var in =
        new BufferedReader(
            new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
    int status = statusOf(in.readLine());
    var headers = new HashMap<String, String>();
    for (int i = 0; status > 0 && i < HEADERS_MAX; i++) {
      var header = in.readLine();
      if (header == null || header.isEmpty()) break;
      var parts = header.split(":", 2);
      if (parts.length == 2) headers.put(parts[0].toLowerCase(Locale.ROOT), parts[1].strip());
    }
    return new Answer(status, headers, body(in, headers.get("content-length")));
  }

  private static String body(BufferedReader in, String length) throws IOException {
    if (length == null || !length.matches("\\d{1,4}")) return "";
    var body = new char[Math.min(BODY_MAX, Integer.parseInt(length))];
    int read = 0;
    while (read < body.length) {
      int more = in.read(body, read, body.length - read);
      if (more < 0) break;
      read += more;
    }
    return new String(body, 0, read);
  }

  private void write(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static int statusOf(String line) {
    return line != null && line.matches("HTTP/1\\.[01] \\d{3}.*")
        ? Integer.parseInt(line.substring(9, 12))
        : 0;
  }
}
