package ai.vespid.gateway.upkeep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.kit.bus.LocalBus;
import ai.vespid.kit.http.Ports;
import ai.vespid.kit.node.Membership;
import ai.vespid.kit.node.Node;
import ai.vespid.kit.node.Occupancy;
import ai.vespid.sql.Database;
import ai.vespid.sql.EmbeddedDatabase;
import ai.vespid.sql.UpkeepRepository;
import ai.vespid.sql.UpkeepRepository.Kind;
import ai.vespid.sql.WorkspaceRepository;
import ai.vespid.sql.WorkspaceRepository.Head;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What goes and what stays, in a real PostgreSQL. */
final class UpkeepTest {
  private static final String ORGANIZATION = UUID.randomUUID().toString();
  private static final Duration LONG_AGO = Duration.ofDays(60);
  private static final Duration RECENTLY = Duration.ofMinutes(5);
  private static final Duration TO_COME = Duration.ofDays(-1);

  private final LocalBus local = new LocalBus();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private EmbeddedDatabase embedded;
  private Database database;
  private UpkeepRepository repository;
  private String userId;
  private String deployed;

  @BeforeEach
  void open() {
    embedded = EmbeddedDatabase.create();
    database = embedded.open(local.vertx());
    repository = new UpkeepRepository(database);
    userId = UUID.randomUUID().toString();
    identity("insert into users (id, email) values ($1, 'a@example.org')", userId);
    tenant("insert into organizations (id, slug, name) values ($1, 'slug', 'n')", ORGANIZATION);
  }

  @AfterEach
  void close() {
    if (deployed != null) local.vertx().undeploy(deployed).await();
    database.close().await();
    local.close();
  }

  private void identity(String statement, Object... values) {
    database.identity().preparedQuery(statement).execute(Tuple.from(values)).await();
  }

  private void tenant(String statement, Object... values) {
    database
        .tenant(ORGANIZATION, c -> c.preparedQuery(statement).execute(Tuple.from(values)))
        .await();
  }

  private static Object ago(Duration ago) {
    return ago == null ? null : Instant.now().minus(ago).atOffset(ZoneOffset.UTC);
  }

  private void session(String name, Duration expired, Duration revoked) {
    identity(
        """
        insert into auth_sessions (user_id, refresh_token_hash, expires_at, revoked_at)
        values ($1, $2, $3, $4)
        """,
        userId,
        name,
        ago(expired),
        ago(revoked));
  }

  private void pairingToken(String name, Duration expired, Duration used) {
    tenant(
        """
        insert into executor_pairing_tokens (organization_id, token_hash, expires_at, used_at)
        values ($1, $2, $3, $4)
        """,
        ORGANIZATION,
        name,
        ago(expired),
        ago(used));
  }

  private void invitation(String name, String status, Duration expired) {
    tenant(
        """
        insert into organization_invitations
          (organization_id, email, role_key, token_hash, status, expires_at)
        values ($1, $2, 'member', $2, $3, $4)
        """,
        ORGANIZATION,
        name,
        status,
        ago(expired));
  }

  private String workspace(long version, Duration updated) {
    var id = UUID.randomUUID().toString();
    database
        .gateway()
        .preparedQuery(
            """
            insert into execution_workspaces
              (id, organization_id, owner_type, owner_id, current_version, updated_at)
            values ($1, $2, 'workflow_run', $1, $3, $4)
            """)
        .execute(Tuple.of(id, ORGANIZATION, version, ago(updated)))
        .await();
    return id;
  }

  private static String key(String workspace, long version) {
    return "workspaces/%s/%s/v%d.tar.zst".formatted(ORGANIZATION, workspace, version);
  }

  private void archive(String workspace, long version, Duration stored) {
    for (int ordinal = 0; ordinal < 3; ordinal++) {
      database
          .gateway()
          .preparedQuery(
              """
              insert into workspace_objects (object_key, ordinal, organization_id, bytes, created_at)
              values ($1, $2, $3, '', $4)
              """)
          .execute(Tuple.of(key(workspace, version), ordinal, ORGANIZATION, ago(stored)))
          .await();
    }
  }

  private static List<String> texts(SqlClient client, String statement) {
    var texts = new ArrayList<String>();
    client.query(statement).execute().await().forEach(row -> texts.add(row.getString(0)));
    return texts;
  }

  private List<String> sessions() {
    return texts(database.identity(), "select refresh_token_hash from auth_sessions");
  }

  private List<String> archives() {
    return texts(database.gateway(), "select distinct object_key from workspace_objects");
  }

  private List<String> ofTenant(String statement) {
    return database
        .tenant(
            ORGANIZATION,
            c ->
                c.query(statement)
                    .execute()
                    .map(rows -> {
                      var texts = new ArrayList<String>();
                      rows.forEach(row -> texts.add(row.getString(0)));
                      return texts;
                    }))
        .await();
  }

  private int delete(Kind kind, Duration kept, int limit) {
    return repository
        .alone(batches -> batches.delete(kind, Instant.now().minus(kept), limit))
        .await()
        .orElseThrow();
  }

  private void start() {
    var node =
        new Node(
            "n",
            "n",
            Membership.single("n", 1),
            new Occupancy(),
            new Ports(),
            meters,
            Clock.systemUTC(),
            Map.of(Database.class, database));
    var config = new JsonObject().put("every", "PT0.1S").put("batchMax", 2);
    deployed = local.deploy(() -> new UpkeepVerticle(node, repository), config);
  }

  private double removed(String what) {
    return meters.counter("vespid.upkeep.removed", "what", what).count();
  }

