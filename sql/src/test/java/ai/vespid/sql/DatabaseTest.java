package ai.vespid.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.Query;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

final class DatabaseTest {
  private static final String A = UUID.randomUUID().toString();
  private static final String B = UUID.randomUUID().toString();

  @RegisterExtension static final OpenDatabase OPEN = new OpenDatabase();

  private static final Vertx vertx = OPEN.vertx;
  private static final Database database = OPEN.database;

  @BeforeAll
  static void open() {
    for (var organization : List.of(A, B)) {
      database.tenant(organization, c -> insertOrganization(c, organization)).await();
    }
  }

  private static Future<Void> insertOrganization(SqlClient connection, String id) {
    return connection
        .preparedQuery("insert into organizations (id, slug, name) values ($1, $2, 'n')")
        .execute(Tuple.of(id, "org-" + id))
        .mapEmpty();
  }

  private static Future<List<String>> organizations(SqlClient client) {
    return client
        .query("select id from organizations")
        .execute()
        .map(rows ->
            StreamSupport.stream(rows.spliterator(), false)
                .map(row -> row.getUUID(0).toString())
                .toList());
  }

  @Test
  void aTenantSeesItsOwnRowsOnly() {
    assertThat(database.tenant(A, DatabaseTest::organizations).await()).containsExactly(A);
    assertThat(database.tenant(B, DatabaseTest::organizations).await()).containsExactly(B);
  }

  @Test
  void withoutAnOrganizationATenantSeesNothing() {
    assertThat(database.tenant("", DatabaseTest::organizations).await()).isEmpty();
  }

  @Test
  void theContextEndsWithItsTransaction() {
    for (int i = 0; i < 40; i++) database.tenant(A, DatabaseTest::organizations).await();

    assertThat(database.tenant("", DatabaseTest::organizations).await()).isEmpty();
  }

  @Test
  void aTenantCannotWriteForAnother() {
    var other = UUID.randomUUID().toString();

    assertThatThrownBy(() -> database.tenant(A, c -> insertOrganization(c, other)).await())
        .isInstanceOfSatisfying(
            PgException.class, e -> assertThat(e.getSqlState()).isEqualTo("42501"));
  }

  @Test
  void everyTenantTableForcesItsPolicy() {
    var open =
        database
            .gateway()
            .query(
                """
                select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid
                where c.relkind = 'r' and a.attname = 'organization_id'
                  and not (c.relrowsecurity and c.relforcerowsecurity)
                """)
            .execute()
            .await();

    assertThat(open).isEmpty();
  }

  @Test
  void noRoleOfTheProgramOwnsATable() {
    var owned =
        database
            .gateway()
            .query(
                """
                select c.relname from pg_class c join pg_roles r on r.oid = c.relowner
                where r.rolname like 'vespid\\_%' and r.rolname <> 'vespid_owner'
                """)
            .execute()
            .await();

    assertThat(owned).isEmpty();
  }

  @Test
  void theGatewayReachesNoPeopleAndNoTokens() {
    for (var table : List.of("users", "auth_sessions", "memberships", "executor_pairing_tokens")) {
      assertThatThrownBy(() -> database.gateway().query("select * from " + table).execute().await())
          .as(table)
          .isInstanceOfSatisfying(
              PgException.class, e -> assertThat(e.getSqlState()).isEqualTo("42501"));
    }
  }

  @Test
  void theWorkerReachesNoPeopleAndStartsNothing() {
    for (var statement :
        List.of(
            "select * from users",
            "select * from auth_sessions",
            "select * from organization_executors",
            "insert into workflow_runs default values",
            "update workflows set name = 'x'",
            "update connector_secrets set ciphertext = ''",
            "delete from workflow_runs")) {
      assertThatThrownBy(() -> database.worker().query(statement).execute().await())
          .as(statement)
          .isInstanceOfSatisfying(
              PgException.class, e -> assertThat(e.getSqlState()).isEqualTo("42501"));
    }
  }

  @Test
  void theGatewaySeesSettingsOfAllOrganizations() {
    var rows = database.gateway().query("select id, settings from organizations").execute().await();

    assertThat(rows.size()).isGreaterThanOrEqualTo(2);
  }

  @Test
  void aSwallowedFailureIsNotACommit() {
    var swallowed =
        database.tenant(A, c -> c.query("select 1/0").execute().map("x").otherwise("fine"));

    assertThatThrownBy(swallowed::await).isInstanceOf(PgException.class);
  }

