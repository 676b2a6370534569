package ai.vespid.agent.plugin;

import java.time.Duration;

/**
 * A command that a site adds, asked for as {@code plugin.<name>} (V-62). A jar names its
 * implementations in {@code META-INF/services/ai.vespid.agent.plugin.CommandPlugin}; each needs a
 * public constructor without parameters. It runs in the agent's process and with its rights.
 */
public interface CommandPlugin {
  /** Up to 60 letters, digits, dashes and underscores. */
  String name();

  /**
   * Carries the command out; called by many threads at once.
   *
   * @param args a JSON object; what is secret among it has a name that begins with {@code secret_}
   * @param timeMax after which the thread is interrupted, as it is when the command is canceled
   * @return its output, as JSON
   * @throws Exception when it fails; its message is the error, so it must repeat no secret
   */
  String run(String args, Duration timeMax) throws Exception;
}
