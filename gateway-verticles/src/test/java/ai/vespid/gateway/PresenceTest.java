package ai.vespid.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What people see of an agent: where it is, how it is, and what happened to it. */
@Timeout(120)
final class PresenceTest {
  private static final ControlSite site = new ControlSite();
  private static final HttpClient http = HttpClient.newHttpClient();

  @AfterAll
  static void stop() {
    http.shutdownNow();
    site.close();
  }

  private static String path(TestGateway.Credentials agent) {
    return "/v1/orgs/" + site.owner.organizationId() + "/agents/" + agent.executorId();
  }

  private static JsonObject get(String path) {
    var answer = site.send(HttpMethod.GET, path, null, site.owner);
    assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
    return answer.body();
  }

  private static JsonObject until(String path, Predicate<JsonObject> expected) {
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    var seen = get(path);
    while (!expected.test(seen)) {
      if (System.nanoTime() > limit) throw new AssertionError(seen.encodePrettily());
      LockSupport.parkNanos(50_000_000);
      seen = get(path);
    }
    return seen;
  }

  private static List<String> kinds(JsonObject events) {
    return events.getJsonArray("events").stream()
        .map(event -> ((JsonObject) event).getString("kind"))
        .toList();
  }

  /** One whose connection can be cut as a network does it. */
  private static WebSocket dial(TestGateway.Credentials credentials, String bootId) {
    var welcomed = new CompletableFuture<CharSequence>();
    var socket =
        http.newWebSocketBuilder()
            .header("Authorization", "Bearer " + credentials.token())
            .buildAsync(
                URI.create("ws://127.0.0.1:" + site.gateway.port + "/ws/executor"),
                new WebSocket.Listener() {
                  @Override
                  public CompletionStage<?> onText(WebSocket from, CharSequence text, boolean all) {
                    welcomed.complete(text);
                    return null;
                  }
                })
            .join();
    var hello =
        new JsonObject()
            .put("type", "executor_hello_v2")
            .put("executorVersion", "1.2.3")
            .put("executorId", credentials.executorId())
            .put("pool", "byon")
            .put("organizationId", credentials.organizationId())
            .put("labels", new JsonArray())
            .put("maxInFlight", 1)
            .put("kinds", new JsonArray(TestGateway.KINDS))
            .put("bootId", bootId)
            .put("features", new JsonArray().add("ack"));
    socket.sendText(hello.encode(), true).join();
    welcomed.join();
    return socket;
  }

  private static void happened(TestGateway.Credentials credentials, String... newestFirst) {
    var expected = List.of(newestFirst);
    until(path(credentials) + "/events", events -> kinds(events).equals(expected));
  }

  @Test
  void anAgentIsShownWithItsConnection() {
    var credentials = site.paired();
    assertThat(get(path(credentials)).getJsonObject("connection")).isNull();

    try (var agent = site.connected(credentials)) {
      var seen = until(path(credentials), view -> view.getJsonObject("connection") != null);

      assertThat(seen.getJsonObject("agent").getString("status")).isEqualTo("online");
      var connection = seen.getJsonObject("connection");
      assertThat(connection.getBoolean("live")).isTrue();
      assertThat(connection.getString("remoteAddress")).isEqualTo("127.0.0.1");
      assertThat(connection.getString("version")).isEqualTo("1.0.0");
      assertThat(connection.getString("bootId")).isEqualTo(agent.bootId);
      assertThat(connection.getJsonArray("features")).contains("commands:session.list");
      assertThat(connection.getValue("endedHow")).isNull();
    }
  }

  @Test
  void aLostLinkAndADeadProcessAreDifferentFacts() {
    var credentials = site.paired();

    dial(credentials, "one").abort();
    happened(credentials, "link_lost", "connected");
    var lost = get(path(credentials)).getJsonObject("connection");
    dial(credentials, "one").abort();
    happened(credentials, "link_lost", "reconnected", "link_lost", "connected");
    var second = dial(credentials, "two");
    happened(credentials, "restarted", "link_lost", "reconnected", "link_lost", "connected");
    second.sendClose(1001, "AGENT_STOPPED").join();
    until(path(credentials) + "/events", events -> kinds(events).getFirst().equals("stopped"));
    dial(credentials, "three").abort();
    until(path(credentials) + "/events", events -> kinds(events).get(1).equals("started"));

    assertThat(lost.getString("endedHow")).isEqualTo("link_lost");
    assertThat(lost.getString("endedAt")).isNotNull();
    assertThat(lost.getBoolean("live")).isFalse();
  }

