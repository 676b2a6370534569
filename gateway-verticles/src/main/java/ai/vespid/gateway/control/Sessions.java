package ai.vespid.gateway.control;

import ai.vespid.kit.auth.AccessTokens;
import ai.vespid.kit.crypto.Tokens;
import ai.vespid.sql.AccountRepository;
import ai.vespid.sql.AccountRepository.NewSession;
import ai.vespid.sql.AccountRepository.Session;
import ai.vespid.sql.AccountRepository.User;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.vertx.core.Future;
import io.vertx.core.http.Cookie;
import io.vertx.core.http.CookieSameSite;
import io.vertx.core.http.HttpServerRequest;
import java.time.InstantSource;
import java.util.Optional;
import java.util.UUID;

/**
 * Sessions as browsers and programs hold them: a short access token, and a cookie with a refresh
 * token that is replaced whenever it is used and kept here only as its hash.
 */
final class Sessions {
  private static final int REFRESH_TOKEN_BYTES = 32;
  private static final int USER_AGENT_LENGTH_MAX = 300;

  /** What login and signup answer. */
  record Opened(AccessTokens.Issued session, UserView user) {}

  /** A person as the contract shows them. */
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record UserView(String id, String email, String displayName, String createdAt) {
    static UserView of(User user) {
      return new UserView(user.id(), user.email(), user.displayName(), Iso.of(user.createdAt()));
    }
  }

  /** A session about to be stored, with the token that only its owner gets. */
  record Fresh(NewSession row, String refreshToken) {
    @Override
    public String toString() {
      return "Fresh[" + row.id() + "]";
    }
  }

  private final AccountRepository accounts;
  private final AccessTokens tokens;
  private final ControlSettings settings;
  private final InstantSource clock;

  Sessions(
      AccountRepository accounts,
      AccessTokens tokens,
      ControlSettings settings,
      InstantSource clock) {
    this.accounts = accounts;
    this.tokens = tokens;
    this.settings = settings;
    this.clock = clock;
  }

  Fresh prepare(HttpServerRequest request, String clientAddress) {
    var refreshToken = Tokens.random(REFRESH_TOKEN_BYTES);
    var agent = request.getHeader("User-Agent");
    var known =
        agent == null ? null : agent.substring(0, Math.min(agent.length(), USER_AGENT_LENGTH_MAX));
    var row =
        new NewSession(
            UUID.randomUUID().toString(),
            Tokens.hash(refreshToken),
            clock.instant().plusSeconds(settings.sessionTtlSec()),
            known,
            clientAddress);
    return new Fresh(row, refreshToken);
  }

  Opened opened(User user, String sessionId) {
    return new Opened(tokens.issue(user.id(), user.email(), sessionId), UserView.of(user));
  }

  Cookie cookie(String refreshToken) {
    return cookie(refreshToken, settings.sessionTtlSec());
  }

  Cookie noCookie() {
    return cookie("", 0);
  }

  private Cookie cookie(String value, long maxAge) {
    return Cookie.cookie(settings.sessionCookieName(), value)
        .setHttpOnly(true)
        .setPath("/")
        .setSameSite(CookieSameSite.LAX)
        .setSecure(settings.secureCookie())
        .setMaxAge(maxAge);
  }

  /** The session of the request's cookie, whose refresh token is thereby used up. */
  Future<Optional<Granted>> refresh(HttpServerRequest request) {
    var old = cookieOf(request);
    if (old.isEmpty()) return Future.succeededFuture(Optional.empty());
    var next = Tokens.random(REFRESH_TOKEN_BYTES);
    var expires = clock.instant().plusSeconds(settings.sessionTtlSec());
    return accounts
        .rotate(Tokens.hash(old.get()), Tokens.hash(next), expires)
        .map(session -> session.map(s -> new Granted(opened(s.user(), s.id()), cookie(next))));
  }

  /** A session to go on with, and its cookie. */
  record Granted(Opened opened, Cookie cookie) {}

  /** Stores a new session of a person who has proved themselves. */
  Future<Granted> open(HttpServerRequest request, String clientAddress, User user) {
    var fresh = prepare(request, clientAddress);
    return accounts.openSession(user.id(), fresh.row()).map(_ -> granted(user, fresh));
  }

  Granted granted(User user, Fresh stored) {
    return new Granted(opened(user, stored.row().id()), cookie(stored.refreshToken()));
  }

  /** The live session of a bearer token; empty when the token or the session is not good. */
  Future<Optional<Session>> ofBearer(HttpServerRequest request) {
    var token = AccessTokens.ofHeader(request.getHeader("Authorization"));
    if (token == null) return Future.succeededFuture(Optional.empty());
    return tokens
        .sessionOf(token)
        .map(Optional::of)
        .otherwise(Optional.empty())
        .compose(id ->
            id.isEmpty() ? Future.succeededFuture(Optional.empty()) : accounts.session(id.get()));
  }

  /** The live session of the cookie, which stays as it is. */
  Future<Optional<Session>> ofCookie(HttpServerRequest request) {
    return cookieOf(request)
        .map(token -> accounts.sessionByRefreshToken(Tokens.hash(token)))
        .orElseGet(() -> Future.succeededFuture(Optional.empty()));
  }

  /** A fresh access token for somebody who came by cookie. */
  String accessToken(Session session) {
    return tokens.issue(session.user().id(), session.user().email(), session.id()).token();
  }

  private Optional<String> cookieOf(HttpServerRequest request) {
    return Optional.ofNullable(request.getCookie(settings.sessionCookieName()))
        .map(Cookie::getValue)
        .filter(value -> !value.isEmpty());
  }
}
