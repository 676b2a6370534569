package ai.vespid.sql;

import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.UnaryOperator;

/** Organizations, their members and their settings, each in its own tenant transaction. */
public final class OrganizationRepository {
  /** The constraint that a second organization with the same slug meets. */
  public static final String SLUG_TAKEN = "organizations_slug_key";

  /** An organization as its members see it. */
  public record Organization(String id, String slug, String name, Instant createdAt) {}

  /** Somebody's part in an organization. */
  public record Membership(
      String id, String organizationId, String userId, String roleKey, Instant createdAt) {}

  /** A new organization and its first owner. */
  public record Created(Organization organization, Membership membership) {}

  /** A member with who they are. */
  public record Member(
      String id,
      String userId,
      String email,
      String displayName,
      String roleKey,
      Instant createdAt) {}

  /** What became of a change of role. */
  public enum RoleChange {
    DONE,
    NOT_A_MEMBER,
    OWNERS_ONLY,
    LAST_OWNER
  }

  private static final String INSERT_ORGANIZATION =
      """
      insert into organizations (id, slug, name) values ($1, $2, $3)
      returning id, slug, name, created_at
      """;
  private static final String INSERT_OWNER =
      """
      insert into memberships (organization_id, user_id, role_key) values ($1, $2, 'owner')
      returning id, organization_id, user_id, role_key, created_at
      """;
  private static final String MEMBERS =
      """
      select m.id, m.user_id, u.email, u.display_name, m.role_key, m.created_at
      from memberships m join users u on u.id = m.user_id
      order by m.created_at, m.id
      """;

  private final Database database;

  public OrganizationRepository(Database database) {
    this.database = database;
  }

  /** Creates an organization with its owner; fails with {@link #SLUG_TAKEN} as the constraint. */
  public Future<Created> create(String name, String slug, String ownerId) {
    var id = UUID.randomUUID().toString();
    return database.tenant(id, connection -> create(connection, id, name, slug, ownerId));
  }

  static Future<Created> create(
      SqlConnection connection, String id, String name, String slug, String ownerId) {
    var organization =
        connection
            .preparedQuery(INSERT_ORGANIZATION)
            .execute(Tuple.of(UUID.fromString(id), slug, name));
    var membership =
        connection
            .preparedQuery(INSERT_OWNER)
            .execute(Tuple.of(UUID.fromString(id), UUID.fromString(ownerId)));
    return organization
        .compose(_ -> membership)
        .map(_ ->
            new Created(
                Rows.first(organization.result(), OrganizationRepository::organization)
                    .orElseThrow(),
                Rows.first(membership.result(), OrganizationRepository::membership).orElseThrow()));
  }

  /** The role of this person there; empty when they are not a member or there is no such place. */
  public Future<Optional<String>> role(String organizationId, String userId) {
    return database.tenant(
        organizationId,
        connection ->
            connection
                .preparedQuery("select role_key from memberships where user_id = $1")
                .execute(Tuple.of(UUID.fromString(userId)))
                .map(rows -> Rows.first(rows, row -> row.getString(0))));
  }

  public Future<List<Member>> members(String organizationId) {
    return database.tenant(
        organizationId,
        connection ->
            connection
                .preparedQuery(MEMBERS)
                .execute()
                .map(rows -> Rows.list(rows, OrganizationRepository::member)));
  }

  public Future<Optional<Membership>> membership(String organizationId, String userId) {
    return database.tenant(
        organizationId,
        connection ->
            connection
                .preparedQuery(
                    """
                    select id, organization_id, user_id, role_key, created_at
                    from memberships where user_id = $1
                    """)
                .execute(Tuple.of(UUID.fromString(userId)))
                .map(rows -> Rows.first(rows, OrganizationRepository::membership)));
  }

  /**
   * Changes a member's role. Owners are made and unmade by owners only, and one always remains; the
   * owners are locked, so that two of them cannot unmake each other.
   */
  public Future<RoleChange> changeRole(
      String organizationId, String actorRole, String userId, String roleKey) {
    return database.tenant(
        organizationId,
        connection ->
            connection
                .preparedQuery(
                    """
                    select user_id, role_key from memberships
                    where role_key = 'owner' or user_id = $1 order by id for update
                    """)
                .execute(Tuple.of(UUID.fromString(userId)))
                .compose(rows -> {
                  var verdict = judge(Rows.list(rows, Row::toJson), actorRole, userId, roleKey);
                  return verdict == RoleChange.DONE
                      ? setRole(connection, userId, roleKey).map(verdict)
                      : Future.succeededFuture(verdict);
                }));
  }

  private static RoleChange judge(
      List<JsonObject> locked, String actorRole, String userId, String roleKey) {
    var current =
        locked.stream()
            .filter(row -> row.getString("user_id").equals(userId))
            .map(row -> row.getString("role_key"))
            .findFirst();
    if (current.isEmpty()) return RoleChange.NOT_A_MEMBER;
    boolean wasOwner = current.get().equals("owner");
    boolean becomesOwner = roleKey.equals("owner");
    if ((wasOwner || becomesOwner) && !actorRole.equals("owner")) return RoleChange.OWNERS_ONLY;
    if (wasOwner && !becomesOwner && locked.size() == 1) return RoleChange.LAST_OWNER;
    return RoleChange.DONE;
  }

  private static Future<Void> setRole(SqlConnection connection, String userId, String roleKey) {
    return connection
        .preparedQuery("update memberships set role_key = $2 where user_id = $1")
        .execute(Tuple.of(UUID.fromString(userId), roleKey))
        .mapEmpty();
  }

  public Future<JsonObject> settings(String organizationId) {
    return database.tenant(organizationId, connection -> settings(connection, ""));
  }

  /** Replaces the settings by a function of them, one change at a time. */
  public Future<JsonObject> changeSettings(
      String organizationId, UnaryOperator<JsonObject> change) {
    return database.tenant(
        organizationId,
        connection ->
            settings(connection, " for update")
                .map(change)
                .compose(changed ->
                    connection
                        .preparedQuery("update organizations set settings = $1")
                        .execute(Tuple.of(changed))
                        .map(changed)));
  }

  private static Future<JsonObject> settings(SqlConnection connection, String lock) {
    return connection
        .preparedQuery("select settings from organizations" + lock)
        .execute()
        .map(rows -> Rows.first(rows, row -> row.getJsonObject(0)).orElseThrow());
  }

  private static Organization organization(Row row) {
    return new Organization(
        Rows.id(row, "id"),
        row.getString("slug"),
        row.getString("name"),
        Rows.time(row, "created_at"));
  }

  private static Membership membership(Row row) {
    return new Membership(
        Rows.id(row, "id"),
        Rows.id(row, "organization_id"),
        Rows.id(row, "user_id"),
        row.getString("role_key"),
        Rows.time(row, "created_at"));
  }

  private static Member member(Row row) {
    return new Member(
        Rows.id(row, "id"),
        Rows.id(row, "user_id"),
        row.getString("email"),
        row.getString("display_name"),
        row.getString("role_key"),
        Rows.time(row, "created_at"));
  }
}
