package ai.vespid.server;

import ai.vespid.kit.node.ConfigurationException;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The embedded stores alone, for runs in which servers and stores die one by one. It says where
 * they are in a line of JSON, again after each restart, and outlives what it started.
 *
 * <pre>
 *   stdin   restart postgres | restart redis
 *   stdout  {"databaseUrl":...,"redisUrl":...,"postgresPid":...,"redisPid":...}
 * </pre>
 *
 * <p>A store that is dead has no pid.
 */
@Command(
    name = "stores",
    description =
        "Runs the embedded PostgreSQL and Redis alone; \"restart postgres\" or"
            + " \"restart redis\" on its standard input restarts one, dead or alive.")
final class StoresCommand implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger(StoresCommand.class);

  @Spec private CommandSpec spec;

  @Option(names = "--postgres-port", description = "where PostgreSQL listens, if that is free")
  private int postgresPort;

  @Option(names = "--redis-port", description = "where Redis listens, if that is free")
  private int redisPort;

  private final Map<String, String> variables;
  private final InputStream in;

  StoresCommand(Map<String, String> variables, InputStream in) {
    this.variables = variables;
    this.in = in;
  }

  @Override
  public Integer call() {
    var home = Home.of(variables);
    try (var startup = new Startup()) {
      startup.opened(home.lock());
      if (postgresPort > 0) PostgresStore.prefer(home, postgresPort);
      if (redisPort > 0) RedisStore.prefer(home, redisPort);
      var password = Secrets.loadOrCreate(home).get(Secrets.REDIS_PASSWORD);
      var stores = startup.opened(new StorePair(home, password));
      stores.start();
      say(stores);
      Thread.ofPlatform().daemon().name("orders").start(() -> obey(stores));
      return startup.await();
    }
  }

  private void obey(StorePair stores) {
    try (var lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      for (var line = lines.readLine(); line != null; line = lines.readLine()) {
        obey(stores, line.strip());
      }
    } catch (IOException e) {
      LOG.atWarn().addKeyValue("cause", e.getMessage()).log("no more orders can be read");
    }
  }

  private void obey(StorePair stores, String order) {
    try {
      switch (order) {
        case "restart postgres" -> stores.restartPostgres();
        case "restart redis" -> stores.restartRedis();
        default -> {
          complain("expected \"restart postgres\" or \"restart redis\": " + order);
          return;
        }
      }
      say(stores);
    } catch (ConfigurationException | IllegalStateException e) {
      // The other store goes on, and the next order may help this one.
      complain(e.getMessage());
    }
  }

  private void complain(String text) {
    spec.commandLine().getErr().println("vespid: " + text);
    spec.commandLine().getErr().flush();
  }

  private void say(StorePair stores) {
    var where =
        new JsonObject()
            .put("databaseUrl", stores.postgres().url())
            .put("redisUrl", stores.redis().url());
    stores.postgres().pid().ifPresent(pid -> where.put("postgresPid", pid));
    stores.redis().pid().ifPresent(pid -> where.put("redisPid", pid));
    spec.commandLine().getOut().println(where.encode());
    spec.commandLine().getOut().flush();
  }
}
