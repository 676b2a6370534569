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
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class ServiceConnectorTest {
  private static final String SECRET = "ghp_verysecret";
  private static final String INPUT =
      "{\"repo\":\"octo/cat.s\",\"title\":\"T\",\"body\":\"B\",\"other\":1}";

  private final BlockingQueue<String> requests = new LinkedBlockingQueue<>();
  private final CountDownLatch over = new CountDownLatch(1);
  private HttpServer server;
  private ServiceConnector connector;
  private volatile int status = 201;
  private volatile String body = "{\"number\":7,\"html_url\":\"https://x/7\",\"id\":1}";
  private volatile boolean hang;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
    connector = new ServiceConnector("github", url(), Outward.STRAIGHT);
  }

  @AfterEach
  void stop() {
    over.countDown();
    server.stop(0);
  }

  private String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      var headers = exchange.getRequestHeaders();
      requests.add(
          String.join(
              " ",
              exchange.getRequestMethod(),
              exchange.getRequestURI().toString(),
              headers.getFirst("authorization"),
              headers.getFirst("user-agent"),
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
      if (status / 100 == 3) exchange.getResponseHeaders().set("location", url() + "/elsewhere");
      var bytes = body.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(status, hang ? 0 : bytes.length);
      if (hang) {
        exchange.getResponseBody().flush();
        over.await();
      } else {
        exchange.getResponseBody().write(bytes);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private ActionCall call(String input, String secret) {
    return new ActionCall("issue.create", RawJson.of(input), secret, null, "key", 10_000);
  }

  private String failure(ActionCall call) {
    var failed = catchThrowableOfType(ActionFailed.class, () -> connector.run(call));
    assertThat(failed).isNotNull().hasNoCause();
    assertThat(failed.getSuppressed()).isEmpty();
    assertThat(failed.toString()).doesNotContain(SECRET);
    assertThat(failed.getStackTrace()).isEmpty();
    return failed.error();
  }

  @Test
  void opensAnIssue() throws Exception {
    var output = connector.run(call(INPUT, SECRET));

    assertThat(output.text()).isEqualTo("{\"issueNumber\":7,\"url\":\"https://x/7\"}");
    assertThat(requests)
        .containsExactly(
            "POST /repos/octo/cat.s/issues Bearer "
                + SECRET
                + " vespid-agent {\"title\":\"T\",\"body\":\"B\"}");
  }

  @Test
  void asksTheServerThatTheCallNames() throws Exception {
    var elsewhere =
        new ActionCall(
            "issue.create", RawJson.of(INPUT), SECRET, url() + "/api/v3/", "key", 10_000);
    connector.run(elsewhere);

    assertThat(requests.take()).startsWith("POST /api/v3/repos/octo/cat.s/issues ");
    assertThat(elsewhere.toString()).doesNotContain(SECRET, "octo");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "null",
        "[]",
        "{}",
        "{\"repo\":\"a/b\"}",
        "{\"repo\":\"a/b\",\"title\":\"\"}",
        "{\"repo\":\"a/b\",\"title\":5}",
        "{\"repo\":\"a/b\",\"title\":\"T\",\"body\":{}}",
        "{\"title\":\"T\"}"
      })
  void inputOfAnotherShapeIsRefused(String input) {
    assertThat(failure(call(input, SECRET))).isEqualTo("INVALID_ACTION_INPUT");
    assertThat(requests).isEmpty();
  }

  @Test
  void textsThatAreTooLongAreRefused() {
    var title = "{\"repo\":\"a/b\",\"title\":\"" + "t".repeat(257) + "\"}";
    var text = "{\"repo\":\"a/b\",\"title\":\"T\",\"body\":\"" + "b".repeat(200_001) + "\"}";

    assertThat(failure(call(title, SECRET))).isEqualTo("INVALID_ACTION_INPUT");
    assertThat(failure(call(text, SECRET))).isEqualTo("INVALID_ACTION_INPUT");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"a", "a/", "/b", "a/b/c", "a/..", "../b", "a/b?c", "a/b#c", "a/%2e", "a b/c"})
  void aNameThatIsNoRepositoryIsRefused(String repo) {
    var input = "{\"repo\":\"" + repo + "\",\"title\":\"T\"}";

    assertThat(failure(call(input, SECRET))).isEqualTo("INVALID_REPO");
    assertThat(requests).isEmpty();
  }

  @Test
  void aSecretIsRequired() {
    assertThat(failure(call(INPUT, null))).isEqualTo("SECRET_REQUIRED");
    assertThat(failure(call(INPUT, " "))).isEqualTo("SECRET_REQUIRED");
  }

  @Test
  void aSecretThatNoHeaderCanCarryIsNotRepeated() {
    assertThat(failure(call(INPUT, SECRET + "\n"))).startsWith("GITHUB_REQUEST_FAILED:");
  }

  @ParameterizedTest
  @ValueSource(ints = {302, 401, 404, 422, 500})
  void anyOtherStatusIsReportedAndNoRedirectIsFollowed(int answered) {
    status = answered;
    body = SECRET;

    assertThat(failure(call(INPUT, SECRET))).isEqualTo("GITHUB_REQUEST_FAILED:" + answered);
    assertThat(requests).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "nonsense", "{}", "{\"number\":\"7\",\"html_url\":\"u\"}"})
  void anAnswerOfAnotherShapeIsRefused(String answered) {
    body = answered.isEmpty() ? " " : answered;

    assertThat(failure(call(INPUT, SECRET))).isEqualTo("GITHUB_RESPONSE_INVALID");
  }

  @Test
  void anAnswerThatIsTooLargeIsRefused() {
    body = "{\"number\":7,\"html_url\":\"u\",\"x\":\"" + "x".repeat(1 << 20) + "\"}";

    assertThat(failure(call(INPUT, SECRET))).isEqualTo("GITHUB_RESPONSE_INVALID");
  }

  @Test
  void aBodyThatNeverComesTimesOut() {
    hang = true;

    assertThat(failure(new ActionCall("issue.create", RawJson.of(INPUT), SECRET, null, "key", 300)))
        .isEqualTo("GITHUB_REQUEST_FAILED:timeout");
  }

  @Test
  void anActionItDoesNotKnowIsRefused() {
    assertThat(failure(new ActionCall("issue.close", RawJson.of(INPUT), SECRET, null, "key", 300)))
        .isEqualTo("ACTION_NOT_SUPPORTED:github:issue.close");
  }
}
