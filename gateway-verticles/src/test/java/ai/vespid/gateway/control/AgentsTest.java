package ai.vespid.gateway.control;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.Kind;
import ai.vespid.protocol.Pool;
import ai.vespid.protocol.bus.Done;
import ai.vespid.protocol.bus.ExecutorEdge;
import ai.vespid.protocol.bus.Message;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.bus.SessionRegistry;
import ai.vespid.sql.ExecutorRepository;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Pairing, listing, tagging, revoking and deleting executors. */
final class AgentsTest {
  private ControlServer server;
  private ControlServer.Person owner;

  @BeforeEach
  void start() {
    server = ControlServer.start();
    owner = server.person();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private JsonObject only(String list) {
    var listed = owner.own("GET", "/agents").send().json().getJsonArray(list);
    assertThat(listed).hasSize(1);
    return listed.getJsonObject(0);
  }

  private static Route route(String executorId, String organizationId) {
    long now = System.currentTimeMillis();
    return new Route(
        executorId,
        "c-1",
        "gw-1",
        0,
        Pool.BYON,
        organizationId,
        "n",
        Set.of(),
        List.of("claims"),
        10,
        Set.of(Kind.values()),
        null,
        Map.of(),
        null,
        now,
        now,
        false,
        false);
  }

  @Test
  void pairsAnExecutorWhoseTokenTheGatewayKnows() {
    var paired = owner.pair("build-1");

    assertThat(paired.getString("executorId")).isEqualTo(paired.getString("agentId"));
    assertThat(paired.getString("executorToken"))
        .isEqualTo(paired.getString("agentToken"))
        .startsWith(owner.organizationId + ".");
    assertThat(paired.getString("organizationId")).isEqualTo(owner.organizationId);
    assertThat(paired.getString("gatewayWsUrl")).isEqualTo("ws://localhost:3002/ws/executor");
    var identity =
        new ExecutorRepository(server.database())
            .findByToken(paired.getString("executorToken"))
            .await()
            .orElseThrow();
    assertThat(identity.executorId()).isEqualTo(paired.getString("executorId"));
    assertThat(identity.name()).isEqualTo("build-1");
  }

  @Test
  void redeemsATokenOnceHoweverManyTryAtTheSameTime() {
    var token = owner.pairingToken();

    var tries =
        IntStream.range(0, 200)
            .mapToObj(i ->
                server
                    .request("POST", i % 2 == 0 ? "/v1/agents/pair" : "/v1/executors/pair")
                    .body(ControlServer.pairing(token, "agent-" + i))
                    .sendAsync())
            .toList();
    var outcomes =
        tries.stream()
            .map(CompletableFuture::join)
            .map(reply -> reply.status() == 201 ? "201" : reply.status() + " " + reply.code())
            .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));

