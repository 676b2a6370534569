package ai.vespid.sql;

import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** An organization's own executors and the tokens they are paired with. */
public final class AgentRepository {
  /** More are not listed at once. */
  public static final int LISTED_MAX = 10_000;

  /** An executor as its organization sees it. */
  public record Agent(
      String id,
      String name,
      Instant revokedAt,
      Instant lastSeenAt,
      Instant createdAt,
      List<String> labels,
      JsonObject capabilities) {}

  /** An executor to be paired; its token comes as a hash. */
  public record NewAgent(
      String id, String name, String tokenHash, String agentVersion, JsonObject capabilities) {
    @Override
    public String toString() {
      return "NewAgent[" + id + "]";
    }
  }

  /** What became of a pairing token. */
  public enum Redemption {
    PAIRED,
    /** Unknown or used. */
    INVALID,
    EXPIRED
  }

  /** What became of a wish to delete an executor. */
  public enum Deletion {
    DELETED,
    NOT_FOUND,
    NOT_REVOKED
  }

  // One statement: the token is consumed and the executor exists, or neither (defect D14).
  private static final String REDEEM =
      """
      with redeemed as (
        update executor_pairing_tokens set used_at = now()
        where token_hash = $1 and used_at is null and expires_at > now()
        returning organization_id, created_by_user_id)
      insert into organization_executors
        (id, organization_id, name, token_hash, agent_version, capabilities, created_by_user_id)
      select $2, organization_id, $3, $4, $5, $6, created_by_user_id from redeemed
      """;
  private static final String EXPIRED_UNUSED =
      """
      select 1 from executor_pairing_tokens
      where token_hash = $1 and used_at is null and expires_at <= now()
      """;
  private static final String ALL =
      """
      select id, name, revoked_at, last_seen_at, created_at, labels, capabilities
      from organization_executors
      """;
  private static final String LIST = ALL + "order by created_at desc, id limit $1";
  private static final String ONE = ALL + "where id = $1";
  private static final String REVOKE =
      """
      update organization_executors set revoked_at = coalesce(revoked_at, now())
      where id = $1 returning id
      """;

  private final Database database;

  public AgentRepository(Database database) {
    this.database = database;
  }

  public Future<Void> savePairingToken(
      String organizationId, String tokenHash, Instant expiresAt, String createdByUserId) {
    return database.tenant(
        organizationId,
        connection ->
            connection
                .preparedQuery(
                    """
                    insert into executor_pairing_tokens
                      (organization_id, token_hash, expires_at, created_by_user_id)
                    values ($1, $2, $3, $4)
                    """)
                .execute(
                    Tuple.of(
                        UUID.fromString(organizationId),
                        tokenHash,
                        Rows.at(expiresAt),
                        UUID.fromString(createdByUserId)))
                .mapEmpty());
  }

  /** Consumes a pairing token and creates the executor. */
  public Future<Redemption> redeem(String organizationId, String tokenHash, NewAgent agent) {
    return database.tenant(
        organizationId,
        connection -> {
          var created =
              connection
                  .preparedQuery(REDEEM)
                  .execute(
                      Tuple.of(
                          tokenHash,
                          UUID.fromString(agent.id()),
                          agent.name(),
                          agent.tokenHash(),
                          agent.agentVersion(),
                          agent.capabilities()));
          var expired = connection.preparedQuery(EXPIRED_UNUSED).execute(Tuple.of(tokenHash));
          return created
              .compose(_ -> expired)
              .map(_ -> {
                if (created.result().rowCount() == 1) return Redemption.PAIRED;
                return expired.result().size() > 0 ? Redemption.EXPIRED : Redemption.INVALID;
              });
        });
  }

  /** Newest first. */
  public Future<List<Agent>> list(String organizationId) {
    return database.tenant(
        organizationId,
        connection ->
            connection
                .preparedQuery(LIST)
                .execute(Tuple.of(LISTED_MAX))
                .map(rows -> Rows.list(rows, AgentRepository::agent)));
  }

  /** One of them, revoked or not. */
  public Future<Optional<Agent>> find(String organizationId, String agentId) {
    return database.tenant(
        organizationId,
        connection ->
            connection
                .preparedQuery(ONE)
                .execute(Tuple.of(UUID.fromString(agentId)))
                .map(rows -> Rows.first(rows, AgentRepository::agent)));
  }

  /** Whether the organization has this executor, revoked or not. */
  public Future<Boolean> exists(String organizationId, String agentId) {
    return database.tenant(
        organizationId,
        connection ->
            connection
                .preparedQuery("select 1 from organization_executors where id = $1")
                .execute(Tuple.of(UUID.fromString(agentId)))
                .map(rows -> rows.size() == 1));
  }

  /** Sets the control plane's labels; false when there is no such executor. */
  public Future<Boolean> label(String organizationId, String agentId, List<String> labels) {
    return database.tenant(
        organizationId,
        connection ->
            connection
                .preparedQuery("update organization_executors set labels = $2 where id = $1")
                .execute(Tuple.of(UUID.fromString(agentId), (Object) labels.toArray(String[]::new)))
                .map(rows -> rows.rowCount() == 1));
  }

  /** Revokes for ever; a second time changes nothing. False when there is no such executor. */
  public Future<Boolean> revoke(String organizationId, String agentId) {
    return database.tenant(
        organizationId,
        connection ->
            connection
                .preparedQuery(REVOKE)
                .execute(Tuple.of(UUID.fromString(agentId)))
                .map(rows -> rows.size() == 1));
  }

  /** Deletes an executor that is revoked. */
  public Future<Deletion> delete(String organizationId, String agentId) {
    var id = Tuple.of(UUID.fromString(agentId));
    return database.tenant(
        organizationId,
        connection -> {
          var deleted =
              connection
                  .preparedQuery(
                      "delete from organization_executors where id = $1 and revoked_at is not null")
                  .execute(id);
          var left =
              connection
                  .preparedQuery("select 1 from organization_executors where id = $1")
                  .execute(id);
          return deleted
              .compose(_ -> left)
              .map(_ -> {
                if (deleted.result().rowCount() == 1) return Deletion.DELETED;
                return left.result().size() > 0 ? Deletion.NOT_REVOKED : Deletion.NOT_FOUND;
              });
        });
  }

  private static Agent agent(Row row) {
    return new Agent(
        Rows.id(row, "id"),
        row.getString("name"),
        Rows.time(row, "revoked_at"),
        Rows.time(row, "last_seen_at"),
        Rows.time(row, "created_at"),
        List.of(row.getArrayOfStrings("labels")),
        Optional.ofNullable(row.getJsonObject("capabilities")).orElseGet(JsonObject::new));
  }
}
