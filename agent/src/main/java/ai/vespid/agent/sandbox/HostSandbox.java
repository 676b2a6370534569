package ai.vespid.agent.sandbox;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Runs scripts as processes of this host, as the agent's user. It keeps the agent's environment
 * from the script and leaves no process behind, but it is no protection against a hostile script.
 */
public final class HostSandbox implements Sandbox {
  private static final List<String> INHERITED =
      List.of("PATH", "HOME", "USER", "TMPDIR", "LANG", "LC_ALL");

  private final int outputCharsMax;
  private final UnaryOperator<String> environment;
  private final ScriptProcess processes;

  /**
   * @param bootId this process; everything it starts is marked with it
   * @param killGraceMs how long a process may take to end before it is made to
   * @param outputCharsMax upper limit to what a task may ask for
   * @param environment looks a variable of the agent up; null when there is none
   */
  public HostSandbox(
      String bootId, long killGraceMs, int outputCharsMax, UnaryOperator<String> environment) {
    this.outputCharsMax = outputCharsMax;
    this.environment = environment;
    this.processes = new ScriptProcess(bootId, killGraceMs, environment.apply("PATH"));
  }

  /**
   * Ends what an agent that was killed left running: its results would go nowhere, and the same
   * work may be given out again.
   */
  public void endLeftBy(String earlierBootId) {
    processes.endLeftBy(earlierBootId);
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
    return ScriptProcess.find("sh", environment.apply("PATH")) == null
        ? new Probe.Fails("there is no sh in PATH")
        : new Probe.Works(List.of());
  }

  @Override
  public ShellOutput run(ShellTask task, Cancellation cancellation)
      throws IOException, InterruptedException {
    var variables = new HashMap<String, String>();
    INHERITED.forEach(name -> inherit(variables, name));
    variables.putAll(task.env());
    task.envPassthrough().forEach(name -> inherit(variables, name));
    return processes.run(
        new ScriptProcess.Program(
            backend(),
            List.of(task.shell(), "-lc", task.script()),
            task.workDir(),
            variables,
            task.timeoutMs(),
            Math.min(task.outputCharsMax(), outputCharsMax)),
        cancellation);
  }

  private void inherit(Map<String, String> variables, String name) {
    var value = environment.apply(name);
    if (value != null) variables.put(name, value);
  }
}