    assertThat(outcomes).isEqualTo(Map.of("201", 1L, "401 PAIRING_TOKEN_INVALID", 199L));
    only("agents");
  }

  @Test
  void refusesTokensThatAreMalformedUnknownOrExpired() {
    var foreign = owner.organizationId + ".AAAA";
    for (var token : new String[] {"x", ".", "x.y", foreign}) {
      var reply =
          server.request("POST", "/v1/agents/pair").body(ControlServer.pairing(token, "n")).send();
      assertThat(reply.status()).isEqualTo(401);
      assertThat(reply.code()).isEqualTo("PAIRING_TOKEN_INVALID");
    }

    var expired = owner.pairingToken();
    server
        .database()
        .tenant(
            owner.organizationId,
            c ->
                c.query("update executor_pairing_tokens set expires_at = now() - interval '1 s'")
                    .execute())
        .await();
    var reply =
        server.request("POST", "/v1/agents/pair").body(ControlServer.pairing(expired, "n")).send();
    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.code()).isEqualTo("PAIRING_TOKEN_EXPIRED");
  }

  @Test
  void givesATokenFifteenMinutes() {
    var reply = owner.own("POST", "/executors/pairing-tokens").body("[\"ignored\"]").send();

    assertThat(reply.status()).isEqualTo(201);
    assertThat(reply.json().getString("token"))
        .matches(owner.organizationId + "\\.[A-Za-z0-9_-]{32}");
    assertThat(Instant.parse(reply.json().getString("expiresAt")))
        .isBetween(Instant.now().plusSeconds(890), Instant.now().plusSeconds(901));
  }

  @Test
  void goesByWhoWasSeenWhenNoRegistryAnswers() {
    var id = owner.pair("a").getString("executorId");
    assertThat(only("executors").getString("status")).isEqualTo("offline");

    new ExecutorRepository(server.database()).touchSeen(List.of(id), Instant.now()).await();
    assertThat(only("executors").getString("status")).isEqualTo("online");

    assertThat(only("agents")).isEqualTo(only("executors"));
  }

  @Test
  void goesByLiveRoutesWhenTheRegistryAnswers() {
    var online = owner.pair("online").getString("executorId");
    var offline = owner.pair("offline").getString("executorId");
    new ExecutorRepository(server.database()).touchSeen(List.of(offline), Instant.now()).await();
    serveRegistry(new LinkedBlockingQueue<>(), route(online, owner.organizationId));

    var listed = owner.own("GET", "/executors").send().json().getJsonArray("executors");

    assertThat(listed.getJsonObject(0).getString("name")).isEqualTo("offline");
    assertThat(listed.getJsonObject(0).getString("status")).isEqualTo("offline");
    assertThat(listed.getJsonObject(1).getString("status")).isEqualTo("online");
    assertThat(listed.getJsonObject(1).getJsonArray("reportedTags")).containsExactly("claims");
    assertThat(listed.getJsonObject(1).getJsonArray("reportedLabels")).containsExactly("claims");
    assertThat(listed.getJsonObject(1).getString("lastSeenAt")).isNotNull();
  }

  private void serveRegistry(LinkedBlockingQueue<Message> heard, Route... routes) {
    server
        .bus()
        .serve(
            SessionRegistry.at("gw-1"),
            16,
            request -> {
              heard.add(request);
              return Future.succeededFuture(
                  request instanceof SessionRegistry.Routes
                      ? new SessionRegistry.RouteList(List.of(routes))
                      : new Done());
            })
        .await();
  }

  @Test
  void setsTagsUnderBothNamesAndTellsTheRegistry() throws InterruptedException {
    var heard = new LinkedBlockingQueue<Message>();
    serveRegistry(heard);
    var id = owner.pair("a").getString("executorId");

    var reply =
        owner
            .own("PUT", "/agents/" + id + "/tags")
            .body("{\"tags\":[\" gpu \",\"east\",\"gpu\"]}")
            .send();

    assertThat(reply.status()).as(reply.toString()).isEqualTo(200);
    var executor = reply.json().getJsonObject("executor");
    assertThat(executor.getJsonArray("labels")).containsExactly("gpu", "east");
    assertThat(heard.poll(5, TimeUnit.SECONDS))
        .isEqualTo(new SessionRegistry.Retagged(id, List.of("gpu", "east")));
    assertThat(only("agents").getJsonArray("tags")).containsExactly("gpu", "east");
    assertThat(only("agents").getJsonArray("labels")).containsExactly("gpu", "east");
  }

  @Test
  void neverClearsTagsBecauseOfABadBody() {
    var id = owner.pair("a").getString("executorId");
    owner.own("PUT", "/executors/" + id + "/labels").body("{\"labels\":[\"gpu\"]}").send();

    for (var bad :
        new String[] {"{}", "{\"labels\":\"x\"}", "{\"labels\":null}", "{\"tags\":[]}"}) {
      var reply = owner.own("PUT", "/executors/" + id + "/labels").body(bad).send();
      assertThat(reply.status()).as(bad).isEqualTo(400);
    }

    assertThat(only("executors").getJsonArray("labels")).isEqualTo(new JsonArray().add("gpu"));
  }

  @Test
  void revokesAndTellsEveryEdge() throws InterruptedException {
    var told = new LinkedBlockingQueue<SessionRegistry.Revoked>();
    server.bus().subscribe(ExecutorEdge.REVOKED, told::add).await();
    var paired = owner.pair("a");
    var id = paired.getString("executorId");

    var reply = owner.own("POST", "/agents/" + id + "/revoke").send();

    assertThat(reply.json()).isEqualTo(new JsonObject().put("ok", true));
    assertThat(told.poll(5, TimeUnit.SECONDS)).isEqualTo(new SessionRegistry.Revoked(id));
    assertThat(only("agents").getString("status")).isEqualTo("revoked");
    assertThat(only("agents").getString("revokedAt")).isNotNull();
    var identity =
        new ExecutorRepository(server.database())
            .findByToken(paired.getString("executorToken"))
            .await();
    assertThat(identity.orElseThrow().revoked()).isTrue();
  }

  @Test
  void deletesOnlyWhatIsRevoked() {
    var id = owner.pair("a").getString("executorId");

    var tooEarly = owner.own("DELETE", "/executors/" + id).send();
    owner.own("POST", "/executors/" + id + "/revoke").send();
    var deleted = owner.own("DELETE", "/executors/" + id).send();
    var again = owner.own("DELETE", "/executors/" + id).send();

    assertThat(tooEarly.status()).isEqualTo(409);
    assertThat(tooEarly.code()).isEqualTo("AGENT_NOT_REVOKED");
    assertThat(deleted.status()).isEqualTo(200);
    assertThat(again.status()).isEqualTo(404);
    assertThat(again.code()).isEqualTo("AGENT_NOT_FOUND");
  }

  @Test
  void refusesOversizedCapabilities() {
    var large = new JsonObject().put("tags", new JsonArray().add("x".repeat(20_000)));
    var token = owner.pairingToken();

    var reply =
        server
            .request("POST", "/v1/agents/pair")
            .body(ControlServer.pairing(token, "n").put("capabilities", large))
            .send();
    var retry =
        server.request("POST", "/v1/agents/pair").body(ControlServer.pairing(token, "n")).send();

    assertThat(reply.status()).isEqualTo(400);
    assertThat(retry.status()).isEqualTo(201);
  }
}
