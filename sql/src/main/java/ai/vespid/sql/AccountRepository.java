package ai.vespid.sql;

import ai.vespid.sql.ProviderLoginRepository.Login;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** People and their sessions, through the identity role. */
public final class AccountRepository {
  /** The unique index that a second account with the same address meets. */
  public static final String EMAIL_TAKEN = "users_email_key";

  /** A person, without their password. */
  public record User(String id, String email, String displayName, Instant createdAt) {}

  /** A person and what proves them; the hash is null without a password. Never printed. */
  public record Credentials(User user, String passwordHash) {
    @Override
    public String toString() {
      return "Credentials[" + user.id() + "]";
    }
  }

  /** A session that lives: not revoked, not expired. */
  public record Session(String id, User user, Instant lastUsedAt) {}

  /** A session to be opened; the refresh token comes as its hash. */
  public record NewSession(
      String id, String refreshTokenHash, Instant expiresAt, String userAgent, String ip) {
    @Override
    public String toString() {
      return "NewSession[" + id + "]";
    }
  }

  /** Somebody's organization and their part in it. */
  public record OwnOrganization(String id, String slug, String name, String roleKey) {}

  /** A person to be created with the first organization they own; the hash may be null. */
  public record NewAccount(
      String userId,
      String email,
      String displayName,
      String passwordHash,
      String organizationId,
      String organizationName,
      String organizationSlug) {
    @Override
    public String toString() {
      return "NewAccount[" + userId + "]";
    }
  }

  private static final String USER_COLUMNS = "u.id, u.email, u.display_name, u.created_at";
  private static final String INSERT_USER =
      """
      insert into users (id, email, display_name, password_hash) values ($1, $2, $3, $4)
      returning id, email, display_name, created_at
      """;
  private static final String INSERT_SESSION =
      """
      insert into auth_sessions (id, user_id, refresh_token_hash, expires_at, user_agent, ip)
      values ($1, $2, $3, $4, $5, $6)
      """;
  private static final String LIVE_SESSION =
      "select s.id as session_id, s.last_used_at, "
          + USER_COLUMNS
          + " from auth_sessions s join users u on u.id = s.user_id"
          + " where s.revoked_at is null and s.expires_at > now() and ";
  private static final String ROTATE =
      """
      with rotated as (
        update auth_sessions
        set refresh_token_hash = $2, expires_at = $3, last_used_at = now()
        where refresh_token_hash = $1 and revoked_at is null and expires_at > now()
        returning id, user_id, last_used_at)
      select s.id as session_id, s.last_used_at, u.id, u.email, u.display_name, u.created_at
      from rotated s join users u on u.id = s.user_id
      """;
  private static final String OWN_ORGANIZATIONS =
      """
      select o.id, o.slug, o.name, m.role_key
      from memberships m join organizations o on o.id = m.organization_id
      where m.user_id = app.current_user_uuid()
      order by m.created_at, o.id
      """;

  private final Database database;

  public AccountRepository(Database database) {
    this.database = database;
  }

  /**
   * Creates a person, their organization and, when given, their session: all or nothing. Fails with
   * {@link #EMAIL_TAKEN} or {@link OrganizationRepository#SLUG_TAKEN} as the constraint.
   */
  public Future<User> create(NewAccount account, NewSession session) {
    return create(account, null, session);
  }

  /**
   * As above, with the login by which they come in, when given. Fails with {@link
   * ProviderLoginRepository#LOGIN_TAKEN}, too.
   */
  public Future<User> create(NewAccount account, Login login, NewSession session) {
    return database.identity(
        account.userId(),
        connection -> {
          var user =
              connection
                  .preparedQuery(INSERT_USER)
                  .execute(
                      Tuple.of(
                          UUID.fromString(account.userId()),
                          account.email(),
                          account.displayName(),
                          account.passwordHash()))
                  .map(rows -> Rows.first(rows, AccountRepository::user).orElseThrow());
          var linked =
              login == null
                  ? Future.<Void>succeededFuture()
                  : ProviderLoginRepository.link(connection, login, account.userId());
          var opened =
              session == null
                  ? Future.<Void>succeededFuture()
                  : open(connection, account.userId(), session);
          var tenant = Database.becomeTenant(connection, account.organizationId());
          var owned =
              OrganizationRepository.create(
                  connection,
                  account.organizationId(),
                  account.organizationName(),
                  account.organizationSlug(),
                  account.userId());
          // All are on their way; the first that failed tells why.
          return user.compose(_ -> linked)
              .compose(_ -> opened)
              .compose(_ -> tenant)
              .compose(_ -> owned)
              .map(_ -> user.result());
        });
  }

