package ai.vespid.gateway.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.kit.redis.RedisLink;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.io.IOException;
import java.net.ServerSocket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import redis.embedded.RedisServer;

/** On a real Redis that stands still: its connections stay open, and nothing is answered. */
@Timeout(60)
final class RedisLinkTest {
  private final Vertx vertx = Vertx.vertx();
  private final Context context = vertx.getOrCreateContext();
  private RedisServer server;
  private RedisOptions options;
  private RedisLink link;
  private long pid;

  @BeforeEach
  void start() throws Exception {
    int port;
    try (var socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    server = RedisServer.newRedisServer().port(port).bind("127.0.0.1").build();
    server.start();
    options = new RedisOptions().setConnectionString("redis://127.0.0.1:" + port);
    link = new RedisLink(vertx, options);
    on(link::open).await();
    pid = pid();
  }

  @AfterEach
  void stop() throws Exception {
    signal("CONT");
    on(link::close).await();
    vertx.close().await();
    server.stop();
  }

  @Test
  void oneThatAnswersNothingIsAwayAndIsFoundAgainWhenItWakes() throws Exception {
    for (int i = 0; i < 2; i++) {
      signal("STOP");
      var asked = ping();

      assertThatThrownBy(() -> asked.await(5, TimeUnit.SECONDS)).isNotNull();
      assertThat(asked.isComplete()).isTrue();
      assertThat(link.connected()).isFalse();
      assertThatThrownBy(() -> ping().await(1, TimeUnit.SECONDS)).hasMessage("redis is away");

      signal("CONT");
      awaitConnected();
      assertThat(ping().await(5, TimeUnit.SECONDS)).hasToString("PONG");
    }
  }

  @Test
  void aLinkIsOpenedWithoutOneThatAnswersNothing() throws Exception {
    on(link::close).await();
    link = new RedisLink(vertx, options);
    signal("STOP");

    on(link::open).await(5, TimeUnit.SECONDS);

    assertThat(link.connected()).isFalse();
  }

  private void awaitConnected() {
    var connected = new CompletableFuture<Void>();
    vertx.setPeriodic(
        20,
        timer -> {
          if (!link.connected()) return;
          vertx.cancelTimer(timer);
          connected.complete(null);
        });
    connected.orTimeout(10, TimeUnit.SECONDS).join();
  }

  private Future<Response> ping() {
    return on(() -> link.send(Request.cmd(Command.PING)));
  }

  private <T> Future<T> on(Supplier<Future<T>> action) {
    var done = Promise.<T>promise();
    context.runOnContext(_ -> action.get().onComplete(done));
    return done.future();
  }

  private long pid() throws TimeoutException {
    var info =
        on(() -> link.send(Request.cmd(Command.INFO).arg("server"))).await(5, TimeUnit.SECONDS);
    return info.toString()
        .lines()
        .filter(line -> line.startsWith("process_id:"))
        .mapToLong(line -> Long.parseLong(line.substring("process_id:".length()).trim()))
        .findFirst()
        .orElseThrow();
  }

  private void signal(String name) throws IOException, InterruptedException {
    var kill = new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start();
    assertThat(kill.waitFor()).isZero();
  }
}
