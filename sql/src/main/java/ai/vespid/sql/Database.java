package ai.vespid.sql;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClientOptions;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * The way to PostgreSQL: one pool per role, and none of them owns a table.
 *
 * <ul>
 *   <li>{@link #tenant}: rows of one organization. A query without one sees nothing.
 *   <li>{@link #gateway}: routing's own tables, across organizations.
 *   <li>{@link #identity}: people and their sessions, and managed executors. It reads memberships
 *       and organizations only of the user named by the transaction, so that {@code /v1/me} needs
 *       no right over tenants.
 *   <li>{@link #upkeep}: deletes what has expired and reads nothing but times.
 *   <li>{@link #worker}: runs of workflows, across organizations.
 * </ul>
 */
public final class Database {
  // By default a longer statement than 2,048 characters is parsed and planned anew each time.
  private static final int STATEMENT_LENGTH_MAX = 16_384;

  private static final String TENANT = "vespid_tenant";
  private static final String GATEWAY = "vespid_gateway";
  private static final String IDENTITY = "vespid_identity";
  private static final String UPKEEP = "vespid_upkeep";
  // One batch after the other, under a lock that its connection holds.
  private static final int UPKEEP_CONNECTIONS = 1;
  private static final String WORKER = "vespid_worker";

  private static final String SET_ORGANIZATION =
      "select set_config('app.current_org_id', $1, true)";
  private static final String SET_USER = "select set_config('app.current_user_id', $1, true)";
  // PostgreSQL answers the COMMIT of a failed transaction without an error. The empty SELECT makes
  // it one, so that work which swallowed a failure cannot look committed.
  private static final String COMMIT = "select; commit";

  private static final String STATEMENT_TIMEOUT = "30s";

  private final Pool tenant;
  private final Pool gateway;
  private final Pool identity;
  private final Pool upkeep;
  private final Pool worker;

  private Database(Pool tenant, Pool gateway, Pool identity, Pool upkeep, Pool worker) {
    this.tenant = tenant;
    this.gateway = gateway;
    this.identity = identity;
    this.upkeep = upkeep;
    this.worker = worker;
  }

  /** Opens nothing yet: connections are made when first needed. */
  public static Database open(Vertx vertx, DatabaseOptions options) {
    return new Database(
        pool(vertx, options, TENANT, options.tenantConnections()),
        pool(vertx, options, GATEWAY, options.gatewayConnections()),
        pool(vertx, options, IDENTITY, options.identityConnections()),
        pool(vertx, options, UPKEEP, UPKEEP_CONNECTIONS),
        pool(vertx, options, WORKER, options.workerConnections()));
  }

  private static Pool pool(Vertx vertx, DatabaseOptions options, String role, int connections) {
    var connect =
        PgConnectOptions.fromUri(options.url())
            .setCachePreparedStatements(true)
            .setPreparedStatementCacheSqlLimit(STATEMENT_LENGTH_MAX)
            .setPipeliningLimit(options.pipeliningMax())
            // A start-up parameter: the connection never exists with the login's own rights.
            .addProperty("role", role)
            .addProperty("application_name", role)
            // What hangs must end, and give its locks back.
            .addProperty("statement_timeout", STATEMENT_TIMEOUT)
            .addProperty("idle_in_transaction_session_timeout", STATEMENT_TIMEOUT);
    int silentMs = (int) options.silenceMax().toMillis();
    var net =
        new NetClientOptions()
            .setConnectTimeout((int) options.connectionWait().toMillis())
            .setReadIdleTimeout(silentMs)
            .setIdleTimeoutUnit(TimeUnit.MILLISECONDS);
    var size =
        new PoolOptions()
            .setMaxSize(connections)
            .setMaxWaitQueueSize(options.waitQueueMax())
            .setConnectionTimeout((int) options.connectionWait().toMillis())
            .setConnectionTimeoutUnit(TimeUnit.MILLISECONDS)
            // Before it counts as silent: nobody is given one that is about to be closed.
            .setIdleTimeout(silentMs / 5 * 4)
            .setIdleTimeoutUnit(TimeUnit.MILLISECONDS);
    return PgBuilder.pool().with(size).with(net).connectingTo(connect).using(vertx).build();
  }

  /**
   * Brings the schema up to date, as the login of the URL. Blocks; call it before the start.
   *
   * @throws MigrationFailed with one line that names the cause and the remedy
   */
  public static void migrate(DatabaseOptions options) {
    Migration.run(options);
  }

  /**
   * One transaction that sees one organization. Begin, context and the first statements of {@code
   * work} travel together. A failed statement fails the transaction, whatever {@code work} makes of
   * it.
   */
  public <T> Future<T> tenant(String organizationId, Function<SqlConnection, Future<T>> work) {
    return transaction(tenant, SET_ORGANIZATION, organizationId, work);
  }

  /** One transaction about one user, who may be a member of many organizations. */
  public <T> Future<T> identity(String userId, Function<SqlConnection, Future<T>> work) {
    return transaction(identity, SET_USER, userId, work);
  }

  /** Single statements on users, sessions and managed executors. */
  public Pool identity() {
    return identity;
  }

  /** Routing: dispatches, workspaces, executors, quotas, of all organizations. */
  public Pool gateway() {
    return gateway;
  }

  /** Deleting what has expired, of all organizations. */
  public Pool upkeep() {
    return upkeep;
  }

  /** Runs and their nodes, events, triggers and sealed secrets, of all organizations. */
  public Pool worker() {
    return worker;
  }

  /**
   * Makes the rest of an identity transaction a tenant's: a new user and their first organization
   * are committed together.
   */
  public static Future<?> becomeTenant(SqlConnection connection, String organizationId) {
    var role = connection.query("set local role " + TENANT).execute();
    var context = connection.preparedQuery(SET_ORGANIZATION).execute(Tuple.of(organizationId));
    return Future.all(role, context);
  }

  private static <T> Future<T> transaction(
      Pool pool, String setContext, String id, Function<SqlConnection, Future<T>> work) {
    return pool.getConnection()
        .compose(connection ->
            inTransaction(connection, setContext, id, work).eventually(connection::close));
  }

  private static <T> Future<T> inTransaction(
      SqlConnection connection,
      String setContext,
      String id,
      Function<SqlConnection, Future<T>> work) {
    var begun = connection.query("begin").execute();
    var context = connection.preparedQuery(setContext).execute(Tuple.of(id));
    var result = guarded(connection, work);
    return Future.join(begun, context, result)
        .compose(_ -> connection.query(COMMIT).execute())
        .<T>map(_ -> result.result())
        .recover(cause ->
            connection.query("rollback").execute().transform(_ -> Future.failedFuture(cause)));
  }

  private static <T> Future<T> guarded(
      SqlConnection connection, Function<SqlConnection, Future<T>> work) {
    try {
      return work.apply(connection);
    } catch (RuntimeException e) {
      return Future.failedFuture(e);
    }
  }

  public Future<Void> close() {
    return Future.join(
            List.of(
                tenant.close(), gateway.close(), identity.close(), upkeep.close(), worker.close()))
        .mapEmpty();
  }
}
