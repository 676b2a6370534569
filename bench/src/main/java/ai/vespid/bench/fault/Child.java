package ai.vespid.bench.fault;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A process this run started, which it may kill, stop, wake and end; by its pid, never by name. */
public final class Child implements AutoCloseable {
  // A gateway takes 30 s to drain at most, and then it ends.
  private static final long END_SECONDS_MAX = 60;

  private final String name;
  private final Process process;
  private final Path log;

  private Child(String name, Process process, Path log) {
    this.name = name;
    this.process = process;
    this.log = log;
  }

  /** Starts it; what it says on standard error is appended to {@code log}. */
  static Child start(String name, ProcessBuilder builder, Path log) {
    try {
      Files.createDirectories(log.getParent());
      builder.redirectError(Redirect.appendTo(log.toFile()));
      return new Child(name, builder.start(), log);
    } catch (IOException e) {
      throw new UncheckedIOException(name + " cannot be started", e);
    }
  }

  Process process() {
    return process;
  }

  Path log() {
    return log;
  }

  public long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** SIGKILL, and waits until it is gone. */
  public void kill() {
    process.destroyForcibly();
    awaitEnd();
  }

  /** SIGTERM, and waits until it has ended. */
  void terminate() {
    process.destroy();
    awaitEnd();
  }

  void stop() {
    signal(pid(), "STOP");
  }

  void wake() {
    signal(pid(), "CONT");
  }

  private void awaitEnd() {
    try {
      if (process.waitFor(END_SECONDS_MAX, TimeUnit.SECONDS)) return;
      process.destroyForcibly();
      throw new IllegalStateException(
          "%s did not end within %d s and was killed".formatted(name, END_SECONDS_MAX));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** Kills a process that a child started; it is gone when this returns. */
  static void kill(long pid) {
    var handle = ProcessHandle.of(pid).orElseThrow();
    handle.destroyForcibly();
    handle.onExit().orTimeout(END_SECONDS_MAX, TimeUnit.SECONDS).join();
  }

  static void signal(long pid, String signal) {
    if (!signal(List.of(pid), signal)) throw new IllegalStateException("cannot signal " + pid);
  }

  /** Signals all that are there; false when one of them was not. */
  static boolean signal(List<Long> pids, String signal) {
    var command = new ArrayList<>(List.of("kill", "-" + signal));
    pids.forEach(pid -> command.add(Long.toString(pid)));
    try {
      var kill = new ProcessBuilder(command).redirectError(Redirect.DISCARD).start();
      return kill.waitFor() == 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** The last lines it logged, for whoever asks why it failed. */
  String lastWords() {
    try {
      var lines = Files.readAllLines(log);
      return String.join("\n", lines.subList(Math.max(0, lines.size() - 10), lines.size()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends it, whatever state it is in. */
  @Override
  public void close() {
    if (!isAlive()) return;
    // One that is stopped does not hear that it shall end.
    wake();
    terminate();
  }
}
