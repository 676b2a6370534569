package ai.vespid.agent;

import ai.vespid.protocol.executor.ExecutorFrame.Hello;
import ai.vespid.protocol.executor.ExecutorFrame.ToolResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * An unpacked archive against a gateway of the tests: {@code train <folder>} makes the cache of its
 * classes, {@code measure <folder>} tells how fast it connects and how much memory it idles with,
 * and ends with 1 when it is worse than it was.
 */
public final class Rehearsal {
  private static final long CONNECTED_MS_MARK = 300;
  private static final long RESIDENT_BYTES_MARK = 70_000_000;
  // A busy machine makes a start long, and hardly dear.
  private static final long PROCESSOR_MS_MAX = 400;
  // A slow machine makes a start long and dear, and those of a Java that does nothing as well: on
  // one with half the speed of the others the agent took as long as four or five of them.
  private static final int BARE_STARTS = 6;
  private static final int STARTS = 7;
  // What a compiler that is not used here would learn is left out.
  private static final String LEAN = " -XX:+UnlockDiagnosticVMOptions -XX:-AOTRecordTraining";
  // Others on the machine take time from a start, and never give it any: the best one counts.
  private static final int STARTS_MAX = 15;
  // Of the kernel's clock for processes, on Linux (getconf CLK_TCK).
  private static final int TICK_MS = 10;
  // Until it has given back what only its start needed, and over a round of what it does when idle.
  private static final int SETTLING_SECONDS = 40;
  private static final int IDLE_SECONDS = 40;
  private static final long END_MAX_SECONDS = 180;
  private static final long ANSWER_MS_MAX = 300_000;

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
    boolean kept = true;
    try (var gateway = new TestGateway()) {
      var rehearsal = new Rehearsal(Path.of(arguments[1]).toAbsolutePath(), home, gateway);
      if (arguments[0].equals("train")) rehearsal.train();
      else kept = rehearsal.measure();
    } finally {
      try (var files = Files.walk(home)) {
        files.sorted((a, b) -> b.compareTo(a)).forEach(file -> file.toFile().delete());
      }
    }
    if (!kept) System.exit(1);
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
    // Of the caller's nothing but this: an engine that is named there would be asked, and cost.
    builder.environment().keySet().retainAll(Set.of("PATH", "HOME", "JAVA_HOME", "LANG"));
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
    // Most starts come after another one, whose traces are looked at.
    var before = start("");
    gateway.next(Hello.class, ANSWER_MS_MAX);
    end(before);
    forgetHellos();
    var process = start("-XX:AOTCacheOutput=" + cache + LEAN);
    gateway.next(Hello.class, ANSWER_MS_MAX);
    gateway.send(TestGateway.shell("rehearsal-1", 1, "echo rehearsed"));
    gateway.acknowledge(gateway.next(ToolResult.class, ANSWER_MS_MAX));
    end(process);
    if (!Files.exists(cache)) {
      throw new IllegalStateException("no cache: " + Files.readString(home.resolve("err")));
    }
    System.out.println("cache of " + Files.size(cache) / 1024 / 1024 + " MiB");
  }

  private boolean measure() throws Exception {
    var millis = new ArrayList<Long>();
    var processor = new ArrayList<Long>();
    var bare = new ArrayList<Long>();
    long resident = 0;
    long mark;
    do {
      bare.add(bareStartsMillis());
      forgetHellos();
      long began = System.nanoTime();
      var process = start("");
      gateway.next(Hello.class, ANSWER_MS_MAX);
      millis.add(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began));
      processor.add(processorMillis(process));
      if (millis.size() == STARTS) resident = idle(process);
      end(process);
      mark = Math.max(CONNECTED_MS_MARK, Collections.min(bare));
    } while (millis.size() < STARTS
        || Collections.min(millis) >= mark && millis.size() < STARTS_MAX);
    long best = Collections.min(millis);
    long cheapest = Collections.min(processor);
    System.out.printf(
        "connected after %d ms at best of %s (mark %d: %d, or as %d starts of Java alone),"
            + " with %d ms of processor time (at most %d)%n",
        best, millis, mark, CONNECTED_MS_MARK, BARE_STARTS, cheapest, PROCESSOR_MS_MAX);
    System.out.printf(
        "%.1f MB resident at most when idle (mark %d)%n",
        resident / 1e6, RESIDENT_BYTES_MARK / 1_000_000);
    boolean fast = best < mark || cheapest < PROCESSOR_MS_MAX;
    boolean kept = fast && resident < RESIDENT_BYTES_MARK;
    System.out.println(kept ? "it is as fast and small as it was" : "it was faster or smaller");
    return kept;
  }

  private long bareStartsMillis() throws Exception {
    var java = image.resolve("runtime/bin/java").toString();
    var command =
        new ProcessBuilder(
                java, "-Xshare:off", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-version")
            .redirectError(ProcessBuilder.Redirect.DISCARD);
    long began = System.nanoTime();
    for (int start = 0; start < BARE_STARTS; start++) {
      if (command.start().waitFor() != 0) throw new IllegalStateException("Java does not start");
    }
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
  }

  // In user and system mode so far (proc(5)).
  private static long processorMillis(Process process) throws IOException {
    var stat = Files.readString(Path.of("/proc", "" + process.pid(), "stat"));
    var words = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    return (Long.parseLong(words[11]) + Long.parseLong(words[12])) * TICK_MS;
  }

  private long idle(Process process) throws Exception {
    gateway.send(TestGateway.shell("rehearsal-2", 1, "echo rehearsed"));
    gateway.acknowledge(gateway.next(ToolResult.class, ANSWER_MS_MAX));
    pause(SETTLING_SECONDS);
    long most = 0;
    for (int second = 0; second < IDLE_SECONDS; second++) {
      pause(1);
      most = Math.max(most, residentBytes(process));
    }
    return most;
  }

  // What the one before said last.
  private void forgetHellos() throws InterruptedException {
    while (gateway.poll(Hello.class, 0) != null) continue;
  }

  private static void pause(int seconds) {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while (System.nanoTime() < until) LockSupport.parkNanos(until - System.nanoTime());
  }

  private static long residentBytes(Process process) throws IOException {
    for (var line : Files.readAllLines(Path.of("/proc", "" + process.pid(), "status"))) {
      if (line.startsWith("VmRSS")) return Long.parseLong(line.replaceAll("\\D", "")) * 1_024;
    }
    throw new IllegalStateException("it has no memory");
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