  @Test
  void aFailedTransactionLeavesNothingBehind() {
    var failed =
        database.tenant(
            A,
            c -> {
              c.query("update organizations set name = 'changed'").execute();
              throw new IllegalStateException("on purpose");
            });

    assertThatThrownBy(failed::await).hasMessage("on purpose");
    Row row =
        database
            .tenant(A, c -> c.query("select name from organizations").execute())
            .await()
            .iterator()
            .next();
    assertThat(row.getString(0)).isEqualTo("n");
  }

  @Test
  void thePasswordIsNeverShown() {
    var options = new DatabaseOptions("postgres://me:hunter2@db:5432/vespid");

    assertThat(options.toString()).doesNotContain("hunter2").contains("db:5432");
  }

  @Test
  void migratingTwiceChangesNothing() {
    var again = EmbeddedDatabase.create();

    Database.migrate(again.options());
  }

  @Test
  void saysInOneLineThatTheDatabaseCannotBeReached() {
    var options = new DatabaseOptions("postgres://me:hunter2@127.0.0.1:1/vespid");

    assertThatThrownBy(() -> Database.migrate(options))
        .isInstanceOf(MigrationFailed.class)
        .message()
        .contains("127.0.0.1:1/vespid", "refused", "DATABASE_URL")
        .doesNotContain("hunter2", "\n");
  }

  @Test
  void failsAtOnceWhenTooManyWaitForAConnection() {
    var options = EmbeddedDatabase.create().options();
    var small =
        new DatabaseOptions(
            options.url(), 1, 1, 1, 1, 8, 1, Duration.ofMillis(300), Duration.ofSeconds(60));
    var narrow = Database.open(vertx, small);
    Function<SqlConnection, Future<Object>> slow =
        c -> c.query("select pg_sleep(0.6)").execute().map(rows -> rows);

    var first = narrow.tenant(A, slow);
    var waiting = narrow.tenant(A, slow);
    var refused = narrow.tenant(A, slow);

    assertThatThrownBy(refused::await).matches(DatabaseFailures::unavailable);
    assertThatThrownBy(waiting::await).matches(DatabaseFailures::unavailable);
    first.await();
    narrow.close().await();
  }

  /** As when its machine is lost: nothing is refused, and nothing answered. */
  @Test
  void givesUpAServerThatFallsSilent() {
    var url = EmbeddedDatabase.create().options().url();
    var silent = new AtomicBoolean();
    var way = proxy(PgConnectOptions.fromUri(url).getPort(), silent);
    var through = url.replaceFirst(":\\d+/", ":" + way.actualPort() + "/");
    var second = Duration.ofSeconds(1);
    var lost = Database.open(vertx, new DatabaseOptions(through, 1, 1, 1, 1, 8, 8, second, second));
    var query = lost.gateway().query("select 1");
    query.execute().await();

    silent.set(true);
    assertThatThrownBy(() -> query.execute().await(10, TimeUnit.SECONDS))
        .matches(DatabaseFailures::unavailable);
    silent.set(false);
    again(query, 1_000).await();

    lost.close().await();
    way.close().await();
  }

  /** Its pool may still give out the connection that has just been closed. */
  private static Future<RowSet<Row>> again(Query<RowSet<Row>> query, int times) {
    return query
        .execute()
        .recover(cause ->
            DatabaseFailures.unavailable(cause) && times > 0
                ? again(query, times - 1)
                : Future.failedFuture(cause));
  }

  /** Forwards in both directions, but while it is silent. */
  private static NetServer proxy(int port, AtomicBoolean silent) {
    return vertx
        .createNetServer()
        .connectHandler(socket -> {
          socket.pause();
          vertx
              .createNetClient()
              .connect(port, "localhost")
              .onSuccess(server -> {
                server.handler(bytes -> forward(socket, bytes, silent));
                server.closeHandler(_ -> socket.close());
                socket.closeHandler(_ -> server.close());
                socket.handler(bytes -> forward(server, bytes, silent));
                socket.resume();
              });
        })
        .listen(0, "localhost")
        .await();
  }

  private static void forward(NetSocket to, Buffer bytes, AtomicBoolean silent) {
    if (!silent.get()) to.write(bytes);
  }
}
