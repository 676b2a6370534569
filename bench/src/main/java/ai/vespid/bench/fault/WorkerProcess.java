package ai.vespid.bench.fault;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * {@code vespid serve} with the verticles of workers only: nobody can call it, so its log tells.
 */
final class WorkerProcess implements AutoCloseable {
  private static final Duration READY_MAX = Duration.ofSeconds(60);
  private static final long LOOK_NANOS = 20_000_000;

  private final String name;
  private final Path vespid;
  private final Path log;
  private final Map<String, String> environment;
  private final Children children;
  private Child child;
  private long linesBefore;

  WorkerProcess(
      String name, Path vespid, Path home, Map<String, String> environment, Children children) {
    this.name = name;
    this.vespid = vespid;
    this.log = home.resolve("logs").resolve(name + ".log");
    this.environment = environment;
    this.children = children;
  }

  Child child() {
    return child;
  }

  void start() {
    linesBefore = Files.exists(log) ? lines() : 0;
    child = children.start(name, GatewayProcess.serve(vespid, environment), log);
  }

  /** Until it says that it serves. */
  void awaitReady() {
    long limit = System.nanoTime() + READY_MAX.toNanos();
    while (!serves()) {
      if (!child.isAlive() || System.nanoTime() > limit) {
        throw new IllegalStateException(name + " does not serve:\n" + child.lastWords());
      }
      LockSupport.parkNanos(LOOK_NANOS);
    }
  }

  private boolean serves() {
    try (var lines = Files.lines(log)) {
      return lines.skip(linesBefore).anyMatch(line -> line.contains(" serving "));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private long lines() {
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
