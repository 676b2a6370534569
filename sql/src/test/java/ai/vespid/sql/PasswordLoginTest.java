package ai.vespid.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Vertx;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server as in production: the login has a password and proves it with SCRAM. */
final class PasswordLoginTest {
  private static final String PASSWORD = "p@ss/word:1";
  private static final String IN_URL = "p%40ss%2Fword%3A1";

  @Test
  void bothDriversLogInWithThePasswordOfTheUrl(@TempDir Path folder)
      throws IOException, SQLException {
    var rules = folder.resolve("hba.conf");
    Files.writeString(
        rules,
        """
        host all postgres 127.0.0.1/32 trust
        host all all 127.0.0.1/32 scram-sha-256
        """);
    // The server runs as another user, who must be able to read it.
    folder.toFile().setExecutable(true, false);
    rules.toFile().setReadable(true, false);

    try (var server =
        EmbeddedPostgres.builder().setServerConfig("hba_file", rules.toString()).start()) {
      createOwner(server);
      var good = options(server, IN_URL);
      var bad = options(server, "wrong");

      Database.migrate(good);

      assertThatThrownBy(() -> Database.migrate(bad))
          .isInstanceOf(MigrationFailed.class)
          .hasMessageContaining("password authentication failed");
      assertThat(currentUser(good)).isEqualTo("vespid_gateway");
      assertThatThrownBy(() -> currentUser(bad)).hasMessageContaining("password");
    }
  }

  private static void createOwner(EmbeddedPostgres server) throws SQLException {
    try (var connection = server.getPostgresDatabase().getConnection();
        var statement = connection.createStatement()) {
      statement.execute("create role app login createrole password '" + PASSWORD + "'");
      statement.execute("create database app owner app");
    }
  }

  private static DatabaseOptions options(EmbeddedPostgres server, String password) {
    return new DatabaseOptions(
        "postgres://app:%s@127.0.0.1:%d/app".formatted(password, server.getPort()));
  }

  private static String currentUser(DatabaseOptions options) {
    var vertx = Vertx.vertx();
    var database = Database.open(vertx, options);
    try {
      var rows = database.gateway().query("select current_user").execute().await();
      return rows.iterator().next().getString(0);
    } finally {
      database.close().await();
      vertx.close().await();
    }
  }
}
