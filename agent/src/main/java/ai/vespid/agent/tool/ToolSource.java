package ai.vespid.agent.tool;

import ai.vespid.protocol.RawJson;
import java.io.IOException;
import java.util.List;

/** Where tools come from. All its methods may block. */
public interface ToolSource extends AutoCloseable {
  /** What the ids of its tools begin with, the dot included. */
  String prefix();

  /** Those that can be used now. */
  List<Tool> tools();

  /** Whether its tools work in the run's files. */
  boolean needsFiles();

  /** Ends what runs for its tools. */
  @Override
  default void close() {}

  /** Uses one. */
  RawJson use(ToolCall call) throws ToolFailed, IOException, InterruptedException;
}
