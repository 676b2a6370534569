package ai.vespid.gateway.sessions;

/**
 * One message and everything until its final answer.
 *
 * @param seq of the message
 * @param userId who said it; null when that is not known any more
 */
record Turn(String sessionId, long seq, String userId) {
  /** How frames and dispatches name it (contract 2.2). */
  String requestId() {
    return sessionId + ":turn:" + seq;
  }
}
