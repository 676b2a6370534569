package ai.vespid.protocol.http;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.ResultStatus;
import java.util.List;

/**
 * The answer of {@code GET /internal/v1/dispatches/:requestId/explain}: why a dispatch waits, or
 * why it is where it is, by name and count.
 *
 * @param state queued, assigned, grace, succeeded or failed
 * @param reason the code that holds it back, or null
 * @param text one sentence for people
 * @param queuePosition how many of its organization stand before it, or null
 * @param excluded for each filter how many executors it excluded and some of their names
 */
public record ExplainAnswer(
    String requestId,
    String state,
    String reason,
    String text,
    String executorId,
    Integer epoch,
    Integer queuePosition,
    Long remainingMs,
    List<Excluded> excluded) {
  /** Executors one filter excluded; at most ten names. */
  public record Excluded(String filter, int count, List<String> executors) {}

  /** A dispatch whose result is stored. */
  public static ExplainAnswer decided(String requestId, DispatchResult result) {
    boolean succeeded = result.status() == ResultStatus.SUCCEEDED;
    return new ExplainAnswer(
        requestId,
        succeeded ? "succeeded" : "failed",
        result.error(),
        "It is decided; its result can be read.",
        null,
        null,
        null,
        null,
        List.of());
  }
}
