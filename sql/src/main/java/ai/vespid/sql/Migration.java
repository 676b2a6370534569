package ai.vespid.sql;

import io.vertx.pgclient.PgConnectOptions;
import java.sql.SQLException;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.postgresql.ds.PGSimpleDataSource;

/** Flyway over JDBC, as the owner of the tables. */
final class Migration {
  private Migration() {}

  static void run(DatabaseOptions options) {
    var source = dataSource(options);
    try (var connection = source.getConnection()) {
      // Whoever cannot even connect is told so, not what a migration is.
      connection.isValid((int) options.connectionWait().toSeconds());
    } catch (SQLException e) {
      throw new MigrationFailed(
          "cannot connect to the database at %s (%s); check DATABASE_URL and that it runs"
              .formatted(place(options), oneLine(e)),
          e);
    }
    try {
      Flyway.configure(Migration.class.getClassLoader())
          .dataSource(source)
          .locations("classpath:db/migration")
          .failOnMissingLocations(true)
          .load()
          .migrate();
    } catch (FlywayException e) {
      throw new MigrationFailed(
          "cannot migrate the database at %s (%s); its login must own it and may create roles"
              .formatted(place(options), oneLine(e)),
          e);
    }
  }

  private static String place(DatabaseOptions options) {
    var parsed = PgConnectOptions.fromUri(options.url());
    return parsed.getHost() + ":" + parsed.getPort() + "/" + parsed.getDatabase();
  }

  private static String oneLine(Throwable e) {
    Throwable root = e;
    while (root.getCause() != null) root = root.getCause();
    var message = root.getMessage();
    return message == null
        ? root.getClass().getSimpleName()
        : message.lines().findFirst().orElse("");
  }

  private static PGSimpleDataSource dataSource(DatabaseOptions options) {
    // One parser for the URL, so that both drivers mean the same server.
    var parsed = PgConnectOptions.fromUri(options.url());
    var source = new PGSimpleDataSource();
    source.setServerNames(new String[] {parsed.getHost()});
    source.setPortNumbers(new int[] {parsed.getPort()});
    source.setDatabaseName(parsed.getDatabase());
    source.setUser(parsed.getUser());
    source.setPassword(parsed.getPassword());
    source.setConnectTimeout((int) Math.max(1, options.connectionWait().toSeconds()));
    source.setSslMode(parsed.getSslMode().value);
    return source;
  }
}
