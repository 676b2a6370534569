package ai.vespid.worker.schedule;

/**
 * The {@code scheduler} section.
 *
 * @param pollMs TRIGGER_SCHEDULER_POLL_MS, how often due slots are looked for, at least 500
 * @param batchMax TRIGGER_SCHEDULER_BATCH_SIZE, slots of one look
 * @param failuresMax a trigger is switched off after so many failures in a row
 * @param runQuotaTier WORKFLOW_RUN_QUOTA_TIER: free, pro or enterprise
 */
public record SchedulerSettings(
    Integer pollMs, Integer batchMax, Integer failuresMax, String runQuotaTier) {
  public SchedulerSettings {
    if (pollMs == null) pollMs = 5_000;
    pollMs = Math.max(500, pollMs);
    if (batchMax == null) batchMax = 100;
    if (failuresMax == null) failuresMax = 5;
    if (runQuotaTier == null) runQuotaTier = "free";
    if (batchMax < 1 || failuresMax < 1) {
      throw new IllegalArgumentException("batchMax and failuresMax must be positive");
    }
  }
}
