package ai.vespid.server;

import ai.vespid.kit.node.ConfigurationException;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * PostgreSQL as a child of this process, with durable commits and its data under the home. One that
 * a killed run left behind is taken over: it has the data open, so a second one could not start.
 */
final class PostgresStore implements AutoCloseable {
  private static final String FOLDER = "postgres";
  private static final String PORT_FILE = FOLDER + "/port";
  private static final String LOGIN = "vespid_owner";
  private static final String DATABASE = "vespid";
  // Lines of postmaster.pid: process id, data folder, start time, port.
  private static final int PID_LINE = 0;
  private static final int PORT_LINE = 3;

  private final Home home;
  private final EmbeddedPostgres server;

  private PostgresStore(Home home, EmbeddedPostgres server) {
    this.home = home;
    this.server = server;
  }

  /** The next start listens there, unless somebody else does. */
  static void prefer(Home home, int port) {
    home.directory(FOLDER);
    home.write(PORT_FILE, Integer.toString(port));
  }

  static PostgresStore start(Home home) {
    home.directory(FOLDER);
    int port = runningPort(home).orElseGet(() -> freePort(remembered(home)));
    home.write(PORT_FILE, Integer.toString(port));
    try {
      var server =
          EmbeddedPostgres.builder()
              .setDataDirectory(home.path(FOLDER).resolve("data"))
              .setCleanDataDirectory(false)
              .setPort(port)
              // The library is made for tests and turns durability off.
              .setServerConfig("fsync", "on")
              .setServerConfig("synchronous_commit", "on")
              .setServerConfig("full_page_writes", "on")
              .setServerConfig("max_connections", "100")
              .setServerConfig("listen_addresses", "127.0.0.1")
              // Stopped in order by whoever started it.
              .setRegisterShutdownHook(false)
              .start();
      createDatabase(server);
      return new PostgresStore(home, server);
    } catch (IOException | IllegalStateException | SQLException e) {
      throw new ConfigurationException(
          "cannot start the embedded PostgreSQL in %s (%s); free the disk or port %d, or set"
                  .formatted(
                      home.path(FOLDER),
                      String.valueOf(e.getMessage()).lines().findFirst().orElse(""),
                      port)
              + " DATABASE_URL");
    }
  }

  private static void createDatabase(EmbeddedPostgres server) throws SQLException {
    try (var connection = server.getPostgresDatabase().getConnection();
        var statement = connection.createStatement()) {
      // No superuser: the server has no right it does not need.
      if (isMissing(statement, "pg_roles where rolname = '" + LOGIN + "'")) {
        statement.execute("create role " + LOGIN + " login createrole");
      }
      if (isMissing(statement, "pg_database where datname = '" + DATABASE + "'")) {
        statement.execute("create database " + DATABASE + " owner " + LOGIN);
      }
    }
  }

  private static boolean isMissing(java.sql.Statement statement, String from) throws SQLException {
    try (var rows = statement.executeQuery("select 1 from " + from)) {
      return !rows.next();
    }
  }

  String url() {
    return url(server.getPort());
  }

  private static String url(int port) {
    return "postgres://%s@127.0.0.1:%d/%s".formatted(LOGIN, port, DATABASE);
  }

  /** Where the database of this home is reached while it runs; empty when it does not. */
  static Optional<String> runningUrl(Home home) {
    var port = runningPort(home);
    return port.isPresent() ? Optional.of(url(port.getAsInt())) : Optional.empty();
  }

  int port() {
    return server.getPort();
  }

  /** The process that all others of this PostgreSQL belong to. */
  Optional<Long> pid() {
    return running(pidFile(home)).map(ProcessHandle::pid);
  }

  private static OptionalInt runningPort(Home home) {
    var lines = pidFile(home);
    return running(lines).isPresent()
        ? OptionalInt.of(Integer.parseInt(lines.get(PORT_LINE)))
        : OptionalInt.empty();
  }

  private static Optional<ProcessHandle> running(List<String> pidFile) {
    if (pidFile.size() <= PORT_LINE) return Optional.empty();
    return ProcessHandle.of(Long.parseLong(pidFile.get(PID_LINE)))
        .filter(ProcessHandle::isAlive)
        .filter(process -> process.info().command().orElse("").endsWith("postgres"));
  }

  private static List<String> pidFile(Home home) {
    return home.read(FOLDER + "/data/postmaster.pid").stream()
        .flatMap(String::lines)
        .map(String::strip)
        .toList();
  }

  private static int remembered(Home home) {
    return home.read(PORT_FILE).map(text -> Integer.parseInt(text.strip())).orElse(0);
  }

  /** The wanted port, or any when somebody else has it. */
  static int freePort(int wanted) {
    try (var socket = new ServerSocket(wanted, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      if (wanted == 0) throw new UncheckedIOException(e);
      return freePort(0);
    }
  }

  static boolean exists(Home home) {
    return Files.exists(home.path(FOLDER).resolve("data/PG_VERSION"));
  }

  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
