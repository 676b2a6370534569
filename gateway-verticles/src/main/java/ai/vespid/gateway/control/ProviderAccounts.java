package ai.vespid.gateway.control;

import ai.vespid.gateway.control.LoginProvider.Person;
import ai.vespid.gateway.control.Sessions.Granted;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.sql.AccountRepository;
import ai.vespid.sql.AccountRepository.User;
import ai.vespid.sql.DatabaseFailures;
import ai.vespid.sql.OrganizationRepository;
import ai.vespid.sql.ProviderLoginRepository;
import ai.vespid.sql.ProviderLoginRepository.Login;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerRequest;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * Which account a provider's person is. Known is who came this way before, by the provider's id of
 * them. Somebody new gets an account, when their e-mail is verified and nobody has it. An account
 * that has it already is theirs only when they are signed in to it as well: an e-mail alone proves
 * neither that this account is theirs nor that nobody else made it in their name (defect D13).
 */
final class ProviderAccounts {
  private static final Pattern EMAIL = Pattern.compile("^[^@\\s]{1,64}@[^@\\s]{1,189}$");
  private static final int NAME_LENGTH_MAX = 120;
  private static final int ATTEMPTS = 3;

  private final AccountRepository accounts;
  private final ProviderLoginRepository logins;
  private final Sessions sessions;

  ProviderAccounts(AccountRepository accounts, ProviderLoginRepository logins, Sessions sessions) {
    this.accounts = accounts;
    this.logins = logins;
    this.sessions = sessions;
  }

  /** A session for this person. */
  Future<Granted> admit(Login login, Person person, HttpServerRequest request, String address) {
    return admit(login, person, request, address, ATTEMPTS);
  }

  private Future<Granted> admit(
      Login login, Person person, HttpServerRequest request, String address, int attempts) {
    return logins
        .person(login)
        .compose(known ->
            known.isPresent()
                ? sessions.open(request, address, known.get())
                : admitUnknown(login, person, request, address))
        .recover(cause ->
            // Made by another answer of the same person meanwhile: then they are known now.
            attempts > 1 && taken(cause)
                ? admit(login, person, request, address, attempts - 1)
                : Future.failedFuture(cause));
  }

  private static boolean taken(Throwable cause) {
    return DatabaseFailures.duplicate(cause, ProviderLoginRepository.LOGIN_TAKEN)
        || DatabaseFailures.duplicate(cause, AccountRepository.EMAIL_TAKEN)
        || DatabaseFailures.duplicate(cause, OrganizationRepository.SLUG_TAKEN);
  }

  private Future<Granted> admitUnknown(
      Login login, Person person, HttpServerRequest request, String address) {
    if (person.email() == null || !EMAIL.matcher(person.email()).matches()) {
      return Future.failedFuture(
          new Problem(ErrorCode.OAUTH_EMAIL_REQUIRED, "the provider tells no e-mail"));
    }
    if (!person.emailVerified()) {
      return Future.failedFuture(
          new Problem(ErrorCode.OAUTH_EMAIL_REQUIRED, "the e-mail is not verified there"));
    }
    return accounts
        .credentials(person.email())
        .compose(found ->
            found.isPresent()
                ? link(login, found.get().user(), request, address)
                : create(login, person, request, address));
  }

  private Future<Granted> link(Login login, User user, HttpServerRequest request, String address) {
    return sessions
        .ofCookie(request)
        .compose(session ->
            session.isPresent() && session.get().user().id().equals(user.id())
                ? logins.link(login, user.id()).compose(_ -> sessions.open(request, address, user))
                : knownByNow(login, request, address));
  }

  // Another answer of the same person may have made the account since this one looked.
  private Future<Granted> knownByNow(Login login, HttpServerRequest request, String address) {
    return logins
        .person(login)
        .compose(known ->
            known.isPresent()
                ? sessions.open(request, address, known.get())
                : Future.failedFuture(
                    new Problem(
                        ErrorCode.CONFLICT,
                        "an account with this e-mail exists; sign in to it, then begin this login"
                            + " again to use both")));
  }

  private Future<Granted> create(
      Login login, Person person, HttpServerRequest request, String address) {
    var fresh = sessions.prepare(request, address);
    var id = UUID.randomUUID().toString();
    var account = AccountEndpoints.personal(id, person.email(), shown(person.name()), null);
    return accounts.create(account, login, fresh.row()).map(user -> sessions.granted(user, fresh));
  }

  private static String shown(String name) {
    if (name == null || name.isBlank()) return null;
    var stripped = name.strip().replace("\0", "");
    return stripped.substring(0, Math.min(stripped.length(), NAME_LENGTH_MAX));
  }
}
