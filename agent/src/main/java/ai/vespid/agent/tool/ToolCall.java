package ai.vespid.agent.tool;

import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.protocol.NetworkMode;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.executor.GatewayFrame.InvokeTool;
import java.nio.file.Path;

/**
 * One use of a tool. The input stays out of {@link #toString()}.
 *
 * @param invoke the dispatch it comes with
 * @param directory the run's files
 * @param network what the dispatch says about it; null when it says nothing
 */
public record ToolCall(
    String toolId,
    RawJson input,
    InvokeTool invoke,
    Path directory,
    NetworkMode network,
    Cancellation cancellation) {
  @Override
  public String toString() {
    return "ToolCall[" + toolId + "]";
  }
}
