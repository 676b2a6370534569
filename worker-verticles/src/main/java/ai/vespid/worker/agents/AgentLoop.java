package ai.vespid.worker.agents;

import ai.vespid.kit.engine.Engines;
import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.ErrorCode;
import io.vertx.core.Future;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs agents of workflows with a model. */
public final class AgentLoop {
  private static final Logger LOG = LoggerFactory.getLogger(AgentLoop.class);

  private final Surroundings here;
  private final Engines engines;

  public AgentLoop(Surroundings here, Engines engines) {
    this.here = here;
    this.engines = engines;
  }

  /** What came of it. Fails only with {@link AgentTask.Left}. */
  public Future<DispatchResult> run(AgentTask task) {
    try {
      return new Thinking(here, engines, task, here.nowMs() + task.timeoutMs(), true)
          .begin()
          .map(DispatchResult::succeeded)
          .recover(cause ->
              cause instanceof AgentTask.Left
                  ? Future.failedFuture(cause)
                  : Future.succeededFuture(failed(task, cause)));
    } catch (RuntimeException e) {
      return Future.succeededFuture(failed(task, e));
    }
  }

  private static DispatchResult failed(AgentTask task, Throwable cause) {
    if (cause instanceof AgentFailed known) return DispatchResult.failed(known.getMessage(), null);
    LOG.atError()
        .addKeyValue("node", task.id())
        .addKeyValue("cause", cause.getClass().getSimpleName())
        .log("an agent failed unexpectedly");
    return DispatchResult.failed(ErrorCode.NODE_EXECUTION_FAILED.name(), null);
  }
}
