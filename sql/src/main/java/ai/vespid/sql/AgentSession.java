package ai.vespid.sql;

import ai.vespid.protocol.Json;
import ai.vespid.protocol.Pool;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.Selector;
import ai.vespid.protocol.session.SessionLimits;
import ai.vespid.protocol.session.SessionState;
import io.vertx.sqlclient.Row;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/**
 * An interactive session (contract 4.5).
 *
 * @param selector null means the organization's own executors first, then the managed ones
 */
public record AgentSession(
    String id,
    String organizationId,
    String createdByUserId,
    String sessionKey,
    String scope,
    String title,
    String status,
    String pinnedExecutorId,
    Pool pinnedExecutorPool,
    String routedAgentId,
    String bindingId,
    Selector selector,
    String engineId,
    String model,
    String secretId,
    String toolsetId,
    List<String> toolsAllow,
    SessionLimits limits,
    String promptSystem,
    String promptInstructions,
    RawJson resetPolicy,
    Instant createdAt,
    Instant updatedAt,
    Instant lastActivityAt) {
  static final String COLUMNS =
      """
      id, organization_id, created_by_user_id, session_key, scope, title, status,
      pinned_executor_id, pinned_executor_pool, routed_agent_id, binding_id,
      executor_selector::text AS executor_selector, engine_id, llm_model, llm_secret_id, toolset_id,
      tools_allow, limits::text AS limits, prompt_system, prompt_instructions,
      reset_policy_snapshot::text AS reset_policy_snapshot, created_at, updated_at, last_activity_at
      """;

  public AgentSession {
    toolsAllow = List.copyOf(toolsAllow);
  }

  public boolean archived() {
    return status.equals("archived");
  }

  public SessionState state() {
    return new SessionState(
        id, organizationId, status, scope, pinnedExecutorId, pinnedExecutorPool, routedAgentId);
  }

  /** The same with another host, or none. */
  public AgentSession withHost(String executorId, Pool pool) {
    return with(status, executorId, pool);
  }

  /** The same, active or archived. */
  public AgentSession withStatus(String now) {
    return with(now, pinnedExecutorId, pinnedExecutorPool);
  }

  private AgentSession with(String now, String executorId, Pool pool) {
    return new AgentSession(
        id,
        organizationId,
        createdByUserId,
        sessionKey,
        scope,
        title,
        now,
        executorId,
        pool,
        routedAgentId,
        bindingId,
        selector,
        engineId,
        model,
        secretId,
        toolsetId,
        toolsAllow,
        limits,
        promptSystem,
        promptInstructions,
        resetPolicy,
        createdAt,
        updatedAt,
        lastActivityAt);
  }

  static AgentSession of(Row row) {
    var selector = Rows.json(row, "executor_selector");
    return new AgentSession(
        Rows.id(row, "id"),
        Rows.id(row, "organization_id"),
        Rows.id(row, "created_by_user_id"),
        row.getString("session_key"),
        row.getString("scope"),
        row.getString("title"),
        row.getString("status"),
        Rows.id(row, "pinned_executor_id"),
        pool(row.getString("pinned_executor_pool")),
        Rows.id(row, "routed_agent_id"),
        Rows.id(row, "binding_id"),
        selector == null ? null : Json.read(selector.bytes(), Selector.class),
        row.getString("engine_id"),
        row.getString("llm_model"),
        Rows.id(row, "llm_secret_id"),
        row.getString("toolset_id"),
        List.of(row.getArrayOfStrings("tools_allow")),
        Json.read(Rows.json(row, "limits").bytes(), SessionLimits.class),
        row.getString("prompt_system"),
        row.getString("prompt_instructions"),
        Rows.json(row, "reset_policy_snapshot"),
        Rows.time(row, "created_at"),
        Rows.time(row, "updated_at"),
        Rows.time(row, "last_activity_at"));
  }

  private static Pool pool(String text) {
    return text == null ? null : Pool.valueOf(text.toUpperCase(Locale.ROOT));
  }

  static String text(Pool pool) {
    return pool == null ? null : pool.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public String toString() {
    return "AgentSession[" + id + "]";
  }
}
