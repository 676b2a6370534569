package ai.vespid.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Everything that a running {@code up} keeps: each row, each value, each log, as one text. */
final class StoreDump {
  private static final String TABLES =
      """
      select format('%I.%I', schemaname, tablename) from pg_tables
      where schemaname not in ('pg_catalog', 'information_schema')
      """;

  private StoreDump() {}

  /** One text and where it stands. */
  record Kept(String where, String text) {
    /** Whether a secret can be read in it, plain or in the ways in which bytes are shown. */
    boolean tells(String secret) {
      var bytes = secret.getBytes(StandardCharsets.UTF_8);
      var base64 = Base64.getEncoder().withoutPadding().encodeToString(bytes);
      return text.contains(secret)
          || text.contains(HexFormat.of().formatHex(bytes))
          || text.contains(base64);
    }

    @Override
    public String toString() {
      return where;
    }
  }

  /** Every row of every table, whoever may read it. */
  static List<Kept> rows(UpSite site) {
    var rows = new ArrayList<Kept>();
    try (var connection = site.database();
        var statement = connection.createStatement()) {
      var tables = new ArrayList<String>();
      try (var found = statement.executeQuery(TABLES)) {
        while (found.next()) tables.add(found.getString(1));
      }
      for (var table : tables) {
        try (var found = statement.executeQuery("select t::text from " + table + " t")) {
          while (found.next()) rows.add(new Kept("table " + table, found.getString(1)));
        }
      }
      return rows;
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  /** Every value in Redis, and its key. */
  static List<Kept> values(UpSite site) {
    var vertx = Vertx.vertx();
    try {
      var url =
          "redis://:%s@127.0.0.1:%d".formatted(site.secret("REDIS_PASSWORD"), site.redisPort());
      var redis = Redis.createClient(vertx, url);
      var values = new ArrayList<Kept>();
      for (var key : ask(redis, Request.cmd(Command.KEYS).arg("*"))) {
        values.add(new Kept("redis " + key, key + " " + value(redis, key.toString())));
      }
      return values;
    } finally {
      vertx.close().await();
    }
  }

  private static Response value(Redis redis, String key) {
    var type = ask(redis, Request.cmd(Command.TYPE).arg(key)).toString();
    return ask(
        redis,
        switch (type) {
          case "string" -> Request.cmd(Command.GET).arg(key);
          case "hash" -> Request.cmd(Command.HGETALL).arg(key);
          case "list" -> Request.cmd(Command.LRANGE).arg(key).arg(0).arg(-1);
          case "set" -> Request.cmd(Command.SMEMBERS).arg(key);
          case "zset" -> Request.cmd(Command.ZRANGE).arg(key).arg(0).arg(-1);
          case "stream" -> Request.cmd(Command.XRANGE).arg(key).arg("-").arg("+");
          default -> throw new AssertionError("a kind of value nobody looks into: " + type);
        });
  }

  private static Response ask(Redis redis, Request request) {
    try {
      return redis.send(request).await(10, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  /** Every file: logs, the agent's journal and folders, the stores' own down to what they write. */
  static List<Kept> files(Path folder) {
    var kept = new ArrayList<Kept>();
    try (var files = Files.walk(folder)) {
      for (var file : files.filter(Files::isRegularFile).toList()) {
        try {
          kept.add(new Kept("file " + folder.relativize(file), UpSite.read(file)));
        } catch (UncheckedIOException gone) {
          // A journal's entry lives for as long as its result is not acknowledged.
          assertThat(gone).hasCauseInstanceOf(NoSuchFileException.class);
        }
      }
      return kept;
    } catch (IOException | UncheckedIOException e) {
      throw new AssertionError(e);
    }
  }
}
