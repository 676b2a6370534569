package ai.vespid.gateway.viewers;

import ai.vespid.sql.AgentSession;

/**
 * Who looks.
 *
 * @param loginId the login that was shown; when it ends, the socket does
 * @param role in the organization
 */
record Viewer(String userId, String loginId, String organizationId, String role) {
  /** Members see their own sessions, owners and admins all (defect D12). */
  boolean maySee(AgentSession session) {
    return !role.equals("member") || userId.equals(session.createdByUserId());
  }

  Viewer as(String otherRole) {
    return new Viewer(userId, loginId, organizationId, otherRole);
  }
}