  private void await(String what, double removed) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (removed(what) < removed) {
      assertThat(System.nanoTime()).as(what + " " + removed(what)).isLessThan(deadline);
      LockSupport.parkNanos(10_000_000);
    }
  }

  @Test
  void removesWhatHasExpiredAndNothingElse() {
    for (int i = 0; i < 5; i++) session("expired-" + i, LONG_AGO, null);
    session("revoked", TO_COME, LONG_AGO);
    session("live", TO_COME, null);
    session("revoked-recently", TO_COME, RECENTLY);
    pairingToken("unused", LONG_AGO, null);
    pairingToken("redeemed", LONG_AGO, LONG_AGO);
    pairingToken("expired-recently", RECENTLY, null);
    pairingToken("good", TO_COME, null);
    invitation("forgotten@e.org", "pending", LONG_AGO);
    invitation("accepted@e.org", "accepted", LONG_AGO);
    invitation("recent@e.org", "pending", RECENTLY);
    invitation("open@e.org", "pending", TO_COME);
    identity("insert into used_login_states values ('old', now() - interval '1 s')");
    identity("insert into used_login_states values ('new', now() + interval '10 min')");
    var run = workspace(3, LONG_AGO);
    for (int version = 1; version <= 3; version++) archive(run, version, LONG_AGO);
    archive(UUID.randomUUID().toString(), 1, LONG_AGO);

    start();

    await("sessions", 6);
    await("pairing-tokens", 2);
    await("invitations", 2);
    await("login-states", 1);
    await("old-versions", 6);
    await("unused-archives", 3);
    assertThat(sessions()).containsExactlyInAnyOrder("live", "revoked-recently");
    assertThat(ofTenant("select token_hash from executor_pairing_tokens"))
        .containsExactlyInAnyOrder("expired-recently", "good");
    assertThat(ofTenant("select email from organization_invitations"))
        .containsExactlyInAnyOrder("recent@e.org", "open@e.org");
    assertThat(archives()).containsExactly(key(run, 3));
    assertThat(meters.counter("vespid.upkeep.failures").count()).isZero();
  }

  @Test
  void aVersionGoesAGraceAfterTheNextOneCameAndTheNewestNever() {
    var busy = workspace(12, RECENTLY);
    for (int version = 8; version <= 11; version++) archive(busy, version, LONG_AGO);
    archive(busy, 12, RECENTLY);
    var idle = workspace(1, LONG_AGO);
    archive(idle, 1, LONG_AGO);

    while (delete(Kind.OLD_VERSIONS, Duration.ofHours(1), 1) > 0) {
      // Until nothing more is there.
    }

    // 11 was the newest until recently: somebody may be fetching it.
    assertThat(archives()).containsExactlyInAnyOrder(key(busy, 11), key(busy, 12), key(idle, 1));
  }

  @Test
  void whatWaitsToBecomeAVersionIsLeftAlone() {
    var run = workspace(1, LONG_AGO);
    archive(run, 1, LONG_AGO);
    archive(run, 2, RECENTLY);
    var first = UUID.randomUUID().toString();
    archive(first, 1, RECENTLY);

    assertThat(delete(Kind.UNUSED_ARCHIVES, Duration.ofDays(1), 10)).isZero();
    assertThat(delete(Kind.OLD_VERSIONS, Duration.ofHours(1), 10)).isZero();
    assertThat(archives()).hasSize(3);
  }

  @Test
  void whatIsStoredAnewIsNew() {
    var run = workspace(1, LONG_AGO);
    archive(run, 2, LONG_AGO);
    var store = new WorkspaceRepository(database.gateway());
    store.putPiece(key(run, 2), 0, ORGANIZATION, Buffer.buffer("again")).await();

    assertThat(delete(Kind.UNUSED_ARCHIVES, Duration.ofDays(1), 10)).isZero();
    assertThat(store.commit(run, ORGANIZATION, run, new Head(2, key(run, 2), "e")).await())
        .isTrue();
  }

  @Test
  void rowsThatSomebodyWorksOnAreLeftForTheNextTime() {
    session("expired", LONG_AGO, null);
    session("held", LONG_AGO, null);

    var deleted =
        database
            .identity()
            .withTransaction(c ->
                c.query("select 1 from auth_sessions where refresh_token_hash = 'held' for update")
                    .execute()
                    .compose(_ ->
                        repository.alone(
                            batches -> batches.delete(Kind.SESSIONS, Instant.now(), 10))));

    assertThat(deleted.await()).contains(1);
    assertThat(sessions()).containsExactly("held");
  }

  @Test
  void oneNodeWorksAtATime() {
    var second = embedded.open(local.vertx());
    var other = new UpkeepRepository(second);

    var meanwhile = repository.alone(_ -> other.alone(_ -> Future.succeededFuture("both")));

    assertThat(meanwhile.await().orElseThrow()).isEmpty();
    assertThat(other.alone(_ -> Future.succeededFuture("now")).await()).contains("now");
    second.close().await();
  }

  @Test
  void itsRoleReadsNothingButTimes() {
    for (var statement :
        List.of(
            "select refresh_token_hash from auth_sessions",
            "select token_hash from executor_pairing_tokens",
            "select email from organization_invitations",
            "select bytes from workspace_objects",
            "select email from users",
            "update auth_sessions set expires_at = now()",
            "delete from execution_workspaces",
            "delete from organizations")) {
      assertThatThrownBy(() -> database.upkeep().query(statement).execute().await())
          .as(statement)
          .hasMessageContaining("permission denied");
    }
  }
}
