package ai.vespid.gateway.control;

import ai.vespid.protocol.Pool;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.Selector;
import ai.vespid.protocol.engine.NodeEngine;
import ai.vespid.protocol.session.SessionEvent;
import ai.vespid.protocol.session.SessionLimits;
import ai.vespid.protocol.session.ViewerFrame;
import ai.vespid.sql.AgentSession;
import ai.vespid.sql.SessionRow;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/** An interactive session as the contract shows it (4.5). */
@JsonInclude(JsonInclude.Include.ALWAYS)
record SessionView(
    String id,
    String organizationId,
    String createdByUserId,
    String sessionKey,
    String scope,
    String title,
    String status,
    String pinnedExecutorId,
    Pool pinnedExecutorPool,
    String pinnedAgentId,
    String routedAgentId,
    String bindingId,
    String executionMode,
    Selector executorSelector,
    String selectorTag,
    String selectorGroup,
    String engineId,
    String toolsetId,
    String llmProvider,
    String llmModel,
    String llmSecretId,
    List<String> toolsAllow,
    SessionLimits limits,
    String promptSystem,
    String promptInstructions,
    RawJson resetPolicySnapshot,
    String createdAt,
    String updatedAt,
    String lastActivityAt) {
  static SessionView of(AgentSession s) {
    var selector = s.selector();
    return new SessionView(
        s.id(),
        s.organizationId(),
        s.createdByUserId(),
        s.sessionKey(),
        s.scope(),
        s.title(),
        s.status(),
        s.pinnedExecutorId(),
        s.pinnedExecutorPool(),
        s.pinnedExecutorId(),
        s.routedAgentId(),
        s.bindingId(),
        ViewerFrame.EXECUTION_MODE,
        selector,
        selector == null ? null : selector.tag(),
        selector == null ? null : selector.group(),
        s.engineId(),
        s.toolsetId(),
        provider(s.engineId()),
        s.model(),
        s.secretId(),
        s.toolsAllow(),
        s.limits(),
        s.promptSystem(),
        s.promptInstructions(),
        s.resetPolicy(),
        Iso.of(s.createdAt()),
        Iso.of(s.updatedAt()),
        Iso.of(s.lastActivityAt()));
  }

  // The original named three engines by what stands behind them.
  private static String provider(String engineId) {
    return NodeEngine.of(engineId).map(NodeEngine::command).orElse(null);
  }

  /** One of its events. */
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record EventView(
      String id,
      String organizationId,
      String sessionId,
      long seq,
      String eventType,
      String level,
      String handoffFromAgentId,
      String handoffToAgentId,
      String idempotencyKey,
      RawJson payload,
      String createdAt) {
    static EventView of(SessionRow row) {
      return of(row.id(), row.organizationId(), row.event(), row.idempotencyKey());
    }

    static EventView of(String id, String organizationId, SessionEvent event, String key) {
      return new EventView(
          id,
          organizationId,
          event.sessionId(),
          event.seq(),
          event.eventType(),
          event.level(),
          null,
          null,
          key,
          event.payload(),
          event.createdAt());
    }
  }
}
