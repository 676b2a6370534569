package ai.vespid.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisAPI;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command as a process of its own, whose stores are killed. */
final class StoresCommandTest {
  @TempDir private Path folder;
  private final Vertx vertx = Vertx.vertx();
  private final int postgresPort = PostgresStore.freePort(0);
  private Process command;
  private BufferedReader out;

  @BeforeEach
  void start() throws IOException {
    var builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-Xmx128m",
            // The program's own, which leaves standard output alone; tests have another.
            "-Dlogback.configurationFile=src/main/resources/logback.xml",
            "-cp",
            System.getProperty("java.class.path"),
            VespidCommand.class.getName(),
            "stores",
            "--postgres-port",
            "" + postgresPort);
    builder.redirectError(folder.resolve("stores.log").toFile());
    builder.environment().put("VESPID_HOME", folder.resolve("home").toString());
    command = builder.start();
    out = command.inputReader();
  }

  @AfterEach
  void stop() throws InterruptedException {
    command.destroy();
    assertThat(command.waitFor(30, TimeUnit.SECONDS)).isTrue();
    vertx.close().await();
  }

  private JsonObject told() {
    var line = CompletableFuture.supplyAsync(this::line).orTimeout(40, TimeUnit.SECONDS).join();
    return new JsonObject(line);
  }

  private String line() {
    try {
      return out.readLine();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void order(String order) throws IOException {
    command.outputWriter().write(order + "\n");
    command.outputWriter().flush();
  }

  private static ProcessHandle process(JsonObject told, String name) {
    return ProcessHandle.of(told.getLong(name)).orElseThrow();
  }

  private static void kill(ProcessHandle process) {
    process.destroyForcibly();
    process.onExit().orTimeout(10, TimeUnit.SECONDS).join();
  }

  private RedisAPI redis(JsonObject told) {
    return RedisAPI.api(Redis.createClient(vertx, told.getString("redisUrl")));
  }

  private static int sql(JsonObject told, String statement) throws SQLException {
    var url =
        "jdbc:" + told.getString("databaseUrl").replaceFirst("postgres://[^@]*", "postgresql://");
    try (var connection =
            DriverManager.getConnection(url.replace("//@", "//") + "?user=vespid_owner");
        var prepared = connection.createStatement()) {
      if (!prepared.execute(statement)) return 0;
      var rows = prepared.getResultSet();
      rows.next();
      return rows.getInt(1);
    }
  }

  @Test
  void killedStoresComeBackWhereTheyWereWithTheirData() throws Exception {
    var before = told();
    assertThat(before.getString("databaseUrl")).contains(":" + postgresPort + "/");
    sql(before, "create table kept (id int)");
    sql(before, "insert into kept values (7)");
    kill(process(before, "postgresPid"));
    kill(process(before, "redisPid"));
    order("restart postgres");
    assertThat(told().getString("databaseUrl")).isEqualTo(before.getString("databaseUrl"));
    order("restart redis");

    var after = told();
    assertThat(after.getString("redisUrl")).isEqualTo(before.getString("redisUrl"));
    assertThat(after.getLong("postgresPid")).isNotEqualTo(before.getLong("postgresPid"));
    assertThat(sql(after, "select id from kept")).isEqualTo(7);
    assertThat(redis(after).ping(List.of()).await().toString()).isEqualTo("PONG");
  }

  @Test
  void aLivingRedisIsSavedBeforeItIsRestartedAndNothingIsLeftInTheEnd() throws Exception {
    var before = told();
    redis(before).set(List.of("key", "value")).await();
    order("no such order");
    order("restart redis");
    var after = told();
    assertThat(redis(after).get("key").await().toString()).isEqualTo("value");
    var stores = List.of(process(after, "postgresPid"), process(after, "redisPid"));
    stop();

    // One that has ended is seen until somebody has asked for its exit code.
    for (var store : stores) store.onExit().orTimeout(10, TimeUnit.SECONDS).join();
    assertThat(stores).noneMatch(ProcessHandle::isAlive);
  }
}
