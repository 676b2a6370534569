package ai.vespid.gateway.control;

import ai.vespid.sql.AccountRepository.User;

/** Who makes a request, and by which session. */
record Caller(User user, String sessionId) {
  String userId() {
    return user.id();
  }
}
