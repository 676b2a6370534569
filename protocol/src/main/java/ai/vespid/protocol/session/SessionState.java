package ai.vespid.protocol.session;

import ai.vespid.protocol.Pool;

/**
 * What is true of a session besides what was said in it (contract 2.3).
 *
 * @param status active or archived
 * @param pinnedExecutorId null until its first turn, and after a reset
 */
public record SessionState(
    String sessionId,
    String organizationId,
    String status,
    String scope,
    String pinnedExecutorId,
    Pool pinnedExecutorPool,
    String routedAgentId) {}
