package ai.vespid.protocol;

import java.util.Optional;

/**
 * The id of a dispatch, {@code runId:nodeId:attemptCount} (contract 3). Node ids may themselves
 * contain colons, so the run is what stands before the first and the attempt what follows the last.
 */
public final class RequestId {
  /** Shorter ids are refused where results are read. */
  public static final int LENGTH_MIN = 10;

  /** 36 for the run, 5 for the attempt, the rest for the node. */
  public static final int LENGTH_MAX = 512;

  public static final int NODE_ID_LENGTH_MAX = 460;
  public static final int ATTEMPT_MAX = 1_000;

  // Attempts of runs begin with 1.
  private static final String OF_SESSION = ":0";

  private RequestId() {}

  public static String of(String runId, String nodeId, int attemptCount) {
    return runId + ':' + nodeId + ':' + attemptCount;
  }

  /**
   * The id of a dispatch that a session wants to hear of while it runs; no run has such an id.
   *
   * @param nodeId tells the session's dispatches apart
   */
  public static String ofSession(String sessionId, String nodeId) {
    return sessionId + ':' + nodeId + OF_SESSION;
  }

  /** The session that wants to hear of a dispatch while it runs; empty when none does. */
  public static Optional<String> sessionOf(String requestId) {
    return requestId.endsWith(OF_SESSION) ? Optional.of(runIdOf(requestId)) : Optional.empty();
  }

  /** The run part of an id. */
  public static String runIdOf(String requestId) {
    int colon = requestId.indexOf(':');
    return colon < 0 ? requestId : requestId.substring(0, colon);
  }

  /**
   * @throws InvalidMessage when {@code requestId} cannot be the id of a dispatch
   */
  public static String check(String requestId) {
    return Check.text("requestId", requestId, LENGTH_MIN, LENGTH_MAX);
  }
}
