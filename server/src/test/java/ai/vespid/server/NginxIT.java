package ai.vespid.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two gateways behind a real nginx with {@code conf/nginx.conf}. Nobody but nginx is spoken to. The
 * tests build on each other, in order.
 */
@TestMethodOrder(OrderAnnotation.class)
@Timeout(value = 120)
final class NginxIT {
  private static final int BACK_MS_MAX = 20_000;
  private static final byte[] MASKED_PING = {(byte) 0x89, (byte) 0x80, 1, 2, 3, 4};
  private static final int PONG = 0x8A;

  @TempDir private static Path folder;
  private static NginxSite site;
  private static Calls calls;
  private static Customer customer;
  private static String dead;

  @BeforeAll
  static void start() throws IOException {
    var nginx = NginxSite.findNginx();
    if (nginx.isEmpty()) System.out.println("NginxIT is skipped: there is no nginx here");
    assumeTrue(nginx.isPresent(), "there is no nginx here; install the package nginx");
    site = new NginxSite(folder, nginx.get());
    calls = new Calls(site.token());
    site.start();
    site.until("both gateways are one cluster", () -> members().size() == 2);
    // A member is there before it serves.
    for (var gateway : members()) site.until(gateway + " answers", () -> answers(gateway));
  }

  @AfterAll
  static void stop() throws IOException, InterruptedException {
    if (site == null) return;
    calls.close();
    site.stop();
  }

  @Test
  @Order(1)
  void pairsAnAgentThatConnectsThroughNginx() throws IOException {
    customer = Customer.signUp(calls, site.open(""), site.internal(""));

    site.startAgent(customer.pairingToken());

    site.until("the agent is connected", () -> customer.edges().size() == 1);
  }

  @Test
  @Order(2)
  void passesOnDispatchesAndTheFilesOfARun() {
    var first = customer.shell(UUID.randomUUID().toString(), "n1", "echo out; echo kept > file");
    var next = customer.shell(first.getString("runId"), "n2", "cat file");

    assertThat(Customer.stdout(customer.dispatch(first))).isEqualTo("out\n");
    assertThat(Customer.stdout(customer.dispatch(next))).isEqualTo("kept\n");
    var result = site.internal("/internal/v1/results/" + first.getString("runId") + ":n1:1");
    assertThat(Customer.stdout(calls.get(result))).isEqualTo("out\n");
  }

  @Test
  @Order(3)
  void upgradesASocketAndLeavesItAloneWhenItIsIdle() throws IOException {
    try (var socket = new Socket("127.0.0.1", site.publicPort())) {
      var head = upgrade(socket, customer.pair("idle").getString("executorToken"));

      assertThat(head)
          .startsWith("HTTP/1.1 101 ")
          .containsIgnoringCase("\r\nConnection: upgrade\r\n")
          .containsIgnoringCase("\r\nUpgrade: websocket\r\n")
          // Of the key below, as RFC 6455 has it.
          .contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
      // It has said no hello, so nobody speaks; but both ends are there.
      socket.getOutputStream().write(MASKED_PING);
      assertThat(socket.getInputStream().read()).isEqualTo(PONG);
    }
  }

  @Test
  @Order(4)
  void passesOnWhyASocketIsRefused() throws IOException {
    try (var socket = new Socket("127.0.0.1", site.publicPort())) {
      assertThat(upgrade(socket, "no-such-token")).startsWith("HTTP/1.1 401 ");
    }
    var plain = calls.get(site.open("/ws/executor"));

    assertThat(plain.status()).isEqualTo(426);
    assertThat(plain.field("code")).isEqualTo("UPGRADE_REQUIRED");
  }

