package ai.vespid.agent.connector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ai.vespid.agent.trust.Outward;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.connector.ActionFailed;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Slack and any HTTP service, as an agent asks them. */
final class OtherServicesTest {
  private static final String SECRET = "xoxb-very-secret";

  private record Seen(String line, String authorization, String key, String body) {}

  private final List<Seen> seen = new CopyOnWriteArrayList<>();
  private HttpServer server;
  private volatile int status = 200;
  private volatile String answer = "{\"ok\":true,\"channel\":\"C1\",\"ts\":\"1.2\"}";

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      var headers = exchange.getRequestHeaders();
      seen.add(
          new Seen(
              exchange.getRequestMethod() + " " + exchange.getRequestURI(),
              headers.getFirst("authorization"),
              headers.getFirst("idempotency-key"),
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
      exchange.getResponseHeaders().set("content-type", "application/json");
      var bytes = answer.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(status, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  private static ActionCall call(String action, String input, String secret) {
    return new ActionCall(action, RawJson.of(input), secret, null, "run:node:1", 10_000);
  }

  private static String failure(ServiceConnector connector, ActionCall call) {
    var failed = catchThrowableOfType(ActionFailed.class, () -> connector.run(call));
    assertThat(failed.toString()).doesNotContain(SECRET);
    return failed.error();
  }

  @Test
  void postsAMessageToSlackAndBelievesWhatTheAnswerSaysInside() throws ActionFailed {
    var slack = new ServiceConnector("slack", url(), Outward.STRAIGHT);
    var post = call("message.post", "{\"channel\":\"#ops\",\"text\":\"hello\"}", SECRET);

    assertThat(slack.run(post).text()).isEqualTo("{\"channel\":\"C1\",\"ts\":\"1.2\"}");
    assertThat(seen.getFirst())
        .isEqualTo(
            new Seen(
                "POST /chat.postMessage",
                "Bearer " + SECRET,
                null,
                "{\"channel\":\"#ops\",\"text\":\"hello\"}"));

    answer = "{\"ok\":false,\"error\":\"not_in_channel\"}";
    assertThat(failure(slack, post)).isEqualTo("SLACK_REQUEST_FAILED:not_in_channel");
    assertThat(failure(slack, call("message.post", "{\"channel\":\"#ops\"}", SECRET)))
        .isEqualTo("INVALID_ACTION_INPUT");
    assertThat(
            failure(slack, call("message.post", "{\"channel\":\"#ops\",\"text\":\"hello\"}", null)))
        .isEqualTo("SECRET_REQUIRED");
  }

  @Test
  void sendsAnyRequestWithItsSecretAndTheKeyOfItsStep() throws ActionFailed {
    var http = new ServiceConnector("http", null, Outward.STRAIGHT);
    var input = "{\"method\":\"POST\",\"url\":\"" + url() + "/things?x=1\",\"body\":{\"a\":1}}";
    answer = "{\"made\":1}";

    var output = http.run(call("request", input, SECRET)).text();

    assertThat(output).contains("\"status\":200", "\"body\":{\"made\":1}");
    assertThat(seen.getFirst())
        .isEqualTo(new Seen("POST /things?x=1", "Bearer " + SECRET, "run:node:1", "{\"a\":1}"));

    status = 500;
    assertThat(failure(http, call("request", input, SECRET))).isEqualTo("HTTP_REQUEST_FAILED:500");
    assertThat(failure(http, call("request", "{\"url\":\"file:///etc/passwd\"}", SECRET)))
        .isEqualTo("INVALID_ACTION_INPUT");
  }
}
