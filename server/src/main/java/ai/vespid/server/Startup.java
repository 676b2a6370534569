package ai.vespid.server;

import ai.vespid.kit.node.ConfigurationException;
import ai.vespid.sql.Database;
import ai.vespid.sql.MigrationFailed;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What {@code up} and {@code serve} share: where things are, and an end that leaves nothing. */
final class Startup implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Startup.class);
  private static final Set<String> ROLES = Set.of("all", "edge", "brain");

  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private final CountDownLatch end = new CountDownLatch(1);
  private volatile boolean failed;

  /** SIGTERM and Ctrl-C end the process; this holds it until everything has stopped. */
  Startup() {
    Runtime.getRuntime().addShutdownHook(new Thread(this::close, "stop"));
  }

  synchronized <T extends AutoCloseable> T opened(T resource) {
    opened.push(resource);
    return resource;
  }

  /** The folder with {@code conf/} and the agent. */
  static Path root() {
    return Path.of(System.getProperty("vespid.root", ".")).toAbsolutePath().normalize();
  }

  static Path configFile(Map<String, String> environment) {
    var named = environment.get("VESPID_CONFIG");
    if (named != null && !named.isBlank()) return Path.of(named);
    var role = environment.getOrDefault("GATEWAY_ROLE", "all");
    if (!ROLES.contains(role)) {
      throw new ConfigurationException("GATEWAY_ROLE must be all, edge or brain: " + role);
    }
    return root().resolve("conf").resolve(role + ".json");
  }

  static void migrate(Map<String, String> environment) {
    try {
      Database.migrate(Server.databaseOptions(environment));
    } catch (MigrationFailed e) {
      throw new ConfigurationException(e.getMessage());
    }
  }

  /**
   * @param schema done when the database is as this build needs it
   */
  Server serve(ServerConfig config, Map<String, String> environment, CompletableFuture<?> schema) {
    return opened(
        Server.start(
            config,
            environment,
            schema,
            new Server.Ends() {
              @Override
              public void givenUp(String what) {
                giveUp(what);
              }

              @Override
              public void leave() {
                end.countDown();
              }
            }));
  }

  private void giveUp(String verticle) {
    LOG.atError().addKeyValue("verticle", verticle).log("crashes again and again; ending");
    failed = true;
    end.countDown();
  }

  /** Until a verticle is given up; a signal ends the process without coming back here. */
  int await() {
    try {
      end.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return failed ? 1 : 0;
  }

  /** In reverse order, once. */
  @Override
  public synchronized void close() {
    while (!opened.isEmpty()) {
      try {
        opened.pop().close();
      } catch (Exception e) {
        LOG.atWarn().addKeyValue("cause", e.getMessage()).log("did not stop cleanly");
      }
    }
  }
}
