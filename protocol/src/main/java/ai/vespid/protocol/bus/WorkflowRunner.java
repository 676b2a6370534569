package ai.vespid.protocol.bus;

import ai.vespid.protocol.DispatchResult;

/**
 * The runners of workflows, on any node. Runs are claimed in PostgreSQL, so what is said here only
 * wakes them up or spares a way; what is lost, a sweep finds.
 *
 * <pre>
 * control, scheduler          runners                       continuation pollers
 *   RunQueued  ------------->   claim it, or leave it to
 *                               whoever was faster
 *   RunCanceled  ----------->   end it
 *                               RunHeld  ---------------->    note who has it
 *                               apply it, or say NotMine <-   Bring
 * </pre>
 */
public sealed interface WorkflowRunner extends Message {
  /** Told to all after the commit. */
  Topic<WorkflowRunner> NEWS = Topic.everywhere("workflow-runs");

  /** A run is due now: it was started, or an approval lets it go on. */
  record RunQueued(String organizationId, String runId) implements WorkflowRunner {}

  /** Somebody wants it to end. */
  record RunCanceled(String organizationId, String runId) implements WorkflowRunner {}

  /**
   * A runner has claimed it.
   *
   * @param owner which, as {@code node/shard}
   */
  record RunHeld(String runId, String owner) implements WorkflowRunner {}

  /** Where a runner is asked by the name it claims under. */
  static Address<Bring> at(String owner) {
    int slash = owner.lastIndexOf('/');
    return Address.of(
        "workflow-runner", owner.substring(0, slash), Integer.parseInt(owner.substring(slash + 1)));
  }

  /**
   * Apply this result to a run that you hold: it is stored where it came from, so it need not be
   * left at its node first. Idempotent by request id.
   */
  record Bring(String runId, String requestId, DispatchResult result)
      implements Request<Bring.Reply> {
    public sealed interface Reply extends Message {}

    /** The run is held there; whether its node still waits is its runner's business. */
    public record Taken() implements Reply {}

    /** It is not held there, or about to be given back. */
    public record NotMine() implements Reply {}
  }
}
