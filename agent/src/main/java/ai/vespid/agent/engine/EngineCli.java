package ai.vespid.agent.engine;

import ai.vespid.protocol.engine.NodeEngine;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * The command line of one vendor: how it is called, and what its lines mean. Has no state. The
 * prompt is no part of it: it goes to the standard input, where no process list shows it (D10).
 */
interface EngineCli {
  /** What people call it, in settings too. */
  String name();

  NodeEngine engine();

  /**
   * The arguments by which it tells with its exit code whether it has a login; none: needs none.
   */
  List<String> verification();

  /** Variables of the agent that it may see when it works with the login of this machine. */
  Set<String> environment();

  /** The variables among these that are a login by themselves. */
  Set<String> keys();

  /**
   * How it is started.
   *
   * @param scratch an empty folder, which is gone afterwards
   */
  Launch launch(EngineCall call, Path scratch) throws IOException;

  /** Tells the transcript what a line of its output says. Lines it does not know say nothing. */
  void read(JsonNode line, Transcript transcript);

  /** The id by which the gateway knows it. */
  default String id() {
    return engine().withLogin();
  }
}
