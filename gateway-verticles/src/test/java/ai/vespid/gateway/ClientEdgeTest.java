package ai.vespid.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.protocol.session.SessionEvent;
import ai.vespid.sql.AgentSession;
import io.vertx.core.http.UpgradeRejectedException;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Tuple;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Viewers on {@code /ws/client} of a whole gateway. */
@Timeout(60)
final class ClientEdgeTest extends WithSessions {
  @BeforeAll
  static void start() {
    gateway = new TestGateway();
    gateway.sessionsConfig.put("lease", "PT1S").put("sweepEvery", "PT0.2S");
    gateway.start();
  }

  private FakeViewer viewer() {
    return new FakeViewer(gateway, site.organization, site.login().token());
  }

  @Test
  void showsASessionAndThenWhatHappensInItPieceByPiece() {
    try (var agent = byon();
        var viewer = viewer()) {
      var session = site.session();
      viewer.join(session);
      viewer.say(session, "hello  you there");
      var last = viewer.await("agent_final");

      assertThat(viewer.seen.get(0).getString("type")).isEqualTo("session_ack");
      assertThat(viewer.seen.get(1).getString("type")).isEqualTo("session_state");
      assertThat(viewer.seqs()).containsExactly(0L, 1L, 2L);
      assertThat(last.getString("content")).isEqualTo("[scripted] You said: hello  you there");
      var deltas = viewer.seen("agent_delta");
      assertThat(deltas).hasSizeGreaterThan(3);
      assertThat(deltas.stream().map(f -> f.getString("content")).collect(Collectors.joining()))
          .isEqualTo(last.getString("content"));
      var state = viewer.seen("session_state").getLast();
      assertThat(state.getString("pinnedExecutorId")).isEqualTo(agent.credentials.executorId());
      assertThat(state.getString("executionMode")).isEqualTo("pinned-node-host");
    }
  }

  @Test
  void goesOnBehindTheLastEventThatWasSeen() {
    try (var _ = byon();
        var viewer = viewer()) {
      var session = site.session();
      for (int i = 0; i < 3; i++) site.say(session, "m" + i);
      site.awaitEnds(session, 3);
      viewer.send("session_join", session, new JsonObject().put("sinceSeq", 3));
      viewer.say(session, "more");
      viewer.await("agent_final");

      assertThat(viewer.seqs()).isEqualTo(LongStream.rangeClosed(4, 8).boxed().toList());
    }
  }

  @Test
  void showsTheSameToEveryViewerWhoeverSaidIt() {
    try (var _ = byon();
        var one = viewer();
        var other = viewer()) {
      var session = site.session();
      one.join(session);
      other.join(session);
      one.await("session_ack");
      other.await("session_ack");
      site.say(session, "over the API");
      one.await("agent_final");
      other.await("agent_final");

      assertThat(one.seqs()).isEqualTo(other.seqs()).containsExactly(0L, 1L, 2L);
    }
  }

  @Test
  void showsNothingTwiceAndLeavesNothingOutWhenTheHomeIsRestarted() {
    try (var _ = byon();
        var viewer = viewer()) {
      var session = site.session();
      viewer.join(session);
      viewer.say(session, "wait 300\nbefore");
      viewer.await("session_event_v2");
      gateway.restart("session-turns");
      viewer.await("agent_final");
      viewer.say(session, "after");
      viewer.await("agent_final");

      assertThat(viewer.seqs()).isEqualTo(LongStream.rangeClosed(0, 4).boxed().toList());
    }
  }

  @Test
  void cancelsATurn() {
    try (var _ = byon();
        var viewer = viewer()) {
      var session = site.session();
      viewer.join(session);
      viewer.say(session, "wait 30000");
      while (!isUserMessage(viewer.await("session_event_v2"))) continue;
      viewer.send("session_cancel", session, new JsonObject());
      var canceled = viewer.await("session_event_v2").getJsonObject("payload");

      assertThat(canceled.getString("action")).isEqualTo("session_turn_canceled");
      assertThat(canceled.getString("requestId")).isEqualTo(session.id() + ":turn:1");
    }
  }

  private static boolean isUserMessage(JsonObject frame) {
    return frame.getString("eventType").equals(SessionEvent.USER_MESSAGE);
  }

