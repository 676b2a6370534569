package ai.vespid.agent.mcp;

import io.modelcontextprotocol.spec.McpSchema.Tool;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One server, connected to as long as the agent runs. When it is gone its tools are withdrawn, and
 * it is started again: at once the first time, then after a while that doubles.
 *
 * <p>Safe for use by many threads.
 */
final class McpServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(McpServer.class);
  private static final Duration AGAIN_MIN = Duration.ofMillis(250);
  private static final Duration AGAIN_MAX = Duration.ofMinutes(1);
  private static final Duration STEADY = Duration.ofMinutes(1);
  private static final Duration STOP_MAX = Duration.ofSeconds(5);

  private final String name;
  private final Supplier<McpConnection> connect;
  private final Thread keeper;
  private volatile McpConnection connection;

  /**
   * @param connect blocks until there is a connection
   */
  McpServer(String name, Supplier<McpConnection> connect) {
    this.name = name;
    this.connect = connect;
    this.keeper = Thread.ofVirtual().name("mcp-" + name).unstarted(this::keep);
  }

  void start() {
    keeper.start();
  }

  String name() {
    return name;
  }

  /** The connection, when it stands. */
  Optional<McpConnection> connection() {
    return Optional.ofNullable(connection).filter(McpConnection::open);
  }

  List<Tool> tools() {
    return connection().map(McpConnection::tools).orElse(List.of());
  }

  private void keep() {
    var wait = AGAIN_MIN;
    try {
      while (!Thread.currentThread().isInterrupted()) {
        long began = System.nanoTime();
        serve();
        boolean steady = System.nanoTime() - began > STEADY.toNanos();
        wait = steady ? AGAIN_MIN : wait;
        Thread.sleep(wait);
        wait = wait.multipliedBy(2).compareTo(AGAIN_MAX) > 0 ? AGAIN_MAX : wait.multipliedBy(2);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void serve() throws InterruptedException {
    try (var made = connect.get()) {
      connection = made;
      LOG.atInfo()
          .addKeyValue("server", name)
          .addKeyValue("tools", made.tools().size())
          .log("an MCP server is connected");
      made.awaitEnd();
      LOG.atWarn().addKeyValue("server", name).log("an MCP server is gone and is started again");
    } catch (RuntimeException e) {
      // Its message may repeat an address with a key in it.
      LOG.atWarn()
          .addKeyValue("server", name)
          .addKeyValue("cause", e.getClass().getSimpleName())
          .log("an MCP server cannot be reached");
    } finally {
      connection = null;
    }
  }

  @Override
  public void close() {
    keeper.interrupt();
    try {
      keeper.join(STOP_MAX);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