  public Future<Optional<Credentials>> credentials(String email) {
    return database
        .identity()
        .preparedQuery(
            "select "
                + USER_COLUMNS
                + ", u.password_hash from users u where lower(u.email) = lower($1)")
        .execute(Tuple.of(email))
        .map(rows ->
            Rows.first(rows, row -> new Credentials(user(row), row.getString("password_hash"))));
  }

  public Future<Void> openSession(String userId, NewSession session) {
    return database.identity().withConnection(c -> open(c, userId, session));
  }

  private static Future<Void> open(SqlConnection connection, String userId, NewSession session) {
    return connection
        .preparedQuery(INSERT_SESSION)
        .execute(
            Tuple.of(
                UUID.fromString(session.id()),
                UUID.fromString(userId),
                session.refreshTokenHash(),
                Rows.at(session.expiresAt()),
                session.userAgent(),
                session.ip()))
        .mapEmpty();
  }

  public Future<Optional<Session>> session(String sessionId) {
    return database
        .identity()
        .preparedQuery(LIVE_SESSION + "s.id = $1")
        .execute(Tuple.of(UUID.fromString(sessionId)))
        .map(rows -> Rows.first(rows, AccountRepository::session));
  }

  public Future<Optional<Session>> sessionByRefreshToken(String hash) {
    return database
        .identity()
        .preparedQuery(LIVE_SESSION + "s.refresh_token_hash = $1")
        .execute(Tuple.of(hash))
        .map(rows -> Rows.first(rows, AccountRepository::session));
  }

  /** Gives a live session its next refresh token; the old one is worth nothing afterwards. */
  public Future<Optional<Session>> rotate(String oldHash, String newHash, Instant expiresAt) {
    return database
        .identity()
        .preparedQuery(ROTATE)
        .execute(Tuple.of(oldHash, newHash, Rows.at(expiresAt)))
        .map(rows -> Rows.first(rows, AccountRepository::session));
  }

  public Future<Void> touch(String sessionId) {
    return database
        .identity()
        .preparedQuery("update auth_sessions set last_used_at = now() where id = $1")
        .execute(Tuple.of(UUID.fromString(sessionId)))
        .mapEmpty();
  }

  public Future<Void> revoke(String sessionId) {
    return database
        .identity()
        .preparedQuery(
            "update auth_sessions set revoked_at = now() where id = $1 and revoked_at is null")
        .execute(Tuple.of(UUID.fromString(sessionId)))
        .mapEmpty();
  }

  /** Ends all sessions of a person and tells how many lived. */
  public Future<Integer> revokeAll(String userId) {
    return database
        .identity()
        .preparedQuery(
            """
            update auth_sessions set revoked_at = now()
            where user_id = $1 and revoked_at is null and expires_at > now()
            """)
        .execute(Tuple.of(UUID.fromString(userId)))
        .map(rows -> rows.rowCount());
  }

  /** Where this person is a member, oldest membership first. */
  public Future<List<OwnOrganization>> organizations(String userId) {
    return database.identity(
        userId,
        connection ->
            connection
                .preparedQuery(OWN_ORGANIZATIONS)
                .execute()
                .map(rows -> Rows.list(rows, AccountRepository::organization)));
  }

  private static OwnOrganization organization(Row row) {
    return new OwnOrganization(
        Rows.id(row, "id"),
        row.getString("slug"),
        row.getString("name"),
        row.getString("role_key"));
  }

  static User user(Row row) {
    return new User(
        Rows.id(row, "id"),
        row.getString("email"),
        row.getString("display_name"),
        Rows.time(row, "created_at"));
  }

  private static Session session(Row row) {
    return new Session(Rows.id(row, "session_id"), user(row), Rows.time(row, "last_used_at"));
  }
}