  @Test
  void saysWhatIsWrongWithAFrameAndGoesOn() {
    try (var viewer = viewer()) {
      viewer.socket.writeTextMessage("{\"type\":\"session_join\",\"sessionId\":\"x\"}");
      var invalid = viewer.await("session_error");
      assertThat(invalid.getString("code")).isEqualTo("BAD_REQUEST");
      assertThat(invalid.getString("message")).isEqualTo("Invalid session_join payload");
      viewer.socket.writeTextMessage("no json");
      assertThat(viewer.await("session_error").getString("code")).isEqualTo("BAD_REQUEST");
      viewer.socket.writeTextMessage("{\"type\":\"whatever\"}");
      viewer.socket.writeTextMessage(
          "{\"type\":\"session_join\",\"sessionId\":\"" + UUID.randomUUID() + "\"}");

      assertThat(viewer.await("session_error").getString("code")).isEqualTo("SESSION_NOT_FOUND");
    }
  }

  @Test
  void hidesSessionsOfOthers() {
    var session = site.session();
    role("member");
    try (var mine = viewer()) {
      mine.join(session);
      mine.await("session_ack");
    }
    update("update agent_sessions set created_by_user_id = null where id = $1", session);
    try (var viewer = viewer()) {
      viewer.join(session);
      assertThat(viewer.await("session_error").getString("code")).isEqualTo("SESSION_NOT_FOUND");
    }
    var stranger = new SessionSite(gateway);
    try (var viewer = new FakeViewer(gateway, stranger.organization, stranger.login().token())) {
      viewer.join(session);
      viewer.say(session, "let me in");
      assertThat(viewer.await("session_error").getString("code")).isEqualTo("SESSION_NOT_FOUND");
      assertThat(viewer.await("session_error").getString("code")).isEqualTo("SESSION_NOT_FOUND");
    }
    assertThat(site.events(session)).hasSize(1);
  }

  private void role(String role) {
    gateway
        .db
        .tenant(
            site.organization,
            sql ->
                sql.preparedQuery("update memberships set role_key = $1 where user_id = $2")
                    .execute(Tuple.of(role, UUID.fromString(site.user))))
        .await();
  }

  private static void update(String statement, AgentSession session) {
    gateway
        .db
        .gateway()
        .preparedQuery(statement)
        .execute(Tuple.of(UUID.fromString(session.id())))
        .await();
  }

  @Test
  void letsNobodyInWithoutALoginOrAMembership() {
    var login = site.login();
    site.accounts.revoke(login.id()).await();

    assertThat(refusal(site.organization, login.token())).isEqualTo(401);
    assertThat(refusal(site.organization, "x")).isEqualTo(401);
    assertThat(refusal("x", site.login().token())).isEqualTo(400);
    assertThat(refusal(UUID.randomUUID().toString(), site.login().token())).isEqualTo(403);
  }

  private static int refusal(String organization, String token) {
    var client = gateway.vertx.createWebSocketClient();
    var status = new int[1];
    assertThatThrownBy(
            () -> client.connect(FakeViewer.options(gateway.port, organization, token)).await())
        .isInstanceOfSatisfying(
            UpgradeRejectedException.class, refused -> status[0] = refused.getStatus());
    client.close();
    return status[0];
  }

  @Test
  void closesTheSocketOfALoginThatEnded() throws InterruptedException {
    var login = site.login();
    try (var viewer = new FakeViewer(gateway, site.organization, login.token())) {
      site.accounts.revoke(login.id()).await();

      assertThat(viewer.await("session_error").getString("code")).isEqualTo("UNAUTHORIZED");
      assertThat(viewer.closes.poll(10, TimeUnit.SECONDS)).isEqualTo("UNAUTHORIZED");
    }
  }

  @Test
  void dropsAViewerThatDoesNotReadAndNobodyElseNotices() throws InterruptedException {
    try (var _ = byon();
        var slow = viewer();
        var fast = viewer()) {
      var session = site.session();
      slow.join(session);
      slow.await("session_ack");
      slow.socket.pause();
      fast.join(session);
      var big = "x".repeat(50_000);
      int messages = 80;
      for (int i = 0; i < messages; i++) fast.say(session, big);
      for (int i = 0; i < messages; i++) fast.await("agent_final");
      slow.socket.resume();

      assertThat(slow.closes.poll(20, TimeUnit.SECONDS)).isEqualTo("VIEWER_TOO_SLOW");
      assertThat(fast.seqs()).isEqualTo(LongStream.rangeClosed(0, 2L * messages).boxed().toList());
    }
  }
}