  @Test
  @Order(5)
  void tellsTheGatewaysWhereAClientIsWhateverItClaims() throws Exception {
    // Loopback is a whole network: this client is somebody else than nginx.
    var local = InetAddress.getByAddress(new byte[] {127, 0, 0, 2});
    var body = new JsonObject().put("email", "two@example.org").put("password", "correct horse");
    var request =
        HttpRequest.newBuilder(URI.create(site.open("/v1/auth/signup")))
            .header("content-type", "application/json")
            .header("User-Agent", "client-two")
            .header("X-Forwarded-For", "203.0.113.9")
            .POST(HttpRequest.BodyPublishers.ofString(body.encode()))
            .build();
    try (var http = HttpClient.newBuilder().localAddress(local).build()) {
      var answer = http.send(request, HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
    }

    assertThat(addressOf("client-two")).isEqualTo("127.0.0.2");
  }

  @Test
  @Order(6)
  void keepsWorkersAndThePublicApart() {
    assertThat(calls.get(site.open("/internal/v1/nodes")).status()).isNotEqualTo(200);
    assertThat(calls.get(site.internal("/internal/v1/nodes")).status()).isEqualTo(200);
    assertThat(calls.get(site.open("/openapi.json")).body().getString("openapi")).isNotNull();
    var issue = site.internal("/internal/v1/managed-executors/issue");
    assertThat(calls.post(issue, new JsonObject()).status()).isEqualTo(201);
  }

  @Test
  @Order(7)
  void leavesTheRefusalOfWhatIsTooLargeToTheGateway() {
    var body = customer.shell("r", "n1", "x".repeat(8 * 1024 * 1024));

    assertThat(customer.dispatch(body).field("code")).isEqualTo("PAYLOAD_TOO_LARGE");
  }

  @Test
  @Order(8)
  void goesOnAnsweringWhenTheAgentsGatewayIsKilled() throws InterruptedException {
    dead = customer.edges().getFirst();
    site.kill(dead);
    long begun = System.nanoTime();

    site.until(
        "the agent is back at the other gateway",
        () -> {
          // Every request while the gateway is gone, not only those after it was noticed.
          for (var path : List.of("/readyz", "/openapi.json")) {
            var reply = calls.get(site.open(path));
            assertThat(reply.status()).as(() -> path + reply.body() + site.logs()).isEqualTo(200);
          }
          return !customer.edges().isEmpty() && !customer.edges().contains(dead);
        });

    assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun)).isLessThan(BACK_MS_MAX);
    var after = customer.shell(UUID.randomUUID().toString(), "n1", "echo after");
    var reply = new AtomicReference<Calls.Reply>();
    // A route is known a moment before the agent is offered work; until then nothing has happened.
    site.until(
        "the agent takes work",
        () -> {
          reply.set(customer.dispatch(after));
          return !reply.get().field("code").equals("NO_AGENT_AVAILABLE");
        });
    assertThat(Customer.stdout(reply.get())).isEqualTo("after\n");
  }

  @Test
  @Order(9)
  void usesAGatewayAgainThatIsBack() throws IOException {
    site.startGateway(dead);

    site.until("both are one cluster again", () -> members().size() == 2);
    site.until("it answers through nginx", () -> answers(dead));
  }

  private static boolean answers(String gateway) {
    return calls.get(site.open("/readyz")).field("edgeId").equals(gateway);
  }

  private static List<String> members() {
    return calls.get(site.open("/readyz")).body().getJsonArray("members", new JsonArray()).stream()
        .map(String::valueOf)
        .toList();
  }

  /** The head of what is answered, as it comes from nginx. */
  private static String upgrade(Socket socket, String token) throws IOException {
    socket.setSoTimeout(10_000);
    var request =
        """
        GET /ws/executor HTTP/1.1
        Host: 127.0.0.1
        Connection: Upgrade
        Upgrade: WebSocket
        Sec-WebSocket-Version: 13
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
        Authorization: Bearer %s

        """
            .formatted(token);
    socket.getOutputStream().write(request.replace("\n", "\r\n").getBytes(ISO_8859_1));
    var in = new DataInputStream(socket.getInputStream());
    var head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) head.append((char) in.readUnsignedByte());
    return head.toString();
  }

  private static String addressOf(String userAgent) throws SQLException {
    var url = site.databaseUrl();
    var user = url.replaceAll("^postgres://([^@]*)@.*$", "$1");
    var jdbc = "jdbc:" + url.replaceFirst("postgres://[^@]*@", "postgresql://") + "?user=" + user;
    try (var connection = DriverManager.getConnection(jdbc);
        var query =
            connection.prepareStatement("select ip from auth_sessions where user_agent = ?")) {
      query.setString(1, userAgent);
      var rows = query.executeQuery();
      assertThat(rows.next()).isTrue();
      return rows.getString(1);
    }
  }
}