  @Test
  void eventsAreReadPageByPage() {
    var credentials = site.paired();
    dial(credentials, "one").abort();
    happened(credentials, "link_lost", "connected");

    var first = get(path(credentials) + "/events?limit=1");
    var second = get(path(credentials) + "/events?limit=1&cursor=" + first.getString("nextCursor"));

    assertThat(kinds(first)).containsExactly("link_lost");
    assertThat(kinds(second)).containsExactly("connected");
  }

  private static JsonObject reading(double cpuPercent) {
    return new JsonObject()
        .put("takenAtMs", Instant.now().toEpochMilli())
        .put("status", "ok")
        .put("machine", new JsonObject().put("cpuPercent", cpuPercent));
  }

  @Test
  void whatAnAgentSaysOfItselfIsKeptAndShown() {
    var credentials = site.paired();
    try (var agent = FakeAgent.extended(site.gateway, credentials).open(site.gateway)) {
      agent.send(agent.hello());
      var welcome = agent.await("executor_welcome_v2");
      assertThat(welcome.getInteger("telemetryMs")).isEqualTo(30_000);
      var telemetry = new JsonObject().put("type", "telemetry");
      agent.send(telemetry.put("reading", reading(12.5)));
      var first =
          until(path(credentials) + "/telemetry", seen -> seen.getJsonObject("latest") != null);
      agent.send(telemetry.put("reading", reading(50)));
      var second =
          until(path(credentials) + "/telemetry", seen -> cpu(seen.getJsonObject("latest")) == 50);

      assertThat(cpu(first.getJsonObject("latest"))).isEqualTo(12.5);
      // The first of five minutes is what is kept for later.
      assertThat(second.getJsonArray("history")).isNotEmpty();
      assertThat(get(path(credentials)).getJsonObject("telemetry"))
          .isEqualTo(second.getJsonObject("latest"));
      assertThat(
              get(path(credentials) + "/telemetry?until=2020-01-01T00:00:00Z")
                  .getJsonArray("history"))
          .isEmpty();
    }
  }

  private static double cpu(JsonObject read) {
    return read.getJsonObject("reading").getJsonObject("machine").getDouble("cpuPercent");
  }

  @Test
  void nobodyElseSeesIt() {
    var credentials = site.paired();
    var stranger = site.person();

    assertThat(site.send(HttpMethod.GET, path(credentials), null, stranger).status())
        .isIn(400, 403);
    var own = path(credentials).replace(site.owner.organizationId(), stranger.organizationId());
    for (var what : List.of("", "/events", "/telemetry")) {
      assertThat(site.send(HttpMethod.GET, own + what, null, stranger).code())
          .isEqualTo("AGENT_NOT_FOUND");
    }
  }

  @Test
  void aTimeThatIsNoneIsRefused() {
    var path = path(site.paired()) + "/telemetry?since=yesterday";

    assertThat(site.send(HttpMethod.GET, path, null, site.owner).status()).isEqualTo(400);
  }

  private static List<String> listed(String query) {
    return get("/v1/orgs/" + site.owner.organizationId() + "/agents?" + query)
        .getJsonArray("agents")
        .stream()
        .map(agent -> ((JsonObject) agent).getString("id"))
        .toList();
  }

  @Test
  void agentsAreListedByTagByWhatTheyCanDoAndByWhetherTheyAreThere() {
    var here = site.paired();
    var away = site.paired();
    var tags = new JsonObject().put("tags", new JsonArray().add("berlin"));
    site.send(HttpMethod.PUT, path(away) + "/tags", tags, site.owner);

    try (var agent = site.connected(here)) {
      assertThat(agent.credentials).isEqualTo(here);
      assertThat(listed("tag=berlin")).containsExactly(away.executorId());
      assertThat(listed("capability=agent.execute"))
          .contains(here.executorId())
          .doesNotContain(away.executorId());
      assertThat(listed("capability=agent.command&tag=berlin")).isEmpty();
      assertThat(listed("status=online"))
          .contains(here.executorId())
          .doesNotContain(away.executorId());
      assertThat(listed("status=offline")).contains(away.executorId());
    }
  }
}
