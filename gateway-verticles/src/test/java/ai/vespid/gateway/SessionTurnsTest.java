package ai.vespid.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.Pool;
import ai.vespid.protocol.Selector;
import ai.vespid.protocol.bus.SessionTurns.Archive;
import ai.vespid.protocol.bus.SessionTurns.Cancel;
import ai.vespid.protocol.bus.SessionTurns.Refused;
import ai.vespid.protocol.bus.SessionTurns.Reset;
import ai.vespid.protocol.bus.SessionTurns.Restore;
import ai.vespid.protocol.bus.SessionTurns.Said;
import ai.vespid.protocol.session.ResetMode;
import ai.vespid.protocol.session.SessionEvent;
import ai.vespid.sql.AgentSession;
import io.vertx.core.Future;
import io.vertx.sqlclient.Tuple;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Sessions on all gateway verticles, a real PostgreSQL and a real Redis, with agents that obey. */
@Timeout(60)
final class SessionTurnsTest extends WithSessions {
  @BeforeAll
  static void start() {
    gateway = new TestGateway();
    gateway
        .sessionsConfig
        .put("hostGrace", "PT0.5S")
        .put("lease", "PT1S")
        .put("sweepEvery", "PT0.2S");
    gateway.start();
  }

  @Test
  void answersAMessageAndPinsTheSessionToItsHost() {
    try (var agent = byon()) {
      var session = site.session();
      assertThat(site.say(session, "hello")).isInstanceOf(Said.class);
      var events = site.awaitEnds(session, 1);

      assertThat(events)
          .extracting(SessionEvent::eventType)
          .containsExactly("session_created", "user_message", "agent_final");
      assertThat(SessionSite.answer(events)).isEqualTo("[scripted] You said: hello");
      assertThat(site.read(session).pinnedExecutorId()).isEqualTo(agent.credentials.executorId());
    }
  }

  @Test
  void answersMessagesThatComeAtOnceEachInItsOrder() {
    try (var _ = byon()) {
      var session = site.session();
      Future.join(IntStream.range(0, 5).mapToObj(i -> site.say(session, "m" + i, null)).toList())
          .await();
      var events = site.awaitEnds(session, 5);
      var said = texts(events, SessionEvent.USER_MESSAGE);
      var answered = texts(events, SessionEvent.AGENT_FINAL);

      assertThat(answered)
          .isEqualTo(said.stream().map(text -> "[scripted] You said: " + text).toList());
    }
  }

  private static List<String> texts(List<SessionEvent> events, String type) {
    return events.stream()
        .filter(event -> event.eventType().equals(type))
        .map(event -> SessionSite.json(event).getString("message"))
        .toList();
  }

  @Test
  void answersAMessageOnceHoweverOftenItIsSaid() {
    try (var _ = byon()) {
      var session = site.session();
      var both =
          Future.join(site.say(session, "hello", "key"), site.say(session, "hello", "key")).await();
      var again = (Said) site.say(session, "hello", "key").await();
      site.say(session, "next");
      var events = site.awaitEnds(session, 2);

      assertThat(both.<Said>resultAt(0).event()).isEqualTo(both.<Said>resultAt(1).event());
      assertThat(again.repeated()).isTrue();
      assertThat(texts(events, SessionEvent.USER_MESSAGE)).containsExactly("hello", "next");
    }
  }

  @Test
  void endsATurnThatTakesTooLong() {
    try (var _ = byon()) {
      var session = site.session(null, 1_000);
      site.say(session, "wait 30000");
      var events = site.awaitEnds(session, 1);

      assertThat(SessionSite.json(events.getLast()).getString("code"))
          .isEqualTo("NODE_EXECUTION_TIMEOUT");
    }
  }

  @Test
  void goesOnOnAManagedHostThatKnowsWhatWasSaidBefore() {
    try (var agent = byon();
        var managed = site.managed()) {
      var session = site.session("shell.run");
      site.say(session, "my name is Ada");
      site.awaitEnds(session, 1);
      agent.cut();
      site.say(session, "run hostname\nrecall");
      var events = site.awaitEnds(session, 2);

      var failover =
          events.stream()
              .filter(event -> event.eventType().equals(SessionEvent.SYSTEM))
              .map(SessionSite::json)
              .toList();
      assertThat(failover).hasSize(1);
      assertThat(failover.getFirst().getString("action")).isEqualTo("session_executor_failover");
      assertThat(failover.getFirst().getJsonObject("from").getString("pool")).isEqualTo("byon");
      assertThat(failover.getFirst().getJsonObject("to").getString("executorId"))
          .isEqualTo(managed.credentials.executorId());
      assertThat(SessionSite.answer(events)).contains("- my name is Ada");
      assertThat(managed.await("invoke_tool_v2")).isNotNull();
      assertThat(site.read(session).pinnedExecutorPool()).isEqualTo(Pool.MANAGED);
    }
  }

