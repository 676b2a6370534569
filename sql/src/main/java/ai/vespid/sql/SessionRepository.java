package ai.vespid.sql;

import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.http.SessionBody;
import ai.vespid.protocol.session.SessionEvent;
import io.vertx.core.Future;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Sessions as their organization makes and reads them. */
public final class SessionRepository {
  /** The newest 200 are what a viewer is shown first (contract 2.2). */
  public static final int HISTORY_MAX = 200;

  private static final String CREATE =
      """
      INSERT INTO agent_sessions (organization_id, created_by_user_id, session_key, scope, title,
          routed_agent_id, binding_id, executor_selector, engine_id, llm_model, llm_secret_id,
          toolset_id, tools_allow, limits, prompt_system, prompt_instructions,
          reset_policy_snapshot, next_seq)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text::json, $9, $10, $11, $12, $13, $14::text::json,
          $15, $16, $17::text::json, 1)
      ON CONFLICT (organization_id, session_key) DO NOTHING
      RETURNING\s\
      """
          + AgentSession.COLUMNS;
  private static final String CREATED =
      """
      INSERT INTO agent_session_events (session_id, seq, organization_id, event_type, level,
          payload, user_id)
      VALUES ($1, 0, $2, 'session_created', 'info', $3::text::json, $4)
      """;
  private static final String BY_KEY =
      "SELECT " + AgentSession.COLUMNS + " FROM agent_sessions WHERE session_key = $1";
  private static final String FIND =
      "SELECT " + AgentSession.COLUMNS + " FROM agent_sessions WHERE id = $1";
  private static final String LAST_SEQ = "SELECT next_seq - 1 FROM agent_sessions WHERE id = $1";
  private static final String LIST =
      "SELECT "
          + AgentSession.COLUMNS
          + """
          FROM agent_sessions
          WHERE ($1::text IS NULL OR status = $1) AND ($2::uuid IS NULL OR created_by_user_id = $2)
            AND ($3::timestamptz IS NULL OR (updated_at, id) < ($3, $4::uuid))
          ORDER BY updated_at DESC, id DESC LIMIT $5
          """;
  private static final String EVENTS =
      "SELECT "
          + SessionRow.COLUMNS
          + " FROM agent_session_events WHERE session_id = $1 AND seq > $2 ORDER BY seq LIMIT $3";

  private final Database database;

  public SessionRepository(Database database) {
    this.database = database;
  }

  /**
   * A session to be made.
   *
   * @param created the payload of its first event
   */
  public record Wanted(
      String organizationId,
      String userId,
      String sessionKey,
      String routedAgentId,
      String bindingId,
      SessionBody body,
      RawJson created) {}

  /** Makes it with its first event, or answers the one that has its key already, as it is. */
  public Future<AgentSession> create(Wanted wanted) {
    return database.tenant(wanted.organizationId(), connection -> create(connection, wanted));
  }

  private static Future<AgentSession> create(SqlConnection connection, Wanted wanted) {
    return connection
        .preparedQuery(CREATE)
        .execute(tuple(wanted))
        .compose(rows -> {
          var made = Rows.first(rows, AgentSession::of);
          if (made.isEmpty()) return existing(connection, wanted.sessionKey());
          var first =
              Tuple.of(
                  UUID.fromString(made.get().id()),
                  UUID.fromString(wanted.organizationId()),
                  wanted.created().text(),
                  Rows.uuid(wanted.userId()));
          return connection.preparedQuery(CREATED).execute(first).map(_ -> made.get());
        });
  }

  private static Future<AgentSession> existing(SqlConnection connection, String sessionKey) {
    return connection
        .preparedQuery(BY_KEY)
        .execute(Tuple.of(sessionKey))
        .map(rows -> Rows.first(rows, AgentSession::of).orElseThrow());
  }

  private static Tuple tuple(Wanted wanted) {
    var body = wanted.body();
    var engine = body.engine();
    var selector = body.executorSelector();
    return Tuple.tuple()
        .addValue(UUID.fromString(wanted.organizationId()))
        .addValue(Rows.uuid(wanted.userId()))
        .addValue(wanted.sessionKey())
        .addValue(body.scope().text())
        .addValue(body.title())
        .addValue(Rows.uuid(wanted.routedAgentId()))
        .addValue(Rows.uuid(wanted.bindingId()))
        .addValue(selector == null ? null : RawJson.from(selector).text())
        .addValue(engine.id())
        .addValue(engine.model())
        .addValue(engine.auth() == null ? null : Rows.uuid(engine.auth().secretId()))
        .addValue(body.toolsetId())
        .addValue(body.tools().allow().toArray(String[]::new))
        .addValue(RawJson.from(body.limits()).text())
        .addValue(body.prompt().system())
        .addValue(body.prompt().instructions())
        .addValue(Rows.text(body.resetPolicy()));
  }

  public Future<Optional<AgentSession>> find(String organizationId, String sessionId) {
    return database.tenant(
        organizationId,
        connection ->
            connection
                .preparedQuery(FIND)
                .execute(Tuple.of(UUID.fromString(sessionId)))
                .map(rows -> Rows.first(rows, AgentSession::of)));
  }

  /**
   * The last changed first.
   *
   * @param status null for all
   * @param userId whose, null for everybody's
   */
  public Future<List<AgentSession>> list(
      String organizationId, String status, String userId, Page page) {
    var values =
        Tuple.of(status, Rows.uuid(userId), Rows.at(page.at()), Rows.uuid(page.id()), page.limit());
    return database.tenant(
        organizationId,
        connection ->
            connection
                .preparedQuery(LIST)
                .execute(values)
                .map(rows -> Rows.list(rows, AgentSession::of)));
  }

  /** Events after the one numbered {@code afterSeq}, -1 for all, in their order. */
  public Future<List<SessionRow>> events(
      String organizationId, String sessionId, long afterSeq, int limit) {
    return database.tenant(
        organizationId,
        connection ->
            connection
                .preparedQuery(EVENTS)
                .execute(Tuple.of(UUID.fromString(sessionId), afterSeq, limit))
                .map(rows -> Rows.list(rows, SessionRow::of)));
  }

  /** The events alone, for viewers. */
  public Future<List<SessionEvent>> history(
      String organizationId, String sessionId, long afterSeq, int limit) {
    return events(organizationId, sessionId, afterSeq, limit)
        .map(rows -> rows.stream().map(SessionRow::event).toList());
  }

  /** The last event there is; null when there is no such session. */
  public Future<Long> lastSeq(String organizationId, String sessionId) {
    return database.tenant(
        organizationId,
        sql ->
            sql.preparedQuery(LAST_SEQ)
                .execute(Tuple.of(UUID.fromString(sessionId)))
                .map(rows -> Rows.first(rows, row -> row.getLong(0)).orElse(null)));
  }
}
