package ai.vespid.agent.link;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.agent.Eventually;
import ai.vespid.agent.TestGateway;
import ai.vespid.agent.trust.GatewayTrust;
import ai.vespid.agent.trust.TrustChoice;
import ai.vespid.protocol.executor.ExecutorFrame.Hello;
import ai.vespid.protocol.executor.GatewayFrame;
import io.vertx.core.Vertx;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Locale;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LinkTest implements Link.Listener {
  private final TestGateway gateway = new TestGateway();
  private final Vertx vertx = Vertx.vertx();
  private final BlockingQueue<GatewayFrame> received = new LinkedBlockingQueue<>();
  private final Queue<Throwable> unhandled = new ConcurrentLinkedQueue<>();
  private final Queue<String> gaveUp = new ConcurrentLinkedQueue<>();
  private Link link;

  private void connect(String token) {
    connect(gateway.url(), token);
  }

  private void connect(String url, String token) {
    connect(url, token, Backoff.Patience.USUAL);
  }

  private void connect(String url, String token, Backoff.Patience patience) {
    vertx.exceptionHandler(unhandled::add);
    var target = new Link.Target(url, token, new GatewayTrust(TrustChoice.NONE), null);
    var pace = new Link.Pace(250, 200);
    link = new Link(vertx, target, pace, this, new Backoff(new Random(1), patience));
    link.start();
  }

  @AfterEach
  void stop() {
    link.run(link::stop);
    vertx.close().await();
    gateway.close();
    assertThat(unhandled).isEmpty();
  }

  @Override
  public Hello hello() {
    return Hellos.idle();
  }

  @Override
  public void opened() {}

  @Override
  public void gaveUp(String code) {
    gaveUp.add(code);
  }

  @Override
  public void received(GatewayFrame frame) {
    received.add(frame);
  }

  @Test
  void saysHelloAtOnceAndAgainAsAHeartbeat() throws Exception {
    gateway.neverWelcome();
    connect(TestGateway.TOKEN);

    for (int i = 0; i < 3; i++) gateway.next(Hello.class, 5_000);
  }

  @Test
  void comesBackAfterALoss() throws Exception {
    connect(TestGateway.TOKEN);
    for (int i = 0; i < 3; i++) {
      gateway.connection().close().await();
      gateway.next(Hello.class);
    }
    gateway.connection();
  }

  @Test
  void aRefusedTokenIsTriedAgainButNotAtOnce() throws Exception {
    connect("wrong");
    Eventually.is("a refusal", () -> gateway.refusals() == 1);

    assertThat(gateway.poll(Hello.class, 1_000)).isNull();
    assertThat(gateway.refusals()).isLessThan(4);
  }

  @Test
  void comesInWhenTheGatewayLetsItInAgain() throws Exception {
    gateway.refuse(503);
    connect(TestGateway.TOKEN);
    Eventually.is("a refusal", () -> gateway.refusals() > 0);

    gateway.refuse(0);

    gateway.next(Hello.class);
  }

  @Test
  void comesBackWhenABusyGatewayTellsIt() throws Exception {
    gateway.refuse(503, 2);
    connect(TestGateway.TOKEN);
    Eventually.is("a refusal", () -> gateway.refusals() > 0);
    long refused = System.nanoTime();
    gateway.refuse(0);

    gateway.next(Hello.class);

    assertThat(Duration.ofNanos(System.nanoTime() - refused))
        .isBetween(Duration.ofMillis(1_900), Duration.ofSeconds(8));
  }

  @Test
  void aRefusalThatPassesIsNotTheLast() throws Exception {
    gateway.refuse(429, 1);
    connect(gateway.url(), TestGateway.TOKEN, new Backoff.Patience(50, 100, 3));
    Eventually.is("a refusal", () -> gateway.refusals() > 0);

    gateway.refuse(0);

    gateway.next(Hello.class);
    assertThat(gaveUp).isEmpty();
  }

  @Test
  void aRefusalForGoodEndsTheAttemptsOfWhoWantsThat() throws Exception {
    gateway.refuse(403);

    connect(gateway.url(), TestGateway.TOKEN, new Backoff.Patience(50, 100, 3));

    Eventually.is("it gives up", () -> !gaveUp.isEmpty());
    assertThat(gateway.refusals()).isEqualTo(1);
  }

  @Test
  void noticesADeadLinkByItsPings() throws Exception {
    try (var server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      connect("ws://127.0.0.1:" + server.getLocalPort() + "/ws", TestGateway.TOKEN);

      // Each is let in and then hears nothing more, as when the path to the gateway is gone.
      var connections = new ArrayList<Socket>();
      for (int i = 0; i < 3; i++) connections.add(letIn(server));

      for (var connection : connections) connection.close();
    }
  }

  private static Socket letIn(ServerSocket server) throws Exception {
    server.setSoTimeout(20_000);
    var socket = server.accept();
    var request = new BufferedReader(new InputStreamReader(socket.getInputStream(), US_ASCII));
    var key = "";
    for (var line = request.readLine(); !line.isEmpty(); line = request.readLine()) {
      if (line.toLowerCase(Locale.ROOT).startsWith("sec-websocket-key:")) {
        key = line.substring(line.indexOf(':') + 1).strip();
      }
    }
    var sha1 = MessageDigest.getInstance("SHA-1");
    var accept = sha1.digest((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").getBytes(US_ASCII));
    var answer =
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
            + "sec-websocket-accept: "
            + Base64.getEncoder().encodeToString(accept)
            + "\r\n\r\n";
    socket.getOutputStream().write(answer.getBytes(US_ASCII));
    return socket;
  }

  @Test
  void whenTheGatewayDrainsTheNextConnectionStandsBeforeTheLastIsClosed() throws Exception {
    connect(TestGateway.TOKEN);
    var first = gateway.connection();
    gateway.next(Hello.class);
    gateway.send(new GatewayFrame.Drain(10_000L));

    gateway.connection();

    // It closes the first only after it has the second.
    Eventually.is("the first is closed", first::isClosed);
    assertThat(first.closeReason()).isEqualTo("MOVED");
    gateway.send(new GatewayFrame.DispatchCancel("r", 1, "x"));
    Eventually.is(
        "the second works",
        () -> received.stream().anyMatch(GatewayFrame.DispatchCancel.class::isInstance));
  }

  @Test
  void aDrainThatFindsNoOtherDoorYetIsTriedAgain() throws Exception {
    connect(TestGateway.TOKEN);
    var first = gateway.connection();
    gateway.refuse(503);
    gateway.send(new GatewayFrame.Drain(10_000L));
    Eventually.is("a refusal", () -> gateway.refusals() > 0);
    assertThat(first.isClosed()).isFalse();

    gateway.refuse(0);

    gateway.connection();
    Eventually.is("the first is closed", first::isClosed);
  }

  @Test
  void workThatArrivesOnTheLastSocketAfterTheMoveIsLeftToTheGateway() throws Exception {
    connect(TestGateway.TOKEN);
    var first = gateway.connection();
    gateway.next(Hello.class);
    // Both in one write: the invoke is read after the agent has begun to move.
    gateway.send(new GatewayFrame.Drain(10_000L));
    gateway.connection();
    var invoke = "{\"type\":\"session_open\",\"requestId\":\"late\"}";
    if (!first.isClosed()) first.writeTextMessage(invoke);

    Eventually.is("the first is closed", first::isClosed);
    assertThat(received.poll(200, TimeUnit.MILLISECONDS))
        .isNotInstanceOf(GatewayFrame.SessionOpen.class);
  }
}
