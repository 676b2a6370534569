package ai.vespid.sql;

import io.vertx.core.Vertx;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A fresh, migrated database on a real PostgreSQL that is started once per JVM. Its login is no
 * superuser, as in production: it may create roles and owns the database, no more.
 */
public final class EmbeddedDatabase {
  private static final String LOGIN = "vespid_owner";
  private static final AtomicInteger COUNT = new AtomicInteger();
  private static EmbeddedPostgres server;

  private final DatabaseOptions options;

  private EmbeddedDatabase(DatabaseOptions options) {
    this.options = options;
  }

  /** A new database with all migrations. */
  public static EmbeddedDatabase create() {
    var database = empty();
    Database.migrate(database.options);
    return database;
  }

  /** A new database without a table. */
  public static EmbeddedDatabase empty() {
    var name = "vespid_test_" + COUNT.incrementAndGet();
    execute("create database " + name + " owner " + LOGIN);
    var url = "postgres://%s@localhost:%d/%s".formatted(LOGIN, server().getPort(), name);
    return new EmbeddedDatabase(new DatabaseOptions(url));
  }

  public DatabaseOptions options() {
    return options;
  }

  public Database open(Vertx vertx) {
    return Database.open(vertx, options);
  }

  /** Runs a statement on the server as its superuser, outside any test database. */
  private static void execute(String statement) {
    try (var connection = server().getPostgresDatabase().getConnection();
        var prepared = connection.createStatement()) {
      prepared.execute(statement);
    } catch (SQLException e) {
      throw new IllegalStateException("cannot " + statement, e);
    }
  }

  private static synchronized EmbeddedPostgres server() {
    if (server != null) return server;
    try {
      server = EmbeddedPostgres.builder().setServerConfig("max_connections", "300").start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Runtime.getRuntime().addShutdownHook(new Thread(EmbeddedDatabase::stop));
    execute("create role " + LOGIN + " login createrole");
    return server;
  }

  private static synchronized void stop() {
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
