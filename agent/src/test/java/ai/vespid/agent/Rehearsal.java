package ai.vespid.agent;

import ai.vespid.protocol.executor.ExecutorFrame.Hello;
import ai.vespid.protocol.executor.ExecutorFrame.ToolResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * An unpacked archive against a gateway of the tests: {@code train <folder>} makes the cache of its
 * classes, {@code measure <folder>} tells how fast it connects and how much memory it idles with.
 */
public final class Rehearsal {
  private static final int STARTS = 7;
  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(45);
  private static final long END_MAX_SECONDS = 180;

  private final Path image;
  private final Path home;
  private final TestGateway gateway;

  private Rehearsal(Path image, Path home, TestGateway gateway) {
    this.image = image;
    this.home = home;
    this.gateway = gateway;
  }

  public static void main(String[] arguments) throws Exception {
    var home = Files.createTempDirectory("vespid-rehearsal");
    try (var gateway = new TestGateway()) {
      var rehearsal = new Rehearsal(Path.of(arguments[1]).toAbsolutePath(), home, gateway);
      if (arguments[0].equals("train")) rehearsal.train();
      else rehearsal.measure();
    } finally {
      try (var files = Files.walk(home)) {
        files.sorted((a, b) -> b.compareTo(a)).forEach(file -> file.toFile().delete());
      }
    }
  }

  private Process start(String options) throws IOException {
    Files.writeString(
        home.resolve("agent.json"),
        """
        {"executorId": "%s", "executorToken": "%s", "organizationId": "%s", "gatewayWsUrl": "%s"}
        """
            .formatted(
                TestGateway.EXECUTOR, TestGateway.TOKEN, TestGateway.ORGANIZATION, gateway.url()));
    var builder =
        new ProcessBuilder(image.resolve("bin/vespid-agent").toString(), "start")
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(home.resolve("err").toFile());
    builder.environment().put("VESPID_AGENT_JAVA_OPTIONS", options);
    builder.environment().put("VESPID_AGENT_CONFIG_PATH", home.resolve("agent.json").toString());
    builder
        .environment()
        .put("VESPID_EXECUTOR_WORKSPACE_CACHE_ROOT", home.resolve("ws").toString());
    return builder.start();
  }

  private void train() throws Exception {
    var cache = image.resolve("agent.aot");
    Files.deleteIfExists(cache);
    var process = start("-XX:AOTCacheOutput=" + cache);
    gateway.next(Hello.class, 60_000);
    gateway.send(TestGateway.shell("rehearsal-1", 1, "echo rehearsed"));
    gateway.acknowledge(gateway.next(ToolResult.class, 60_000));
    end(process);
    if (!Files.exists(cache)) {
      throw new IllegalStateException("no cache: " + Files.readString(home.resolve("err")));
    }
    System.out.println("cache of " + Files.size(cache) / 1024 / 1024 + " MiB");
  }

  private void measure() throws Exception {
    var millis = new ArrayList<Long>();
    for (int i = 0; i < STARTS; i++) {
      long began = System.nanoTime();
      var process = start("");
      gateway.next(Hello.class, 60_000);
      millis.add(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began));
      if (i == STARTS - 1) idle(process);
      end(process);
    }
    millis.sort(null);
    System.out.println("connected after " + millis + " ms, median " + millis.get(STARTS / 2));
  }

  private void idle(Process process) throws Exception {
    gateway.send(TestGateway.shell("rehearsal-2", 1, "echo rehearsed"));
    gateway.acknowledge(gateway.next(ToolResult.class, 60_000));
    long until = System.nanoTime() + IDLE_NANOS;
    // Over a round of the sandboxes and several heartbeats.
    while (System.nanoTime() < until) LockSupport.parkNanos(until - System.nanoTime());
    var lines = Files.readAllLines(Path.of("/proc", "" + process.pid(), "status"));
    for (var line : lines) {
      if (line.startsWith("VmRSS") || line.startsWith("RssAnon")) System.out.println(line);
    }
  }

  private void end(Process process) throws InterruptedException {
    process.destroy();
    if (!process.waitFor(END_MAX_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IllegalStateException("it did not end");
    }
    if (!List.of(0, 143).contains(process.exitValue())) {
      throw new IllegalStateException("it ended with " + process.exitValue());
    }
  }
}
