package ai.vespid.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.gateway.TestGateway.Credentials;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Agents that are gone without a word, on sockets that say just what the test writes. */
class LostAgentsTest {
  private static TestGateway gateway;
  private String organization;
  private Credentials credentials;

  @BeforeAll
  static void start() {
    gateway = new TestGateway();
    gateway.edgeConfig.put("helloMax", "PT1S").put("staleMs", 5_000);
    gateway.start();
  }

  @AfterAll
  static void stop() {
    gateway.close();
  }

  @BeforeEach
  void pair() {
    organization = UUID.randomUUID().toString();
    credentials = gateway.executor(organization);
  }

  @Test
  void anAgentThatLeavesBeforeItsTokenIsLookedUpIsNoFailure() throws IOException {
    var escaped = new ConcurrentLinkedQueue<Throwable>();
    gateway.vertx.exceptionHandler(escaped::add);
    for (int i = 0; i < 100; i++) {
      try (var socket = new Socket("127.0.0.1", gateway.port)) {
        socket.setSoLinger(i % 2 == 0, 0);
        socket.getOutputStream().write(upgrade());
      }
    }

    // Those before it were looked up before.
    FakeAgent.v2(gateway, credentials).connect(gateway).close();
    assertThat(escaped).isEmpty();
    long limit = System.nanoTime() + Duration.ofSeconds(5).toNanos();
    while (gateway.meters.get("vespid.edge.sockets").gauge().value() > 0) {
      gateway.get("/healthz");
      assertThat(System.nanoTime()).as("sockets that nobody closes").isLessThan(limit);
    }
  }

  @Test
  void doesNotWaitForTheCloseOfAnAgentThatIsGone() throws IOException {
    try (var socket = new Socket("127.0.0.1", gateway.port)) {
      socket.getOutputStream().write(upgrade());
      assertThat(socket.getInputStream().read()).isEqualTo('H');
      var hello = FakeAgent.extended(gateway, credentials).hello();
      socket.getOutputStream().write(frame(hello));
      gateway.awaitRoutes(organization);
      long silentSince = System.nanoTime();

      var path = "/internal/v1/executors/routes?organizationId=" + organization;
      while (!gateway.get(path).body().getJsonArray("routes").isEmpty()) {
        assertThat(Duration.ofNanos(System.nanoTime() - silentSince))
            .as("5 s without a word, and not the 10 s more in which it could answer the close")
            .isLessThan(Duration.ofSeconds(9));
      }
    }
  }

  private byte[] upgrade() {
    return """
    GET /ws/executor HTTP/1.1\r
    Host: localhost\r
    Authorization: Bearer %s\r
    Connection: Upgrade\r
    Upgrade: websocket\r
    Sec-WebSocket-Version: 13\r
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
    \r
    """
        .formatted(credentials.token())
        .getBytes(StandardCharsets.US_ASCII);
  }

  // A text frame as clients send it: masked, here with zeros.
  private static byte[] frame(JsonObject json) {
    var text = json.encode().getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + text.length)
        .put((byte) 0x81)
        .put((byte) (0x80 | 126))
        .putShort((short) text.length)
        .putInt(0)
        .put(text)
        .array();
  }
}
