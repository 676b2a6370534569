package ai.vespid.protocol.http;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.EffectClass;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.Limits;
import ai.vespid.protocol.NetworkMode;
import ai.vespid.protocol.Pool;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.RequestId;
import ai.vespid.protocol.Selector;
import ai.vespid.protocol.WorkspaceUse;
import ai.vespid.protocol.engine.NodeEngine;
import java.util.List;

/**
 * The body of {@code POST /internal/v1/dispatch} and {@code dispatch-async} (contract 3). The
 * fields after {@code timeoutMs} are ours, except the three selectors of the first generation.
 */
public record DispatchBody(
    String organizationId,
    String requestedByUserId,
    String runId,
    String workflowId,
    String nodeId,
    String nodeType,
    Integer attemptCount,
    Kind kind,
    RawJson payload,
    String secret,
    Selector executorSelector,
    Integer timeoutMs,
    Integer maxWaitMs,
    EffectClass effect,
    NetworkMode networkMode,
    WorkspaceUse workspace,
    String selectorTag,
    String selectorAgentId,
    String selectorGroup) {
  public static final int SECRET_LENGTH_MAX = 100_000;

  public DispatchBody {
    Check.uuid("organizationId", organizationId);
    Check.uuid("requestedByUserId", requestedByUserId);
    Check.uuid("runId", runId);
    Check.uuid("workflowId", workflowId);
    Check.text("nodeId", nodeId, 1, RequestId.NODE_ID_LENGTH_MAX);
    Check.text("nodeType", nodeType, 1, 200);
    Check.range("attemptCount", attemptCount, 1, RequestId.ATTEMPT_MAX);
    Check.required("kind", kind);
    if (payload == null) payload = RawJson.NULL;
    Check.optionalText("secret", secret, 1, SECRET_LENGTH_MAX);
    if (timeoutMs == null) timeoutMs = Limits.TIMEOUT_MS_DEFAULT;
    Check.range("timeoutMs", timeoutMs, Limits.TIMEOUT_MS_MIN, Limits.TIMEOUT_MS_MAX);
    Check.optionalRange("maxWaitMs", maxWaitMs, 0, Limits.TIMEOUT_MS_MAX);
    if (effect == null) effect = EffectClass.AT_MOST_ONCE;
    if (workspace == null) {
      boolean filesOfNoRun = kind == Kind.CONNECTOR_ACTION || kind == Kind.AGENT_COMMAND;
      workspace = filesOfNoRun ? WorkspaceUse.NONE : WorkspaceUse.RUN;
    }
    if (kind == Kind.CONNECTOR_ACTION) checkAction(payload);
  }

  /** The same, waiting for room as long as it may take. */
  public DispatchBody waiting() {
    return new DispatchBody(
        organizationId,
        requestedByUserId,
        runId,
        workflowId,
        nodeId,
        nodeType,
        attemptCount,
        kind,
        payload,
        secret,
        executorSelector,
        timeoutMs,
        timeoutMs,
        effect,
        networkMode,
        workspace,
        selectorTag,
        selectorAgentId,
        selectorGroup);
  }

  public String requestId() {
    return RequestId.of(runId, nodeId, attemptCount);
  }

  /**
   * The selector in force: a selector without a pool means managed, no selector at all means the
   * organization's own executors, as in the original.
   */
  public Selector selector() {
    if (executorSelector != null) {
      return executorSelector.pool() == null ? executorSelector.in(Pool.MANAGED) : executorSelector;
    }
    if (selectorTag == null && selectorAgentId == null && selectorGroup == null) {
      return Selector.byon();
    }
    return new Selector(Pool.BYON, List.of(), selectorGroup, selectorTag, selectorAgentId);
  }

  /**
   * The connector of an action, or the engine of an agent's run; null when any executor will do.
   */
  public String connectorId() {
    if (kind == Kind.AGENT_RUN) return NodeEngine.wanted(payload, secret != null);
    return kind == Kind.CONNECTOR_ACTION ? Json.peek(payload.bytes(), "connectorId") : null;
  }

  private static void checkAction(RawJson payload) {
    for (var field : List.of("connectorId", "actionId")) {
      if (Json.peek(payload.bytes(), field) == null) {
        throw new InvalidMessage("payload." + field, "is required");
      }
    }
  }

  @Override
  public String toString() {
    return "DispatchBody[" + requestId() + ", kind=" + kind + "]";
  }
}
