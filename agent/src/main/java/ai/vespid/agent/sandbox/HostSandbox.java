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
import java.util.function.UnaryOperator;

/**
 * Runs scripts as processes of this host, as the agent's user. It keeps the agent's environment
 * from the script and leaves no process behind, but it is no protection against a hostile script.
 */
public final class HostSandbox implements Sandbox {
  /** Variable that marks everything a script started; {@link ProcessTree} searches for it. */
  static final String MARKER = "VESPID_TASK";

  private static final List<String> INHERITED =
      List.of("PATH", "HOME", "USER", "TMPDIR", "LANG", "LC_ALL");

  private final String bootId;
  private final long graceNanos;
  private final int outputCharsMax;
  private final UnaryOperator<String> environment;
  private final String setsid;

  /**
   * @param bootId this process; everything it starts is marked with it
   * @param killGraceMs how long a process may take to end before it is made to
   * @param outputCharsMax upper limit to what a task may ask for
   * @param environment looks a variable of the agent up; null when there is none
   */
  public HostSandbox(
      String bootId, long killGraceMs, int outputCharsMax, UnaryOperator<String> environment) {
    this.bootId = bootId;
    this.graceNanos = TimeUnit.MILLISECONDS.toNanos(killGraceMs);
    this.outputCharsMax = outputCharsMax;
    this.environment = environment;
    this.setsid = find("setsid", environment.apply("PATH"));
  }

  /**
   * Ends what an agent that was killed left running: its results would go nowhere, and the same
   * work may be given out again.
   */
  public void endLeftBy(String earlierBootId) {
    ProcessTree.orphans(MARKER + '=' + earlierBootId + '.').kill(graceNanos);
  }

  @Override
  public String backend() {
    return "host";
  }

  @Override
  public boolean isolatesNetwork() {
    return false;
  }

  @Override
  public Probe probe() {
    return find("sh", environment.apply("PATH")) == null
        ? new Probe.Fails("there is no sh in PATH")
        : new Probe.Works(List.of());
  }

  @Override
  public ShellOutput run(ShellTask task, Cancellation cancellation)
      throws IOException, InterruptedException {
    var marker = bootId + '.' + UUID.randomUUID();
    var process = start(task, marker);
    var tree = new ProcessTree(process, MARKER + '=' + marker, setsid != null);
    int charsMax = Math.max(0, Math.min(task.outputCharsMax(), outputCharsMax));
    var stdout = new Drain(process.getInputStream(), charsMax, "shell-stdout");
    var stderr = new Drain(process.getErrorStream(), charsMax, "shell-stderr");
    boolean inTime;
    Integer exitCode;
    try {
      var ended = new CountDownLatch(1);
      process.onExit().thenRun(ended::countDown);
      cancellation.onCancel(ended::countDown);
      inTime = ended.await(task.timeoutMs(), TimeUnit.MILLISECONDS);
      // Read before the kill: a code that our own signal caused is not the script's.
      exitCode = process.isAlive() ? null : Integer.valueOf(process.exitValue());
    } finally {
      tree.kill(graceNanos);
    }
    long deadline = System.nanoTime() + graceNanos;
    stdout.await(deadline - System.nanoTime());
    stderr.await(deadline - System.nanoTime());
    var out = stdout.text();
    var err = stderr.text();
    boolean timedOut = exitCode == null && !inTime;
    return new ShellOutput(
        backend(), exitCode, timedOut, out.value(), err.value(), out.truncated(), err.truncated());
  }

  private Process start(ShellTask task, String marker) throws IOException {
    var command = new ArrayList<String>();
    if (setsid != null) command.add(setsid);
    command.addAll(List.of(task.shell(), "-lc", task.script()));
    var builder = new ProcessBuilder(command).directory(task.workDir().toFile());
    builder.redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
    var variables = builder.environment();
    variables.clear();
    try {
      INHERITED.forEach(name -> inherit(variables, name));
      variables.putAll(task.env());
      task.envPassthrough().forEach(name -> inherit(variables, name));
    } catch (IllegalArgumentException e) {
      // Its message repeats the value, which may be a secret.
      throw new IOException("the environment has a name or value that no process can have");
    }
    variables.put(MARKER, marker);
    return builder.start();
  }

  private void inherit(Map<String, String> variables, String name) {
    var value = environment.apply(name);
    if (value != null) variables.put(name, value);
  }

  private static String find(String program, String path) {
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
