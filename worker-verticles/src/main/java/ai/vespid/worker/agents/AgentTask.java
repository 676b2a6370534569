package ai.vespid.worker.agents;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.workflow.AgentRun;
import ai.vespid.protocol.workflow.Node;
import io.vertx.core.Future;

/**
 * What an agent shall do.
 *
 * @param id of its node; what its tools are called begins with it
 * @param input of the run; may be null
 * @param secret whose account its engine is asked with, as it travels; null is the operator's
 * @param timeoutMs for all of it
 */
public record AgentTask(
    String id,
    AgentRun agent,
    RawJson input,
    String secret,
    int timeoutMs,
    Tools tools,
    Progress progress) {
  /** Carries a tool out. */
  @FunctionalInterface
  public interface Tools {
    /** What came of it; a tool that may not be used is a failed result. Never fails. */
    Future<DispatchResult> use(Node tool, int timeoutMs);
  }

  /** Told every step, and asked whether there shall be another. */
  public interface Progress {
    /**
     * @param kind such as {@code agent.tool_call} (contract 7.5)
     */
    void told(String kind, RawJson payload);

    /** False when nobody wants the answer any more. */
    boolean wanted();
  }

  @Override
  public String toString() {
    return "AgentTask[" + id + "]";
  }
}
