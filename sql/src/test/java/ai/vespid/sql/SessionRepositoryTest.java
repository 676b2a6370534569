package ai.vespid.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.protocol.Pool;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.Selector;
import ai.vespid.protocol.http.SessionBody;
import ai.vespid.protocol.session.SessionEvent;
import ai.vespid.sql.SessionOwnerRepository.Appended;
import ai.vespid.sql.SessionOwnerRepository.Behind;
import ai.vespid.sql.SessionOwnerRepository.Change;
import ai.vespid.sql.SessionOwnerRepository.Claimed;
import ai.vespid.sql.SessionOwnerRepository.Forget;
import ai.vespid.sql.SessionOwnerRepository.Held;
import ai.vespid.sql.SessionOwnerRepository.Lost;
import ai.vespid.sql.SessionOwnerRepository.Nothing;
import ai.vespid.sql.SessionOwnerRepository.Pin;
import ai.vespid.sql.SessionOwnerRepository.Status;
import ai.vespid.sql.SessionOwnerRepository.Taken;
import ai.vespid.sql.SessionOwnerRepository.Unknown;
import ai.vespid.sql.SessionOwnerRepository.Written;
import io.vertx.core.Future;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Sessions on a real PostgreSQL, as their owners and their organization use them. */
final class SessionRepositoryTest {
  private static final Duration LEASE = Duration.ofMinutes(1);
  private static final Duration NO_LEASE = Duration.ofMillis(-1);

  private static WorkflowRows rows;
  private static SessionRepository sessions;
  private static SessionOwnerRepository owners;

  @BeforeAll
  static void open() {
    rows = new WorkflowRows();
    sessions = new SessionRepository(rows.database);
    owners = new SessionOwnerRepository(rows.database.gateway());
  }

  @AfterAll
  static void close() {
    rows.close();
  }

  private static SessionBody body() {
    return new SessionBody(
        "title",
        null,
        null,
        null,
        null,
        null,
        null,
        new SessionBody.Engine("scripted", null, null),
        null,
        new SessionBody.Prompt(null, "be brief"),
        new SessionBody.Tools(List.of("shell.run")),
        null,
        null,
        new Selector(Pool.MANAGED, List.of("gpu"), null, null, null));
  }

  private static AgentSession session(String key) {
    return sessions
        .create(
            new SessionRepository.Wanted(
                rows.organization, rows.user, key, null, null, body(), RawJson.of("{\"a\":1}")))
        .await();
  }

  private static AgentSession session() {
    return session(UUID.randomUUID().toString());
  }

  private static Claimed claim(AgentSession session, String owner) {
    return (Claimed) owners.claim(session.id(), owner, LEASE).await();
  }

  private static Held held(Claimed claimed) {
    return new Held(claimed.session().id(), claimed.epoch());
  }

  private static SessionRow.New message(String text, String key) {
    var payload = RawJson.from(java.util.Map.of("message", text));
    return new SessionRow.New(
        SessionEvent.USER_MESSAGE, "info", payload, key, rows.user, null, false);
  }

  private static Appended append(Held held, Change change, SessionRow.New... events) {
    return owners.append(held, next(held), List.of(events), change).await();
  }

  private static long next(Held held) {
    return rows.database
        .gateway()
        .preparedQuery("SELECT next_seq FROM agent_sessions WHERE id = $1")
        .execute(Tuple.of(UUID.fromString(held.sessionId())))
        .await()
        .iterator()
        .next()
        .getLong("next_seq");
  }

  private static List<SessionEvent> events(AgentSession session) {
    return sessions.history(rows.organization, session.id(), -1, 1_000).await();
  }

  @Test
  void keepsASessionAsItWasWantedWithItsFirstEvent() {
    var session = session();

    assertThat(sessions.find(rows.organization, session.id()).await()).contains(session);
    assertThat(session.toolsAllow()).containsExactly("shell.run");
    assertThat(session.selector()).isEqualTo(body().executorSelector());
    assertThat(session.limits().maxToolCalls()).isEqualTo(20);
    assertThat(events(session))
        .extracting(SessionEvent::seq, SessionEvent::eventType)
        .containsExactly(org.assertj.core.api.Assertions.tuple(0L, "session_created"));
  }

