package ai.vespid.gateway.control;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.sql.AccountRepository;
import ai.vespid.sql.AccountRepository.NewAccount;
import ai.vespid.sql.AccountRepository.OwnOrganization;
import ai.vespid.sql.DatabaseFailures;
import ai.vespid.sql.OrganizationRepository;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.vertx.core.Future;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;

/** Signing up, in and out, and who one is. */
final class AccountEndpoints {
  private static final int SLUG_ATTEMPTS = 3;

  /** What {@code /v1/me} answers. */
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record Me(
      Sessions.UserView user,
      Account account,
      OrgPolicy orgPolicy,
      List<OwnOrganization> orgs,
      String defaultOrgId) {}

  /** What a person is to the whole installation. */
  record Account(boolean isSystemAdmin) {}

  /** How many organizations a person may have; null is without end. */
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record OrgPolicy(
      boolean canManageOrganizations, Integer maxOrganizations, int currentOrganizations) {}

  private final AccountRepository accounts;
  private final Sessions sessions;
  private final Passwords passwords;
  private final ControlSettings settings;
  private final RateLimits signups;
  private final RateLimits logins;

  AccountEndpoints(
      AccountRepository accounts,
      Sessions sessions,
      Passwords passwords,
      ControlSettings settings) {
    this.accounts = accounts;
    this.sessions = sessions;
    this.passwords = passwords;
    this.settings = settings;
    this.signups = new RateLimits(settings.signupsPerMinute());
    this.logins = new RateLimits(settings.loginsPerMinute());
  }

  Map<String, Endpoint> endpoints() {
    return Map.of(
        "signup", this::signup,
        "login", this::login,
        "refresh", this::refresh,
        "logout", this::logout,
        "logoutAll", this::logoutAll,
        "me", this::me);
  }

  private Future<Answer> signup(Call call) {
    var address = ClientAddress.of(call, settings);
    signups.attempt(address);
    return passwords
        .hash(call.text("password"))
        .compose(hash -> create(call, address, hash, SLUG_ATTEMPTS));
  }

  private Future<Answer> create(Call call, String address, String hash, int attempts) {
    var id = UUID.randomUUID().toString();
    var fresh = sessions.prepare(call.context().request(), address);
    var account = personal(id, call.text("email").strip(), call.text("displayName"), hash);
    return accounts
        .create(account, fresh.row())
        .map(user -> sessions.granted(user, fresh))
        .map(granted -> Answer.created(granted.opened()).with(granted.cookie()))
        .recover(cause -> {
          if (DatabaseFailures.duplicate(cause, AccountRepository.EMAIL_TAKEN)) {
            return Future.failedFuture(
                new Problem(ErrorCode.CONFLICT, "an account with this e-mail exists"));
          }
          // The slug is the start of a random id: another id has another.
          boolean again = DatabaseFailures.duplicate(cause, OrganizationRepository.SLUG_TAKEN);
          return again && attempts > 1
              ? create(call, address, hash, attempts - 1)
              : Future.failedFuture(cause);
        });
  }

  /** Somebody new with an organization of their own; the hash is null without a password. */
  static NewAccount personal(String userId, String email, String name, String hash) {
    return new NewAccount(
        userId,
        email,
        name,
        hash,
        UUID.randomUUID().toString(),
        "Personal workspace",
        "personal-" + userId.substring(0, 8));
  }

  private Future<Answer> login(Call call) {
    var address = ClientAddress.of(call, settings);
    var email = call.text("email").strip();
    logins.attempt(address);
    logins.attempt("account " + email.toLowerCase(Locale.ROOT));
    return accounts
        .credentials(email)
        .compose(found ->
            passwords
                .matches(
                    call.text("password"), found.map(AccountRepository.Credentials::passwordHash))
                .compose(good ->
                    good
                        ? sessions.open(
                            call.context().request(), address, found.orElseThrow().user())
                        : Future.failedFuture(
                            new Problem(ErrorCode.UNAUTHORIZED, "wrong e-mail or password"))))
        .map(AccountEndpoints::answer);
  }

  private static Answer answer(Sessions.Granted granted) {
    return Answer.ok(granted.opened()).with(granted.cookie());
  }

  private Future<Answer> refresh(Call call) {
    return sessions
        .refresh(call.context().request())
        .map(found ->
            found
                .map(AccountEndpoints::answer)
                .orElseThrow(() -> new Problem(ErrorCode.UNAUTHORIZED, "no live session")));
  }

  private Future<Answer> logout(Call call) {
    return accounts
        .revoke(call.caller().sessionId())
        .map(_ -> Answer.DONE.with(sessions.noCookie()));
  }

  private Future<Answer> logoutAll(Call call) {
    return accounts
        .revokeAll(call.caller().userId())
        .map(count ->
            Answer.ok(Map.of("ok", true, "revokedCount", count)).with(sessions.noCookie()));
  }

  private Future<Answer> me(Call call) {
    var user = call.caller().user();
    boolean admin = settings.systemAdminEmails().stream().anyMatch(user.email()::equalsIgnoreCase);
    return accounts
        .organizations(user.id())
        .map(orgs ->
            Answer.ok(
                new Me(
                    Sessions.UserView.of(user),
                    new Account(admin),
                    new OrgPolicy(true, null, orgs.size()),
                    orgs,
                    orgs.isEmpty() ? null : orgs.getFirst().id())));
  }
}
