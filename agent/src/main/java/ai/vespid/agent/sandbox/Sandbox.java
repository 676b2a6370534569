package ai.vespid.agent.sandbox;

import java.io.IOException;

/**
 * A place where a shell script runs. Implementations block until the script and everything it left
 * behind are gone, so each run belongs on its own virtual thread.
 */
public interface Sandbox {
  /** The name of this backend as it is reported in the output. */
  String backend();

  /** Whether it can keep a script from the network. */
  boolean isolatesNetwork();

  /**
   * Whether scripts can run here now. Asked at the start and again and again, so it is cheap while
   * all is well, but it may block.
   */
  Probe probe();

  /** Ends what agents that are gone left running here. Touches nothing whose owner lives. */
  default void endOrphans() {}

  /**
   * Runs the script to its end, its timeout or its cancellation. A script that fails, times out or
   * is cancelled still has an output; only a script that could not be started throws.
   */
  ShellOutput run(ShellTask task, Cancellation cancellation)
      throws SandboxFailed, IOException, InterruptedException;
}
