package ai.vespid.bench.fault;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/** {@code vespid serve}: one gateway, which dies and comes back at the same ports. */
public final class GatewayProcess implements AutoCloseable {
  // On a machine that others keep busy a start takes minutes: -Dbench.ready-seconds=300.
  private static final Duration READY_MAX =
      Duration.ofSeconds(Integer.getInteger("bench.ready-seconds", 60));
  private static final Duration ASK_MAX = Duration.ofSeconds(2);
  private static final long LOOK_NANOS = 50_000_000;

  private final String name;
  private final Path vespid;
  private final Path log;
  private final Map<String, String> environment;
  private final Requests requests;
  private final Children children;
  private Child child;

  GatewayProcess(
      String name,
      Path vespid,
      Path home,
      Map<String, String> environment,
      Requests requests,
      Children children) {
    this.name = name;
    this.vespid = vespid;
    this.log = home.resolve("logs").resolve(name + ".log");
    this.environment = environment;
    this.requests = requests;
    this.children = children;
  }

  public String name() {
    return name;
  }

  int port() {
    return Integer.parseInt(environment.get("GATEWAY_PORT"));
  }

  public String url() {
    return "http://127.0.0.1:" + port();
  }

  public String apiUrl() {
    return "http://127.0.0.1:" + environment.get("API_PORT");
  }

  /** The running process. */
  public Child child() {
    return child;
  }

  public boolean isAlive() {
    return child != null && child.isAlive();
  }

  void start() {
    child = children.start(name, serve(vespid, environment), log);
  }

  /** A server with this environment and nothing of the caller's own settings. */
  static ProcessBuilder serve(Path vespid, Map<String, String> environment) {
    var builder = new ProcessBuilder(vespid.toString(), "serve");
    builder.redirectOutput(ProcessBuilder.Redirect.DISCARD);
    builder
        .environment()
        .keySet()
        .removeIf(variable -> variable.matches("(GATEWAY|API|VESPID|DATABASE|REDIS|CLUSTER)_.*"));
    builder.environment().putAll(environment);
    return builder;
  }

  /** Until it says that it is ready, which is what a deploy waits for. */
  void awaitReady() {
    long limit = System.nanoTime() + READY_MAX.toNanos();
    while (!isReady()) {
      if (!child.isAlive()) {
        throw new IllegalStateException(name + " ended at once:\n" + child.lastWords());
      }
      if (System.nanoTime() > limit) {
        throw new IllegalStateException(name + " is not ready:\n" + child.lastWords());
      }
      LockSupport.parkNanos(LOOK_NANOS);
    }
  }

  private boolean isReady() {
    return requests.get(port(), "/readyz", null, ASK_MAX).status() == 200;
  }

  /** What it has logged as an error from this line on. */
  List<String> errors(long fromLine) {
    try (var lines = Files.lines(log)) {
      return lines.skip(fromLine).filter(line -> line.matches("\\S+ ERROR .*")).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  long logLines() {
    try (var lines = Files.lines(log)) {
      return lines.count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    if (child != null) child.close();
  }
}
