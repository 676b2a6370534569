package ai.vespid.agent.sandbox;

import ai.vespid.protocol.NetworkMode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * One script to run. Script and environment may carry secrets, so {@link #toString()} leaves both
 * out.
 *
 * @param epoch which attempt this is, or null when its gateway counts none
 * @param shell {@code sh} or {@code bash}
 * @param envPassthrough names of variables to copy from the agent's own environment
 * @param outputCharsMax the most characters kept of each stream
 * @param wish what the task asks of the place it runs in
 */
public record ShellTask(
    String requestId,
    Integer epoch,
    String script,
    String shell,
    Map<String, String> env,
    List<String> envPassthrough,
    Path workDir,
    long timeoutMs,
    int outputCharsMax,
    Wish wish) {
  /**
   * What a task may ask for. The place decides what it grants.
   *
   * @param network null when it says nothing
   * @param image of a container; null for the usual one
   */
  public record Wish(NetworkMode network, String image) {
    public static final Wish NONE = new Wish(null, null);
  }

  /** Copies the collections; refuses a shell that is not one of the two known ones. */
  public ShellTask {
    env = env == null ? Map.of() : Map.copyOf(env);
    envPassthrough = envPassthrough == null ? List.of() : List.copyOf(envPassthrough);
    if (!"sh".equals(shell) && !"bash".equals(shell)) {
      throw new IllegalArgumentException("shell must be sh or bash");
    }
  }

  @Override
  public String toString() {
    return "ShellTask[requestId=%s, shell=%s, workDir=%s, timeoutMs=%d]"
        .formatted(requestId, shell, workDir, timeoutMs);
  }
}
