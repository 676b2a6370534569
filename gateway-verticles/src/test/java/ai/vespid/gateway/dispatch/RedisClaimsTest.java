package ai.vespid.gateway.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.kit.redis.RedisLink;
import io.vertx.core.Vertx;
import io.vertx.redis.client.RedisOptions;
import java.io.IOException;
import java.net.ServerSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import redis.embedded.RedisServer;

/** On a real Redis. */
@Timeout(30)
class RedisClaimsTest {
  private static final Vertx VERTX = Vertx.vertx();
  private static RedisServer server;
  private static RedisClaims claims;

  @BeforeAll
  static void start() throws IOException {
    int port;
    try (var socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    server = RedisServer.newRedisServer().port(port).bind("127.0.0.1").build();
    server.start();
    var link =
        new RedisLink(VERTX, new RedisOptions().setConnectionString("redis://127.0.0.1:" + port));
    link.open().await();
    claims = new RedisClaims(link);
  }

  @AfterAll
  static void stop() throws IOException {
    VERTX.close().await();
    server.stop();
  }

  @Test
  void givesAnIdToOneOwner() {
    assertThat(claims.take("given", "a", 60_000).await()).isTrue();
    assertThat(claims.take("given", "b", 60_000).await()).isFalse();
    assertThat(claims.holder("given").await()).contains("a");
  }

  @Test
  void freesAnIdOnlyForItsOwner() {
    claims.take("freed", "a", 60_000).await();

    claims.free("freed", "b").await();
    assertThat(claims.holder("freed").await()).contains("a");

    claims.free("freed", "a").await();
    assertThat(claims.holder("freed").await()).isEmpty();
  }

  @Test
  void hasForgottenNothingWhileItWasThere() {
    assertThat(claims.mayHaveForgotten(60_000)).isFalse();
  }
}
