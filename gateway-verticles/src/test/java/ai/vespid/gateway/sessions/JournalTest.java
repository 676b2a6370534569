package ai.vespid.gateway.sessions;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.kit.bus.ProtocolCodec;
import ai.vespid.kit.bus.Protocols;
import ai.vespid.kit.http.Ports;
import ai.vespid.kit.node.Membership;
import ai.vespid.kit.node.Node;
import ai.vespid.kit.node.Occupancy;
import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.http.SessionBody;
import ai.vespid.protocol.session.SessionEvent;
import ai.vespid.sql.Database;
import ai.vespid.sql.EmbeddedDatabase;
import ai.vespid.sql.SessionOwnerRepository;
import ai.vespid.sql.SessionOwnerRepository.Change;
import ai.vespid.sql.SessionOwnerRepository.Claimed;
import ai.vespid.sql.SessionOwnerRepository.Held;
import ai.vespid.sql.SessionOwnerRepository.Nothing;
import ai.vespid.sql.SessionOwnerRepository.Status;
import ai.vespid.sql.SessionRepository;
import ai.vespid.sql.SessionRow;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.Tuple;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Events on their way to a real PostgreSQL. */
@Timeout(60)
final class JournalTest implements Journal.Owner {
  private final Vertx vertx = Vertx.vertx();
  private final Database database = EmbeddedDatabase.create().open(vertx);
  private final SessionRows owners = SessionRows.of(new SessionOwnerRepository(database.gateway()));
  private final List<SessionRow> stored = new ArrayList<>();
  private final List<Change> changes = new ArrayList<>();
  private final String organization = UUID.randomUUID().toString();
  private String sessionId;
  private int lost;

  @BeforeEach
  void session() {
    ProtocolCodec.install(vertx, Protocols.ALL, true);
    database
        .tenant(
            organization,
            sql ->
                sql.preparedQuery("insert into organizations (id, slug, name) values ($1, $2, 'n')")
                    .execute(Tuple.of(UUID.fromString(organization), "o-" + organization)))
        .await();
    var body =
        new SessionBody(
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            new SessionBody.Engine("scripted", null, null),
            null,
            new SessionBody.Prompt(null, "x"),
            null,
            null,
            null,
            null);
    sessionId =
        new SessionRepository(database)
            .create(
                new SessionRepository.Wanted(
                    organization, null, "key", null, null, body, RawJson.of("{}")))
            .await()
            .id();
  }

  @AfterEach
  void close() {
    database.close().await();
    vertx.close().await();
  }

  private Journal journal() {
    return journal(owners);
  }

  private Journal journal(SessionRows rows) {
    var claimed = (Claimed) owners.claim(sessionId, "me", Duration.ofMinutes(1)).await();
    var node =
        new Node(
            "gw-1",
            "gw-1",
            Membership.single("gw-1", 1),
            new Occupancy(),
            new Ports(),
            new SimpleMeterRegistry(),
            InstantSource.system(),
            Map.of());
    return new Journal(
        Surroundings.of(vertx, node),
        rows,
        new Held(sessionId, claimed.epoch()),
        claimed.nextSeq() - 1,
        this);
  }

  /** The database, but for the first append: that is not answered. */
  private SessionRows cutOnce() {
    var cut = new AtomicBoolean();
    return (SessionRows)
        Proxy.newProxyInstance(
            SessionRows.class.getClassLoader(),
            new Class<?>[] {SessionRows.class},
            (_, method, arguments) ->
                method.getName().equals("append") && !cut.getAndSet(true)
                    ? Future.failedFuture(new IOException("cut"))
                    : method.invoke(owners, arguments));
  }

  private static List<SessionRow.New> step(String key) {
    return List.of(
        new SessionRow.New(SessionEvent.TOOL_CALL, "info", RawJson.NULL, key, null, 1L, false));
  }

  @Override
  public void stored(List<SessionRow> rows, Change change) {
    stored.addAll(rows);
    changes.add(change);
  }

  @Override
  public void lost() {
    lost++;
  }

  @Test
  void takesAStepForStoredThatAnOwnerBeforeHadStored() {
    journal().insist(step("k"), new Nothing(), () -> true).await();
    var next = journal();
    next.insist(step("k"), new Nothing(), () -> true).await();
    next.insist(step("other"), new Nothing(), () -> true).await();

    assertThat(stored).extracting(row -> row.event().seq()).containsExactly(1L, 2L);
  }

  @Test
  void knowsOfAnEventWhoseCommitWasNotAnswered() {
    var journal = journal();
    var held = new Held(sessionId, 1);
    owners.append(held, 1, step("k"), new Nothing()).await();
    journal.insist(step("k"), new Nothing(), () -> true).await();

    assertThat(stored).extracting(row -> row.event().seq()).containsExactly(1L);
    assertThat(journal.lastSeq()).isEqualTo(1);
  }

  @Test
  void knowsWhatChangedWithAnAppendThatWasCommittedAfterItWasGivenUp() {
    var journal = journal(cutOnce());
    var archived =
        SessionRow.New.ofSession(SessionEvent.SYSTEM, "info", RawJson.of("{\"a\":1}"), null);
    var change = new Status("archived");
    var given = journal.append(List.of(archived), change).map(_ -> "stored").otherwise("given up");
    assertThat(given.await()).isEqualTo("given up");
    owners.append(new Held(sessionId, 1), 1, List.of(archived), change).await();
    journal.insist(step("k"), new Nothing(), () -> true).await();

    assertThat(stored).extracting(row -> row.event().seq()).containsExactly(1L, 2L);
    assertThat(changes).containsExactly(change, new Nothing());
  }

  @Test
  void storesNoStepThatNobodyWantsAnyMore() {
    var journal = journal();
    var late = journal.insist(step("k"), new Nothing(), () -> false).map(_ -> "stored");

    assertThat(late.otherwise("left out").await()).isEqualTo("left out");
    assertThat(stored).isEmpty();
  }

  @Test
  void tellsItsOwnerOnceThatTheSessionIsAnothers() {
    var journal = journal();
    journal();
    var first =
        journal.insist(step("a"), new Nothing(), () -> true).map(_ -> "stored").otherwise("lost");
    var second = journal.append(step("b"), new Nothing()).map(_ -> "stored").otherwise("lost");

    assertThat(first.await()).isEqualTo("lost");
    assertThat(second.await()).isEqualTo("lost");
    assertThat(lost).isEqualTo(1);
    assertThat(stored).isEmpty();
  }
}
