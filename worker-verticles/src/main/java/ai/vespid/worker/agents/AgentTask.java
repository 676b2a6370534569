package ai.vespid.worker.agents;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.workflow.AgentRun;
import ai.vespid.protocol.workflow.Node;
import io.vertx.core.Future;
import java.util.List;
import java.util.Map;

/**
 * What an agent shall do.
 *
 * @param id of its node; what its tools are called begins with it
 * @param input of the run; may be null
 * @param secret whose account its engine is asked with, as it travels; null is the operator's
 * @param timeoutMs for all of it
 * @param kept what those who had the run before have come to, by who thought it, in its order
 */
public record AgentTask(
    String id,
    AgentRun agent,
    RawJson input,
    String secret,
    int timeoutMs,
    Tools tools,
    Progress progress,
    Map<String, List<RawJson>> kept) {
  /** Carries a tool out. */
  @FunctionalInterface
  public interface Tools {
    /** What came of it; a tool that may not be used is a failed result. Never fails. */
    Future<DispatchResult> use(Node tool, int timeoutMs);

    /**
     * Does something with what the workflow remembers.
     *
     * @param toolId such as {@code memory.search}
     * @param callId the same when the same call is made again; what it writes is not written twice
     */
    default Future<DispatchResult> remember(String toolId, RawJson input, String callId) {
      return Future.succeededFuture(
          DispatchResult.failed(ErrorCode.TOOL_NOT_SUPPORTED.with(toolId), null));
    }
  }

  /** Told every step, and asked whether there shall be another. */
  public interface Progress {
    /**
     * @param kind such as {@code agent.tool_call} (contract 7.5)
     */
    void told(String kind, RawJson payload);

    /**
     * Keeps a step, and tells of it in the same commit. Completes when that is done: until then the
     * step counts for nothing. Never completes when the run is somebody else's.
     *
     * @param kind null when nothing is told
     */
    Future<Void> kept(String thinker, int seq, RawJson thought, String kind, RawJson payload);

    /** False when nobody wants the answer any more. */
    boolean wanted();

    /** True when another worker shall go on at the last step that is kept. */
    boolean leaves();
  }

  /** It stopped where another worker goes on; nothing came of it here. */
  public static final class Left extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public Left() {
      super("another worker goes on", null, false, false);
    }
  }

  @Override
  public String toString() {
    return "AgentTask[" + id + "]";
  }
}