  @Test
  void answersTheSessionThatHasTheKeyAndTellsItsCreationOnce() {
    var first = session("shared-key");

    assertThat(session("shared-key")).isEqualTo(first);
    assertThat(events(first)).hasSize(1);
  }

  @Test
  void numbersWhatTheOwnerAppendsWithoutGaps() {
    var session = session();
    var held = held(claim(session, "n1"));
    append(held, new Nothing(), message("one", null), message("two", null));
    append(held, new Nothing(), message("three", null));

    assertThat(events(session)).extracting(SessionEvent::seq).containsExactly(0L, 1L, 2L, 3L);
  }

  @Test
  void storesOneOfManyThatNameTheSameNumber() {
    var session = session();
    var held = held(claim(session, "n1"));
    var appended =
        Future.<Appended>all(
                IntStream.range(0, 50)
                    .mapToObj(
                        i -> owners.append(held, 1, List.of(message("m" + i, null)), new Nothing()))
                    .toList())
            .await();

    assertThat(appended.<Appended>list()).filteredOn(Written.class::isInstance).hasSize(1);
    assertThat(appended.<Appended>list()).filteredOn(Behind.class::isInstance).hasSize(49);
    assertThat(events(session)).extracting(SessionEvent::seq).containsExactly(0L, 1L);
  }

  @Test
  void changesNothingForWhoeverIsBehind() {
    var session = session();
    var held = held(claim(session, "n1"));
    append(held, new Nothing(), message("one", null));
    var archived = new Status("archived");

    assertThat(owners.append(held, 1, List.of(message("late", null)), archived).await())
        .isEqualTo(new Behind());
    assertThat(owners.append(held, 1, List.of(), archived).await()).isEqualTo(new Behind());
    assertThat(events(session)).hasSize(2);
    assertThat(sessions.find(rows.organization, session.id()).await().orElseThrow().archived())
        .isFalse();
  }

  @Test
  void refusesWhatAFormerOwnerAppends() {
    var session = session();
    var before = held((Claimed) owners.claim(session.id(), "n1", NO_LEASE).await());
    var now = held(claim(session, "n2"));

    assertThat(append(before, new Nothing(), message("late", null))).isInstanceOf(Lost.class);
    assertThat(append(before, new Status("archived"))).isInstanceOf(Lost.class);
    assertThat(append(now, new Nothing(), message("mine", null))).isInstanceOf(Written.class);
    assertThat(events(session)).hasSize(2);
  }

  @Test
  void isNobodyElsesWhileTheLeaseRunsAndAnybodysWhenItWasGivenBack() {
    var session = session();
    var held = held(claim(session, "n1"));
    assertThat(owners.claim(session.id(), "n2", LEASE).await()).isInstanceOf(Taken.class);
    assertThat(owners.renew(List.of(held), LEASE).await()).containsExactly(session.id());
    owners.release(held).await();

    assertThat(owners.renew(List.of(held), LEASE).await()).isEmpty();
    assertThat(append(held, new Nothing(), message("late", null))).isInstanceOf(Lost.class);
    assertThat(claim(session, "n2").epoch()).isEqualTo(2);
    assertThat(owners.claim(UUID.randomUUID().toString(), "n2", LEASE).await())
        .isInstanceOf(Unknown.class);
  }

  @Test
  void endsEveryTurnOnceAndTellsThoseThatHaveNotEnded() {
    var session = session();
    var held = held(claim(session, "n1"));
    append(held, new Nothing(), message("one", "k1"), message("two", null));
    var end = SessionRow.New.end(1, SessionEvent.AGENT_FINAL, "info", RawJson.NULL);
    append(held, new Nothing(), end);

    assertThatThrownBy(() -> append(held, new Nothing(), end))
        .matches(cause -> DatabaseFailures.duplicate(cause, "agent_session_events_end"));
    assertThat(owners.openTurns(session.id()).await())
        .extracting(row -> row.event().seq(), SessionRow::turnSeq)
        .containsExactly(org.assertj.core.api.Assertions.tuple(2L, 2L));
    assertThat(owners.byKey(session.id(), "k1").await().orElseThrow().event().seq()).isEqualTo(1);
    assertThat(events(session)).hasSize(4);
  }

