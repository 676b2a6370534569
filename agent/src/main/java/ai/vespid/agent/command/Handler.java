package ai.vespid.agent.command;

import ai.vespid.agent.session.SessionFailed;
import java.io.IOException;

/** What carries one command out. Blocks. */
@FunctionalInterface
interface Handler {
  Outcome handle(Request request) throws SessionFailed, IOException, InterruptedException;

  /** What a command needs is there. One whose need is missing is withdrawn. */
  default boolean available() {
    return true;
  }
}
