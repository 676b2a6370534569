package ai.vespid.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.gateway.TestGateway.Credentials;
import io.netty.util.internal.PlatformDependent;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.UpgradeRejectedException;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.http.WebSocketFrame;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What one agent that means ill costs: bounded memory, and nobody else's answers. */
class HostilePeerTest {
  private static final long GROWTH_BYTES_MAX = 64L << 20;
  private static final int MIB = 1 << 20;
  private static final Duration COOL_DOWN = Duration.ofSeconds(2);

  private static final String UNASKED =
      "{\"type\":\"tool_event_v2\",\"requestId\":\"r:n:1\",\"event\":{\"seq\":1,\"ts\":1,"
          + "\"kind\":\"k\",\"level\":\"info\"}}";

  private TestGateway gateway;
  private Credentials good;
  private WebSocketClient client;
  private FakeAgent agent;

  @BeforeEach
  void start() {
    start(1_000_000);
  }

  private void start(int framesPerSecMax) {
    gateway = new TestGateway();
    gateway.edgeConfig.put("writeQueueBytesMax", MIB).put("framesPerSecMax", framesPerSecMax);
    gateway.edgeConfig.put("invalidFramesMax", 1_000);
    gateway.edgeConfig.put("coolDown", COOL_DOWN.toString());
    gateway.start();
    good = gateway.executor(UUID.randomUUID().toString());
    agent = FakeAgent.extended(gateway, good).connect(gateway);
    client = gateway.vertx.createWebSocketClient();
    answers(50);
  }

  @AfterEach
  void stop() {
    agent.close();
    gateway.close();
  }

  private WebSocket hostile() {
    var credentials = gateway.executor(UUID.randomUUID().toString());
    var hello = FakeAgent.extended(gateway, credentials).hello();
    var socket = connect(credentials).await();
    socket.writeTextMessage(hello.encode()).await();
    return socket;
  }

  private Future<WebSocket> connect(Credentials credentials) {
    var options =
        new WebSocketConnectOptions()
            .setHost("127.0.0.1")
            .setPort(gateway.port)
            .setURI("/ws/executor")
            .addHeader("Authorization", "Bearer " + credentials.token());
    return client.connect(options);
  }

  @Test
  void aMessageWithoutAnEndIsCutOffAtTheBound() throws Exception {
    var socket = hostile();
    var closed = new CompletableFuture<Short>();
    socket.closeHandler(_ -> closed.complete(socket.closeStatusCode()));
    long before = heap();
    var piece = Buffer.buffer(new byte[MIB]);
    Future<Void> written = socket.writeFrame(WebSocketFrame.textFrame(" ", false));
    for (int i = 0; i < 64; i++) {
      written =
          written.compose(_ -> socket.writeFrame(WebSocketFrame.continuationFrame(piece, false)));
    }

    assertThat(closed.get(20, TimeUnit.SECONDS)).isEqualTo((short) 1009);
    assertThat(heap() - before).isLessThan(GROWTH_BYTES_MAX);
    answers(50);
  }

  @Test
  void aFloodOfTinyFramesDelaysNobody() throws Exception {
    var socket = hostile();
    var closed = new CompletableFuture<Short>();
    socket.closeHandler(_ -> closed.complete(socket.closeStatusCode()));
    long before = heap();
    for (int i = 0; i < 100_000 && !socket.isClosed(); i++) socket.writeTextMessage("x");
    answers(200);

    assertThat(closed.get(20, TimeUnit.SECONDS)).isEqualTo((short) 1008);
    assertThat(heap() - before).isLessThan(GROWTH_BYTES_MAX);
  }

  @Test
  void whoSaysMoreThanIsReadAtOnceWaitsAndIsHeard() throws Exception {
    stop();
    start(1_000);
    var slowed = gateway.meters.counter("vespid.edge.sockets.slowed");
    double before = slowed.count();
    var socket = hostile();
    var answered = new CompletableFuture<Void>();
    var answers = new AtomicInteger();
    socket.textMessageHandler(text -> {
      if (text.contains("ASSIGNMENT_UNKNOWN") && answers.incrementAndGet() == 500) {
        answered.complete(null);
      }
    });
    long began = System.nanoTime();
    for (int i = 0; i < 500; i++) socket.writeTextMessage(UNASKED);

    answered.get(20, TimeUnit.SECONDS);
    // A tenth of a second's worth is there at once, the rest comes at that rate.
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(Duration.ofMillis(300));
    assertThat(slowed.count() - before).isBetween(3.0, 5.0);
  }

