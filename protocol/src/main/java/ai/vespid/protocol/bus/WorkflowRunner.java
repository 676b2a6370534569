package ai.vespid.protocol.bus;

/**
 * The runners of workflows, on any node. Runs are claimed in PostgreSQL, so what is said here only
 * wakes them up; what is lost, their sweep finds.
 *
 * <pre>
 * control, scheduler          runners
 *   RunQueued  ------------->   claim it, or leave it to whoever was faster
 * </pre>
 */
public sealed interface WorkflowRunner extends Message {
  /** Told to all runners after the commit. */
  Topic<WorkflowRunner> NEWS = Topic.everywhere("workflow-runs");

  /** A run is due now: it was started, or an approval lets it go on. */
  record RunQueued(String organizationId, String runId) implements WorkflowRunner {}
}
