package ai.vespid.agent.sandbox;

import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * Processes that somebody else starts for us, told from others by a variable in their environment.
 * A later agent finds what this one left of them.
 */
public final class Marked {
  private final String value;

  /**
   * @param bootId this process
   */
  public Marked(String bootId) {
    this.value = bootId + '.' + UUID.randomUUID();
  }

  /** Marks what is started with this environment. */
  public void mark(Map<String, String> environment) {
    environment.put(ScriptProcess.MARKER, value);
  }

  /** Whether any of them runs. */
  public boolean alive() {
    return tree().anyAlive();
  }

  /** Ends them and all they started; blocks until none is left. */
  public void end(long graceMs) {
    tree().kill(TimeUnit.MILLISECONDS.toNanos(graceMs));
  }

  private ProcessTree tree() {
    return ProcessTree.orphans(ScriptProcess.MARKER + '=' + value);
  }
}