  @Test
  void whoIsThrownOutIsKeptOutForAWhile() throws Exception {
    var rude = gateway.executor(UUID.randomUUID().toString());
    var socket = connect(rude).await();
    var closed = new CompletableFuture<Short>();
    socket.closeHandler(_ -> closed.complete(socket.closeStatusCode()));
    socket.writeTextMessage("no hello");
    assertThat(closed.get(20, TimeUnit.SECONDS)).isEqualTo((short) 1008);

    assertThatThrownBy(() -> connect(rude).await())
        .isInstanceOfSatisfying(
            UpgradeRejectedException.class,
            refused -> {
              assertThat(refused.getStatus()).isEqualTo(429);
              assertThat(refused.getHeaders().get("Retry-After")).isIn("1", "2");
              assertThat(refused.getBody().toString()).contains("RATE_LIMITED");
            });
    assertThat(gateway.meters.counter("vespid.edge.executors.thrown.out").count()).isEqualTo(1);
    answers(50);

    // What it was told is the time that holds.
    var back = gateway.vertx.timer(COOL_DOWN.toSeconds(), TimeUnit.SECONDS);
    assertThat(back.compose(_ -> connect(rude)).await().isClosed()).isFalse();
  }

  @Test
  void whoNeverReadsItsAnswersIsNotReadEither() throws Exception {
    var socket = hostile();
    socket.pause();
    long before = heap();
    var stalled = new CompletableFuture<Integer>();
    gateway.vertx.runOnContext(_ -> ask(socket, 0, stalled));

    // Every question is answered, so a gateway that read them all would hold 60 MB of answers.
    assertThat(stalled.get(30, TimeUnit.SECONDS)).isLessThan(400_000);
    assertThat(heap() - before).isLessThan(GROWTH_BYTES_MAX / 2);
    answers(50);
    socket.resume();
  }

  // As much as is taken; stalled when nothing more was for a while.
  private void ask(WebSocket socket, int asked, CompletableFuture<Integer> stalled) {
    int count = asked;
    while (!socket.writeQueueFull() && count < 400_000) {
      socket.writeTextMessage(UNASKED);
      count++;
    }
    int soFar = count;
    if (soFar >= 400_000) {
      stalled.complete(soFar);
      return;
    }
    long timer = gateway.vertx.setTimer(1_500, _ -> stalled.complete(soFar));
    socket.drainHandler(_ -> {
      if (gateway.vertx.cancelTimer(timer)) ask(socket, soFar, stalled);
    });
  }

  @Test
  void nonsenseOfAnyKindEndsNothingButItsOwnSocket() {
    var random = new Random(7);
    long before = heap();
    for (int round = 0; round < 5; round++) {
      var socket = hostile();
      for (int i = 0; i < 50; i++) {
        var noise = new byte[random.nextInt(200_000)];
        random.nextBytes(noise);
        socket.writeBinaryMessage(Buffer.buffer(noise));
      }
      answers(20);
    }
    assertThat(heap() - before).isLessThan(GROWTH_BYTES_MAX);
  }

  private void answers(int count) {
    var answers = new ArrayList<Future<TestGateway.Answer>>();
    for (int i = 0; i < count; i++) {
      var body = gateway.body(good.organizationId()).put("maxWaitMs", 8_000);
      answers.add(gateway.post("/internal/v1/dispatch", body.encode()));
    }
    Future.all(answers).await();
    assertThat(answers)
        .allSatisfy(answer ->
            assertThat(answer.result().body().getString("status")).isEqualTo("succeeded"));
  }

  private static long heap() {
    System.gc();
    var runtime = Runtime.getRuntime();
    // What waits to be written lies outside the heap.
    return runtime.totalMemory() - runtime.freeMemory() + PlatformDependent.usedDirectMemory();
  }
}
