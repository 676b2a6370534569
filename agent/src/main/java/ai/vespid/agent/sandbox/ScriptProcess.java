package ai.vespid.agent.sandbox;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Runs a program of this machine to its end, its timeout or its cancellation, and ends everything
 * it started with it. All of it is marked, so that a later agent finds what this one left.
 */
public final class ScriptProcess {
  /** Variable that marks everything a script started; {@link ProcessTree} searches for it. */
  public static final String MARKER = "VESPID_TASK";

  /** However long a process may take to end: one that nobody wants any more has no longer. */
  static final long CANCEL_GRACE_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  private static final long LISTENER_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final String bootId;
  private final long graceNanos;
  private final String setsid;

  /**
   * One program.
   *
   * @param environment all of it, but the marker
   * @param input what it reads, or null for nothing; it may be secret
   */
  public record Program(
      String backend,
      List<String> command,
      Path directory,
      Map<String, String> environment,
      long timeoutMs,
      int outputCharsMax,
      byte[] input) {
    /** One that has nothing to read. */
    public Program(
        String backend,
        List<String> command,
        Path directory,
        Map<String, String> environment,
        long timeoutMs,
        int outputCharsMax) {
      this(backend, command, directory, environment, timeoutMs, outputCharsMax, null);
    }

    @Override
    public String toString() {
      return "Program[" + backend + "]";
    }
  }

  /**
   * @param bootId this process; everything it starts is marked with it
   * @param killGraceMs how long a process may take to end before it is made to
   * @param path where programs are, as in the variable of that name; may be null
   */
  public ScriptProcess(String bootId, long killGraceMs, String path) {
    this.bootId = bootId;
    this.graceNanos = TimeUnit.MILLISECONDS.toNanos(killGraceMs);
    this.setsid = find("setsid", path);
  }

  /** Ends what an agent that was killed left running. */
  void endLeftBy(String earlierBootId) {
    ProcessTree.orphans(MARKER + '=' + earlierBootId + '.').kill(graceNanos);
  }

  /** Blocks until the program and everything it left behind are gone. */
  public ShellOutput run(Program program, Cancellation cancellation)
      throws IOException, InterruptedException {
    return run(program, null, cancellation, Rest.ENDS);
  }

  /**
   * The same, and somebody listens meanwhile.
   *
   * @param lines hears its standard output line by line, on one thread, and must not throw
   */
  public ShellOutput run(Program program, Consumer<String> lines, Cancellation cancellation)
      throws IOException, InterruptedException {
    return run(program, lines, cancellation, Rest.ENDS);
  }

  /** Blocks until the program has ended; what it left behind stays, unless it had to be killed. */
  public ShellOutput runAlone(Program program, Cancellation cancellation)
      throws IOException, InterruptedException {
    return run(program, null, cancellation, Rest.STAYS);
  }

  /** What becomes of processes that a program leaves when it ends by itself. */
  private enum Rest {
    ENDS,
    STAYS
  }

  private ShellOutput run(
      Program program, Consumer<String> lines, Cancellation cancellation, Rest rest)
      throws IOException, InterruptedException {
    var marker = bootId + '.' + UUID.randomUUID();
    var process = start(program, marker);
    var tree = new ProcessTree(process, MARKER + '=' + marker, setsid != null);
    int charsMax = Math.max(0, program.outputCharsMax());
    var heard = lines == null ? null : new Lines(lines);
    var stdout = new Drain(process.getInputStream(), charsMax, "shell-stdout", heard);
    var stderr = new Drain(process.getErrorStream(), charsMax, "shell-stderr");
    boolean inTime;
    Integer exitCode = null;
    try {
      var ended = new CountDownLatch(1);
      process.onExit().thenRun(ended::countDown);
      cancellation.onCancel(ended::countDown);
      inTime = ended.await(program.timeoutMs(), TimeUnit.MILLISECONDS);
      // Read before the kill: a code that our own signal caused is not the script's.
      exitCode = process.isAlive() ? null : Integer.valueOf(process.exitValue());
    } finally {
      if (exitCode == null || rest == Rest.ENDS) tree.kill(grace(cancellation));
    }
    // Nobody writes any more, so the end of a stream is near; a listener shall hear all of it.
    long deadline = System.nanoTime() + (lines == null ? graceNanos : LISTENER_NANOS);
    stdout.await(deadline - System.nanoTime());
    stderr.await(deadline - System.nanoTime());
    var out = stdout.text();
    var err = stderr.text();
    return new ShellOutput(
        program.backend(),
        exitCode,
        exitCode == null && !inTime,
        out.value(),
        err.value(),
        out.truncated(),
        err.truncated());
  }

  // Who cancels waits for it, and has a second.
  private long grace(Cancellation cancellation) {
    return cancellation.cancelled() ? Math.min(graceNanos, CANCEL_GRACE_NANOS) : graceNanos;
  }

  private Process start(Program program, String marker) throws IOException {
    var command = new ArrayList<String>();
    if (setsid != null) command.add(setsid);
    command.addAll(program.command());
    var builder = new ProcessBuilder(command).directory(program.directory().toFile());
    if (program.input() == null) {
      builder.redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
    }
    var variables = builder.environment();
    variables.clear();
    try {
      variables.putAll(program.environment());
    } catch (IllegalArgumentException e) {
      // Its message repeats the value, which may be a secret.
      throw new IOException("the environment has a name or value that no process can have");
    }
    variables.put(MARKER, marker);
    var process = builder.start();
    if (program.input() != null) {
      // On a thread of its own: one that does not read would hold up whoever waits for its end.
      Thread.ofPlatform().daemon().name("shell-stdin").start(() -> feed(process, program.input()));
    }
    return process;
  }

  private static void feed(Process process, byte[] input) {
    try (var stdin = process.getOutputStream()) {
      stdin.write(input);
    } catch (IOException e) {
      return; // It ended, or does not want it.
    }
  }

  /** Where a program is; null when it is in none of the folders. */
  public static String find(String program, String path) {
    if (path == null) return null;
    for (var directory : path.split(File.pathSeparator)) {
      if (directory.isEmpty()) continue;
      try {
        var candidate = Path.of(directory, program);
        if (Files.isExecutable(candidate)) return candidate.toString();
      } catch (InvalidPathException e) {
        continue; // Not a folder anything could be in.
      }
    }
    return null;
  }
}
