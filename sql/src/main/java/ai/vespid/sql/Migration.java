package ai.vespid.sql;

import io.vertx.pgclient.PgConnectOptions;
import org.flywaydb.core.Flyway;
import org.postgresql.ds.PGSimpleDataSource;

/** Flyway over JDBC, as the owner of the tables. */
final class Migration {
  private Migration() {}

  static void run(DatabaseOptions options) {
    Flyway.configure(Migration.class.getClassLoader())
        .dataSource(dataSource(options))
        .locations("classpath:db/migration")
        .failOnMissingLocations(true)
        .load()
        .migrate();
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
