package ai.vespid.gateway.viewers;

import ai.vespid.kit.auth.AccessTokens;
import ai.vespid.kit.crypto.Tokens;
import ai.vespid.kit.http.Answers;
import ai.vespid.protocol.Check;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.sql.AccountRepository;
import ai.vespid.sql.AccountRepository.Session;
import ai.vespid.sql.OrganizationRepository;
import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * From an HTTP request to a socket whose viewer is known (contract 2.1). A bearer's login must live
 * (defect D12); a cookie counts only for pages of our own. Every refusal is an HTTP status with a
 * code.
 */
final class Admission {
  private static final Logger LOG = LoggerFactory.getLogger(Admission.class);

  /** A refusal. */
  private static final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ErrorCode code;

    Refusal(ErrorCode code, String message) {
      super(message, null, false, false);
      this.code = code;
    }
  }

  private final AccountRepository accounts;
  private final OrganizationRepository organizations;
  private final AccessTokens tokens;
  private final ClientEdgeSettings settings;
  private final BooleanSupplier hasRoom;
  private final BiConsumer<Viewer, ServerWebSocket> admitted;

  /**
   * @param admitted called on the socket's own context
   */
  Admission(
      AccountRepository accounts,
      OrganizationRepository organizations,
      AccessTokens tokens,
      ClientEdgeSettings settings,
      BooleanSupplier hasRoom,
      BiConsumer<Viewer, ServerWebSocket> admitted) {
    this.accounts = accounts;
    this.organizations = organizations;
    this.tokens = tokens;
    this.settings = settings;
    this.hasRoom = hasRoom;
    this.admitted = admitted;
  }

  void handle(HttpServerRequest request) {
    var response = request.response();
    if (!request.path().equals("/ws/client")) {
      Answers.error(response, ErrorCode.NOT_FOUND, "no such path");
      return;
    }
    if (!request.headers().contains(HttpHeaders.UPGRADE, HttpHeaders.WEBSOCKET, true)) {
      response.putHeader(HttpHeaders.UPGRADE, HttpHeaders.WEBSOCKET);
      Answers.error(response, ErrorCode.UPGRADE_REQUIRED, "this is a WebSocket address");
      return;
    }
    if (!hasRoom.getAsBoolean()) {
      Answers.error(response, ErrorCode.GATEWAY_OVERLOADED, "no room for connections");
      return;
    }
    request.pause();
    login(request)
        .compose(login -> member(request, login))
        .onSuccess(viewer -> upgrade(request, viewer))
        .onFailure(cause -> refuse(request, cause));
  }

  private static void refuse(HttpServerRequest request, Throwable cause) {
    if (cause instanceof Refusal refusal) {
      Answers.error(request.response(), refusal.code, refusal.getMessage());
      return;
    }
    LOG.atWarn()
        .addKeyValue("cause", cause.getClass().getSimpleName())
        .log("a viewer could not be authenticated");
    Answers.error(request.response(), ErrorCode.DATABASE_UNAVAILABLE, "try again shortly");
  }

  // As in the original, the cookie is not looked at when a bearer is there.
  private Future<Session> login(HttpServerRequest request) {
    var bearer = AccessTokens.ofHeader(request.getHeader(HttpHeaders.AUTHORIZATION));
    var found = bearer == null ? ofCookie(request) : ofBearer(bearer);
    return found.map(login ->
        login.orElseThrow(() -> new Refusal(ErrorCode.UNAUTHORIZED, "authentication required")));
  }

  private Future<Optional<Session>> ofBearer(String token) {
    return tokens
        .sessionOf(token)
        .map(Optional::of)
        .otherwise(Optional.empty())
        .compose(id ->
            id.isEmpty() ? Future.succeededFuture(Optional.empty()) : accounts.session(id.get()));
  }

  private Future<Optional<Session>> ofCookie(HttpServerRequest request) {
    var cookie = request.getCookie(settings.sessionCookieName());
    if (cookie == null || cookie.getValue().isEmpty()) {
      return Future.succeededFuture(Optional.empty());
    }
    var origin = request.getHeader(HttpHeaders.ORIGIN);
    if (origin != null && !origin.equals(settings.webBaseUrl())) {
      return Future.failedFuture(
          new Refusal(ErrorCode.FORBIDDEN, "pages of this origin may not open a socket"));
    }
    return accounts.sessionByRefreshToken(Tokens.hash(cookie.getValue()));
  }

  private Future<Viewer> member(HttpServerRequest request, Session login) {
    var header = request.getHeader("X-Org-Id");
    var organization = header == null ? request.getParam("orgId") : header;
    if (organization == null) {
      return Future.failedFuture(
          new Refusal(ErrorCode.ORG_CONTEXT_REQUIRED, "X-Org-Id or orgId is required"));
    }
    if (!Check.isUuid(organization)) {
      return Future.failedFuture(
          new Refusal(ErrorCode.INVALID_ORG_CONTEXT, "the organization must be a UUID"));
    }
    var userId = login.user().id();
    return organizations
        .role(organization, userId)
        .map(role ->
            new Viewer(
                userId,
                login.id(),
                organization,
                role.orElseThrow(() ->
                    new Refusal(
                        ErrorCode.ORG_ACCESS_DENIED, "not a member of this organization"))));
  }

  private void upgrade(HttpServerRequest request, Viewer viewer) {
    request
        .toWebSocket()
        .onSuccess(socket -> admitted.accept(viewer, socket))
        .onFailure(cause ->
            LOG.atDebug()
                .addKeyValue("cause", cause.getClass().getSimpleName())
                .log("the upgrade failed"));
  }

  /** The viewer as it is now; empty when its login is over or it is no member any more. */
  Future<Optional<Viewer>> again(Viewer viewer) {
    return accounts
        .session(viewer.loginId())
        .compose(login ->
            login.isEmpty()
                ? Future.succeededFuture(Optional.<String>empty())
                : organizations.role(viewer.organizationId(), viewer.userId()))
        .map(role -> role.map(viewer::as));
  }
}
