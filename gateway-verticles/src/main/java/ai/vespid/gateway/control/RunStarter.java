package ai.vespid.gateway.control;

import ai.vespid.kit.bus.Bus;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.bus.WorkflowRunner;
import ai.vespid.sql.Run;
import ai.vespid.sql.RunStartRepository;
import ai.vespid.sql.RunStartRepository.Outcome;
import ai.vespid.sql.RunStartRepository.Start;
import io.vertx.core.Future;
import java.util.Optional;

/**
 * Starts runs for everybody who may. Runners are told after the commit; what they miss, their sweep
 * finds, so nothing is taken back when nobody listens (the original's {@code QUEUE_UNAVAILABLE}).
 */
final class RunStarter {
  private final RunStartRepository starts;
  private final Bus bus;

  RunStarter(RunStartRepository starts, Bus bus) {
    this.starts = starts;
    this.bus = bus;
  }

  /**
   * Starts a run; empty when its key has started one before.
   *
   * @return fails with a {@link Problem} that says why not
   */
  Future<Optional<Run>> start(Start start) {
    return starts.start(start).map(this::started);
  }

  private Optional<Run> started(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Started(var run) -> {
        wake(run.organizationId(), run.id());
        yield Optional.of(run);
      }
      case Outcome.Duplicate _ -> Optional.empty();
      case Outcome.SlotTaken _ -> Optional.empty();
      case Outcome.Unknown _ -> throw WorkflowEndpoints.none();
      case Outcome.NotPublished _ ->
          throw new Problem(ErrorCode.CONFLICT, "the workflow is not published");
      case Outcome.OverQuota(var max) ->
          throw new Problem(
              ErrorCode.ORG_RUN_QUOTA_EXCEEDED, "all " + max + " runs of this month are used");
      case Outcome.OverInFlight(var max) ->
          throw new Problem(
              ErrorCode.ORG_RUN_INFLIGHT_LIMIT_EXCEEDED, "only " + max + " runs may be in flight");
    };
  }

  /** Somebody wants a run to end. */
  void canceled(String organizationId, String runId) {
    bus.publish(WorkflowRunner.NEWS, new WorkflowRunner.RunCanceled(organizationId, runId));
  }

  /** A run can go on. */
  void wake(String organizationId, String runId) {
    bus.publish(WorkflowRunner.NEWS, new WorkflowRunner.RunQueued(organizationId, runId));
  }
}
