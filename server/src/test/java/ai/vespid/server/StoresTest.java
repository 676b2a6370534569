package ai.vespid.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisAPI;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real processes: the stores outlive a killed owner, and the next one takes them over. */
final class StoresTest {
  private static final Duration READY_MAX = Duration.ofSeconds(40);

  @TempDir private Path folder;
  private final Vertx vertx = Vertx.vertx();
  private Process holder;

  private List<String> launch() throws IOException {
    Files.deleteIfExists(folder.resolve("ready"));
    holder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xmx128m",
                "-cp",
                System.getProperty("java.class.path"),
                StoreHolder.class.getName(),
                folder.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("holder.log").toFile())
            .start();
    long limit = System.nanoTime() + READY_MAX.toNanos();
    while (!Files.exists(folder.resolve("ready"))) {
      assertThat(holder.isAlive()).as(Files.readString(folder.resolve("holder.log"))).isTrue();
      assertThat(System.nanoTime()).as("ready in time").isLessThan(limit);
      LockSupport.parkNanos(20_000_000);
    }
    return List.of(Files.readString(folder.resolve("ready")).split(" "));
  }

  private void kill() throws InterruptedException {
    holder.destroyForcibly();
    assertThat(holder.waitFor(10, TimeUnit.SECONDS)).isTrue();
  }

  private void stop() throws IOException, InterruptedException {
    holder.getOutputStream().close();
    assertThat(holder.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(holder.exitValue()).isZero();
  }

  @AfterEach
  void leaveNothing() throws IOException, InterruptedException {
    if (!holder.isAlive() && leftovers() > 0) launch();
    if (holder.isAlive()) stop();
    vertx.close().await();
  }

  private long leftovers() {
    return ProcessHandle.allProcesses()
        .filter(ProcessHandle::isAlive)
        .filter(process -> belongsHere(process))
        .count();
  }

  private boolean belongsHere(ProcessHandle process) {
    var command = process.info().commandLine().orElse("");
    // Redis overwrites its arguments, so it is found by its executable, which is in the folder.
    return command.contains(folder.toString() + "/postgres")
        || command.contains(folder.toString() + "/redis");
  }

  private static void sql(String url, String statement) throws SQLException {
    try (var connection = DriverManager.getConnection(jdbc(url));
        var prepared = connection.createStatement()) {
      prepared.execute(statement);
    }
  }

  private static int count(String url) throws SQLException {
    try (var connection = DriverManager.getConnection(jdbc(url));
        var statement = connection.createStatement();
        var rows = statement.executeQuery("select count(*) from kept")) {
      rows.next();
      return rows.getInt(1);
    }
  }

  private static String jdbc(String url) {
    var user = url.replaceAll("^postgres://([^@]*)@.*$", "$1");
    return "jdbc:" + url.replaceFirst("postgres://[^@]*@", "postgresql://") + "?user=" + user;
  }

  private RedisAPI redis(String url) {
    return RedisAPI.api(Redis.createClient(vertx, url));
  }

  @Test
  void areTakenOverAfterTheirOwnerWasKilledTwice() throws Exception {
    var urls = launch();
    sql(urls.get(0), "create table kept (id int)");
    for (int kill = 1; kill <= 2; kill++) {
      sql(urls.get(0), "insert into kept values (" + kill + ")");
      redis(urls.get(1)).set(List.of("key" + kill, "value")).await();
      kill();
      urls = launch();
      assertThat(count(urls.get(0))).isEqualTo(kill);
      assertThat(redis(urls.get(1)).get("key" + kill).await().toString()).isEqualTo("value");
    }
    stop();
    assertThat(leftovers()).isZero();
  }

  @Test
  void keepWhatTheyHadAfterACleanStopAndCommitDurably() throws Exception {
    var urls = launch();
    sql(urls.get(0), "create table kept (id int)");
    sql(urls.get(0), "insert into kept values (1)");
    for (var setting : List.of("fsync", "synchronous_commit", "full_page_writes")) {
      assertThat(show(urls.get(0), setting)).as(setting).isEqualTo("on");
    }
    redis(urls.get(1)).set(List.of("key", "value")).await();
    stop();
    assertThat(leftovers()).isZero();

    urls = launch();
    assertThat(count(urls.get(0))).isEqualTo(1);
    assertThat(redis(urls.get(1)).get("key").await().toString()).isEqualTo("value");
  }

  private static String show(String url, String setting) throws SQLException {
    try (var connection = DriverManager.getConnection(jdbc(url));
        var statement = connection.createStatement();
        var rows = statement.executeQuery("show " + setting)) {
      rows.next();
      return rows.getString(1);
    }
  }
}