  @Test
  void staysOnAHostWhoseLinkBlinks() {
    try (var agent = byon();
        var _ = site.managed()) {
      var session = site.session("shell.run");
      site.say(session, "hello");
      site.awaitEnds(session, 1);
      agent.cut();
      site.awaitRoute(agent, false);
      var answer = site.say(session, "run hostname", null);
      agent.connect(gateway);
      answer.await();
      var events = site.awaitEnds(session, 2);

      assertThat(events).extracting(SessionEvent::eventType).doesNotContain(SessionEvent.SYSTEM);
      assertThat(agent.await("invoke_tool_v2")).isNotNull();
    }
  }

  @Test
  void saysThatNobodyIsThereWhenBothPoolsAreEmpty() {
    var session = site.session();
    site.say(session, "hello");
    var events = site.awaitEnds(session, 1);

    assertThat(SessionSite.json(events.getLast()).getString("code"))
        .isEqualTo("NO_AGENT_AVAILABLE");
  }

  @Test
  void usesThePoolAloneThatTheSelectorNames() {
    try (var _ = byon()) {
      var managed = new Selector(Pool.MANAGED, List.of(), null, null, null);
      var session = site.session(managed, null);
      site.say(session, "hello");
      assertThat(SessionSite.json(site.awaitEnds(session, 1).getLast()).getString("code"))
          .isEqualTo("NO_AGENT_AVAILABLE");
      try (var _ = site.managed()) {
        site.say(session, "hello again");
        site.awaitEnds(session, 2);
      }
      assertThat(site.read(session).pinnedExecutorPool()).isEqualTo(Pool.MANAGED);
    }
  }

  @Test
  void writesNothingMoreOnceAnotherOwnerHasClaimedTheSession() {
    try (var _ = byon()) {
      var session = site.session();
      site.say(session, "wait 600\nslow");
      var other = seize(session);
      // The turn's first owner comes to its end now, and is refused; then the lease runs out.
      var events = site.awaitEnds(session, 1);

      assertThat(texts(events, SessionEvent.AGENT_FINAL)).hasSize(1);
      assertThat(site.read(session)).isNotNull();
      assertThat(epoch(session)).isGreaterThan(other);
    }
  }

  // At one stroke: the owner may renew its lease at any moment.
  private static int seize(AgentSession session) {
    return epoch(
        session,
        """
        update agent_sessions set epoch = epoch + 1, owner = 'another',
            lease_until = now() + interval '1500 milliseconds'
        where id = $1 returning epoch
        """);
  }

  private static int epoch(AgentSession session) {
    return epoch(session, "select epoch from agent_sessions where id = $1");
  }

  private static int epoch(AgentSession session, String statement) {
    return gateway
        .db
        .gateway()
        .preparedQuery(statement)
        .execute(Tuple.of(UUID.fromString(session.id())))
        .await()
        .iterator()
        .next()
        .getInteger("epoch");
  }

  @Test
  void forgetsItsHostAndItsHistoryWhenItIsTold() {
    try (var _ = byon()) {
      var session = site.session();
      site.say(session, "a secret");
      site.awaitEnds(session, 1);
      site.ask(new Reset(site.organization, session.id(), site.user, ResetMode.CLEAR_HISTORY))
          .await();
      assertThat(site.read(session).pinnedExecutorId()).isNull();
      site.say(session, "recall");
      var events = site.awaitEnds(session, 2);

      assertThat(SessionSite.answer(events)).isEqualTo("[scripted] So far you said:");
    }
  }

  @Test
  void takesNoMessageWhileItIsArchived() {
    try (var _ = byon()) {
      var session = site.session();
      site.ask(new Archive(site.organization, session.id(), site.user)).await();
      assertThat(site.say(session, "hello"))
          .matches(reply -> reply instanceof Refused no && no.code().status() == 409);
      site.ask(new Restore(site.organization, session.id(), site.user)).await();
      site.say(session, "hello");

      assertThat(SessionSite.answer(site.awaitEnds(session, 1))).contains("hello");
    }
  }

  @Test
  void isUnknownToAnotherOrganization() {
    var session = site.session();
    var stranger = new Cancel(UUID.randomUUID().toString(), session.id(), site.user, null);

    assertThat(site.ask(stranger).map(_ -> "found").otherwise("not found").await())
        .isEqualTo("not found");
  }
}
