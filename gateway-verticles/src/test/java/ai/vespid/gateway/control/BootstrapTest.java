package ai.vespid.gateway.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.time.Clock;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What {@code vespid up} does at its first start, and again at every later one. */
final class BootstrapTest {
  private static ControlServer server;
  private static Bootstrap bootstrap;

  @BeforeAll
  static void start() {
    server = ControlServer.start();
    bootstrap = new Bootstrap(server.local().vertx(), server.database(), Clock.systemUTC());
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void makesAnOwnerWhoCanLogInAndPairAnAgent() {
    var owner = bootstrap.firstOwner("first@example.org", "a good password", "Home").await();
    var token = bootstrap.pairingToken(owner.organizationId(), owner.userId()).await();

    var login =
        server
            .request("POST", "/v1/auth/login")
            .body(
                new JsonObject()
                    .put("email", "first@example.org")
                    .put("password", "a good password"))
            .send();
    var paired =
        server.request("POST", "/v1/agents/pair").body(ControlServer.pairing(token, "own")).send();

    assertThat(login.status()).isEqualTo(200);
    assertThat(login.json().getJsonObject("user").getString("id")).isEqualTo(owner.userId());
    assertThat(paired.status()).isEqualTo(201);
    assertThat(paired.json().getString("organizationId")).isEqualTo(owner.organizationId());
  }

  @Test
  void makesOneOwnerHoweverOftenAndWhoeverAsks() {
    var all =
        IntStream.range(0, 4)
            .mapToObj(i -> bootstrap.firstOwner("once@example.org", "password-" + i, "Home"))
            .toList();
    Future.join(all).await();
    var again = bootstrap.firstOwner("once@example.org", "another password", "Elsewhere").await();

    assertThat(all).allSatisfy(owner -> assertThat(owner.result()).isEqualTo(again));
  }
}
