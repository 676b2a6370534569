package ai.vespid.protocol;

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

  private RequestId() {}

  public static String of(String runId, String nodeId, int attemptCount) {
    return runId + ':' + nodeId + ':' + attemptCount;
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
