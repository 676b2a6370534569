package ai.vespid.bench.fault;

import ai.vespid.protocol.Json;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** {@code vespid stores}: PostgreSQL and Redis, which it restarts when told. */
final class StoresProcess implements AutoCloseable {
  private final Child child;
  private final BufferedReader out;
  private Where where;

  /** What it says about its stores; a pid is null while the store is dead. */
  private record Where(String databaseUrl, String redisUrl, Long postgresPid, Long redisPid) {
    @Override
    public String toString() {
      return "Where[postgres=" + postgresPid + ", redis=" + redisPid + "]";
    }
  }

  StoresProcess(Path vespid, Path home, FreePorts ports, Children children) {
    var builder =
        new ProcessBuilder(
            vespid.toString(),
            "stores",
            "--postgres-port",
            "" + ports.next(),
            "--redis-port",
            "" + ports.next());
    builder.environment().put("VESPID_HOME", home.toString());
    child = children.start("stores", builder, home.resolve("logs/stores.log"));
    out = child.process().inputReader();
  }

  /** Until both stores run. */
  void awaitReady() {
    listen();
  }

  private void listen() {
    try {
      var line = out.readLine();
      if (line == null) throw new IllegalStateException("no stores: " + child.lastWords());
      var said = Json.read(line.getBytes(StandardCharsets.UTF_8), JsonNode.class);
      where =
          new Where(
              said.path("databaseUrl").asText(),
              said.path("redisUrl").asText(),
              said.has("postgresPid") ? said.path("postgresPid").asLong() : null,
              said.has("redisPid") ? said.path("redisPid").asLong() : null);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String databaseUrl() {
    return where.databaseUrl();
  }

  String redisUrl() {
    return where.redisUrl();
  }

  long postgresPid() {
    return where.postgresPid();
  }

  long redisPid() {
    return where.redisPid();
  }

  /** PostgreSQL and the process of each of its connections. */
  List<Long> postgresPids() {
    return withChildren(postgresPid());
  }

  /** Itself and all that run under it. */
  List<Long> pids() {
    return withChildren(child.pid());
  }

  private static List<Long> withChildren(long pid) {
    var under = ProcessHandle.of(pid).orElseThrow().descendants().map(ProcessHandle::pid);
    return Stream.concat(Stream.of(pid), under).toList();
  }

  void restartPostgres() {
    order("restart postgres");
  }

  void restartRedis() {
    order("restart redis");
  }

  private void order(String order) {
    try {
      var in = child.process().outputWriter();
      in.write(order + "\n");
      in.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    listen();
  }

  @Override
  public void close() {
    child.close();
  }
}
