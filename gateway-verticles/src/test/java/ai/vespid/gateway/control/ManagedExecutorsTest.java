package ai.vespid.gateway.control;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.Pool;
import ai.vespid.protocol.bus.ExecutorEdge;
import ai.vespid.protocol.bus.SessionRegistry;
import ai.vespid.sql.ExecutorRepository;
import java.util.UUID;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Executors of the managed pool. */
final class ManagedExecutorsTest {
  private static final String ISSUE = "/internal/v1/managed-executors/issue";

  private static ControlServer server;

  @BeforeAll
  static void start() {
    server = ControlServer.start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static ControlServer.Reply issue(String header, String body) {
    return server
        .request("POST", ISSUE)
        .header(header, ControlServer.SERVICE_TOKEN)
        .body(body)
        .send();
  }

  @Test
  void issuesATokenThatTheGatewayAccepts() {
    for (var header : new String[] {"X-Service-Token", "x-gateway-token"}) {
      var reply =
          issue(header, "{\"name\":\"m1\",\"maxInFlight\":3,\"labels\":[\"eu\"],\"region\":null}");

      assertThat(reply.status()).as(reply.toString()).isEqualTo(201);
      var id = reply.json().getString("executorId");
      var token = reply.json().getString("executorToken");
      assertThat(token).startsWith(id + ".");
      var identity =
          new ExecutorRepository(server.database()).findByToken(token).await().orElseThrow();
      assertThat(identity.executorId()).isEqualTo(id);
      assertThat(identity.pool()).isEqualTo(Pool.MANAGED);
      assertThat(identity.maxInFlight()).isEqualTo(3);
      assertThat(identity.tags()).containsExactly("eu");
    }
  }

  @Test
  void hasADefaultForEverything() {
    var id = issue("X-Service-Token", "{}").json().getString("executorId");

    var identity = new ExecutorRepository(server.database()).find(id).await().orElseThrow();
    assertThat(identity.name()).isEqualTo("managed-executor");
    assertThat(identity.maxInFlight()).isEqualTo(50);
  }

  @Test
  void opensOnlyToTheServiceToken() {
    var person = server.person();

    var none = server.request("POST", ISSUE).body("{}").send();
    var wrong = server.request("POST", ISSUE).header("X-Service-Token", "x").body("{}").send();
    var user = person.request("POST", ISSUE).body("{}").send();

    for (var reply : new ControlServer.Reply[] {none, wrong, user}) {
      assertThat(reply.status()).isEqualTo(401);
      assertThat(reply.code()).isEqualTo("UNAUTHORIZED");
    }
  }

  @Test
  void revokesAndTellsEveryEdge() throws InterruptedException {
    var told = new LinkedBlockingQueue<SessionRegistry.Revoked>();
    server.bus().subscribe(ExecutorEdge.REVOKED, told::add).await();
    var id = issue("X-Service-Token", "{}").json().getString("executorId");

    var revoked = revoke(id);
    var unknown = revoke(UUID.randomUUID().toString());
    var nonsense = revoke("nonsense");

    assertThat(revoked.status()).isEqualTo(200);
    assertThat(told.poll(5, TimeUnit.SECONDS)).isEqualTo(new SessionRegistry.Revoked(id));
    var identity = new ExecutorRepository(server.database()).find(id).await().orElseThrow();
    assertThat(identity.revoked()).isTrue();
    assertThat(unknown.status()).isEqualTo(404);
    assertThat(nonsense.status()).isEqualTo(404);
  }

  private static ControlServer.Reply revoke(String id) {
    return server
        .request("POST", "/internal/v1/managed-executors/" + id + "/revoke")
        .header("X-Service-Token", ControlServer.SERVICE_TOKEN)
        .send();
  }
}
