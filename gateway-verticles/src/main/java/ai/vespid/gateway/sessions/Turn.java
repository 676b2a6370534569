package ai.vespid.gateway.sessions;

/**
 * One message and everything until its final answer.
 *
 * @param seq of the message
 * @param userId who said it; null when that is not known any more
 */
record Turn(String sessionId, long seq, String userId) {
  private static final String NOBODY = "00000000-0000-0000-0000-000000000000";

  /** How frames and dispatches name it (contract 2.2). */
  String requestId() {
    return sessionId + ":turn:" + seq;
  }

  /** For whom its dispatches are; always an id. */
  String speaker() {
    return userId == null ? NOBODY : userId;
  }
}
