package ai.vespid.gateway.control;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.Kind;
import ai.vespid.protocol.Pool;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.bus.SessionRegistry;
import ai.vespid.protocol.executor.ExecutorFrame.EngineAuth;
import io.vertx.core.Future;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Where engines can run with a login of their own. */
final class EngineStatusTest {
  private static final EngineAuth GOOD =
      new EngineAuth(true, "2026-01-01T00:00:00.000Z", "verified");

  private static Route route(String id, Set<Kind> kinds, Map<String, EngineAuth> engineAuth) {
    return new Route(
        id,
        "c",
        "gw-1",
        0,
        Pool.BYON,
        "o",
        "name of " + id,
        Set.of(),
        List.of(),
        10,
        kinds,
        null,
        engineAuth,
        null,
        0,
        0,
        false,
        false);
  }

  @Test
  void countsWhoseLoginWasSeenToWork() {
    var engines =
        EngineStatus.engines(
            List.of(
                route("a", Set.of(Kind.values()), Map.of("gateway.codex.v2", GOOD)),
                route("b", Set.of(Kind.AGENT_RUN), Map.of()),
                route("c", Set.of(Kind.AGENT_EXECUTE), Map.of("gateway.codex.v2", GOOD))));

    var codex = engines.get("gateway.codex.v2");
    assertThat(codex.onlineExecutors()).isEqualTo(2);
    assertThat(codex.verifiedCount()).isEqualTo(1);
    assertThat(codex.unverifiedCount()).isEqualTo(1);
    assertThat(codex.executors())
        .containsExactly(
            new EngineStatus.Login("a", "name of a", true, "2026-01-01T00:00:00.000Z", "verified"),
            new EngineStatus.Login("b", "name of b", false, null, "not_checked"));
    assertThat(engines.get("gateway.opencode.v2").verifiedCount()).isEqualTo(2);
  }

  @Test
  void isUnavailableUntilARegistryAnswers() {
    try (var server = ControlServer.start()) {
      var person = server.person();

      var before = person.own("GET", "/engines/auth-status").send();
      server
          .bus()
          .serve(
              SessionRegistry.at("gw-1"),
              4,
              _ -> Future.succeededFuture(new SessionRegistry.RouteList(List.of())))
          .await();
      var after = person.own("GET", "/engines/auth-status").send();

      assertThat(before.status()).isEqualTo(503);
      assertThat(before.code()).isEqualTo("GATEWAY_UNAVAILABLE");
      assertThat(after.status()).isEqualTo(200);
      assertThat(after.json().getString("organizationId")).isEqualTo(person.organizationId);
      assertThat(after.json().getString("requestedByUserId")).isEqualTo(person.userId);
    }
  }
}
