package ai.vespid.sql;

import ai.vespid.sql.AccountRepository.User;
import io.vertx.core.Future;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/** Which person a login provider means, and which of its answers were taken already. */
public final class ProviderLoginRepository {
  /** The key that a second person with the same login meets. */
  public static final String LOGIN_TAKEN = "user_logins_pkey";

  /**
   * A person as a provider knows them.
   *
   * @param subject the provider's own id of them, which never changes
   */
  public record Login(String provider, String subject) {}

  private static final String INSERT =
      "insert into user_logins (provider, subject, user_id) values ($1, $2, $3)";

  private final Database database;

  public ProviderLoginRepository(Database database) {
    this.database = database;
  }

  /** Takes the answer to one login; false when it was taken before. */
  public Future<Boolean> take(String stateHash, Instant expiresAt) {
    return database
        .identity()
        .preparedQuery(
            """
            insert into used_login_states (state_hash, expires_at) values ($1, $2)
            on conflict do nothing
            """)
        .execute(Tuple.of(stateHash, Rows.at(expiresAt)))
        .map(rows -> rows.rowCount() == 1);
  }

  public Future<Optional<User>> person(Login login) {
    return database
        .identity()
        .preparedQuery(
            """
            select u.id, u.email, u.display_name, u.created_at
            from user_logins l join users u on u.id = l.user_id
            where l.provider = $1 and l.subject = $2
            """)
        .execute(Tuple.of(login.provider(), login.subject()))
        .map(rows -> Rows.first(rows, AccountRepository::user));
  }

  /** Lets a person in by this login from now on; fails with {@link #LOGIN_TAKEN}. */
  public Future<Void> link(Login login, String userId) {
    return database.identity().withConnection(connection -> link(connection, login, userId));
  }

  static Future<Void> link(SqlConnection connection, Login login, String userId) {
    return connection
        .preparedQuery(INSERT)
        .execute(Tuple.of(login.provider(), login.subject(), UUID.fromString(userId)))
        .mapEmpty();
  }
}