  @Test
  void findsSessionsWithOpenTurnsThatNobodyOwns() {
    var session = session();
    var held = held(claim(session, "n1"));
    append(held, new Nothing(), message("one", null));
    assertThat(owners.orphans(null, 1_000).await()).doesNotContain(session.id());
    owners.release(held).await();
    assertThat(owners.orphans(null, 1_000).await()).contains(session.id());
    var next = held(claim(session, "n2"));
    append(next, new Nothing(), SessionRow.New.end(1, SessionEvent.ERROR, "error", null));
    owners.release(next).await();

    assertThat(owners.orphans(null, 1_000).await()).doesNotContain(session.id());
  }

  @Test
  void changesTheHostAndTheStatusWithTheEventsThatTellOfIt() {
    var session = session();
    var held = held(claim(session, "n1"));
    var host = UUID.randomUUID().toString();
    append(held, new Pin(host, Pool.BYON));
    var pinned = sessions.find(rows.organization, session.id()).await().orElseThrow();
    assertThat(pinned.pinnedExecutorId()).isEqualTo(host);
    assertThat(pinned.pinnedExecutorPool()).isEqualTo(Pool.BYON);
    append(
        held, new Forget(), SessionRow.New.ofSession(SessionEvent.SYSTEM, "info", null, rows.user));
    append(held, new Status("archived"));
    owners.release(held).await();

    var after = claim(session, "n2");
    assertThat(after.session().pinnedExecutorId()).isNull();
    assertThat(after.session().archived()).isTrue();
    assertThat(after.historyFromSeq()).isEqualTo(1);
    assertThat(after.nextSeq()).isEqualTo(2);
  }

  @Test
  void showsAndGivesNothingToAnotherOrganization() {
    var session = session();
    var other = rows.organization();

    assertThat(sessions.find(other, session.id()).await()).isEmpty();
    assertThat(sessions.history(other, session.id(), -1, 10).await()).isEmpty();
    assertThat(sessions.list(other, null, null, Page.first(10)).await()).isEmpty();
    assertThatThrownBy(() ->
            rows.database
                .tenant(
                    rows.organization,
                    connection ->
                        connection
                            .preparedQuery("UPDATE agent_sessions SET epoch = 9 WHERE id = $1")
                            .execute(Tuple.of(UUID.fromString(session.id()))))
                .await())
        .hasMessageContaining("permission denied");
  }

  @Test
  void listsTheLastChangedFirstAndGoesOnBehindAPage() {
    var organization = rows.organization();
    var made =
        IntStream.range(0, 5)
            .mapToObj(i ->
                sessions
                    .create(
                        new SessionRepository.Wanted(
                            organization, rows.user, "k" + i, null, null, body(), RawJson.of("{}")))
                    .await()
                    .id())
            .toList();
    var first = sessions.list(organization, "active", null, Page.first(3)).await();
    var last = first.getLast();
    var rest =
        sessions
            .list(organization, null, rows.user, new Page(last.updatedAt(), last.id(), 3))
            .await();

    assertThat(first).extracting(AgentSession::id).isEqualTo(made.reversed().subList(0, 3));
    assertThat(rest).extracting(AgentSession::id).isEqualTo(made.reversed().subList(3, 5));
  }

  @Test
  void keepsBindingsOfOneOrganizationApart() {
    var bindings = new BindingRepository(rows.database);
    var agent = UUID.randomUUID().toString();
    var made =
        bindings
            .create(
                rows.organization,
                new BindingRepository.Fields(
                    agent, 5, "peer", RawJson.of("{\"peer\":\"b\"}"), null),
                rows.user)
            .await();
    var fields = new BindingRepository.Fields(null, 7, null, null, null);
    assertThat(bindings.change(rows.organization(), made.id(), fields).await()).isEmpty();
    assertThat(bindings.change(rows.organization, made.id(), fields).await())
        .hasValueSatisfying(changed -> assertThat(changed.priority()).isEqualTo(7));
    assertThat(bindings.list(rows.organization).await()).hasSize(1);

    assertThat(bindings.delete(rows.organization, made.id()).await()).isTrue();
    assertThat(bindings.delete(rows.organization, made.id()).await()).isFalse();
  }
}
