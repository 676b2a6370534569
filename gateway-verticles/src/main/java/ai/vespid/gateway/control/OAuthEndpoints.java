package ai.vespid.gateway.control;

import ai.vespid.gateway.control.LoginContexts.LoginContext;
import ai.vespid.gateway.control.LoginProvider.Person;
import ai.vespid.kit.auth.AccessTokens;
import ai.vespid.kit.crypto.Tokens;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.sql.ProviderLoginRepository;
import ai.vespid.sql.ProviderLoginRepository.Login;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logging in by somebody else who knows the person (contract 4.2). */
final class OAuthEndpoints {
  private static final Logger LOG = LoggerFactory.getLogger(OAuthEndpoints.class);
  private static final int IDENTIFIED_WITHIN_SEC = 15;
  // What RFC 6749 and GitHub call it. The rest of a provider's words may repeat what it was sent.
  private static final Pattern REASON =
      Pattern.compile(
          "invalid_(request|client|grant|scope)|(unauthorized|incorrect)_client(_credentials)?"
              + "|unsupported_grant_type|redirect_uri_mismatch|bad_verification_code");

  /** What {@code start} answers who asks for JSON. */
  record Started(String provider, String authorizationUrl) {}

  /** What {@code callback} answers who asks for JSON. */
  record LoggedIn(AccessTokens.Issued session, Sessions.UserView user, String provider) {}

  private final ControlSettings settings;
  private final ProviderLoginRepository logins;
  private final ProviderAccounts accounts;
  private final Map<String, LoginProvider> providers;
  // Null without a provider: then nobody gets far enough to need one.
  private final LoginContexts contexts;
  private final RateLimits attempts;

  OAuthEndpoints(
      Vertx vertx,
      InstantSource clock,
      ControlSettings settings,
      ProviderLoginRepository logins,
      ProviderAccounts accounts) {
    this.settings = settings;
    this.logins = logins;
    this.accounts = accounts;
    this.providers = LoginProvider.configured(vertx, settings, clock);
    this.contexts = providers.isEmpty() ? null : new LoginContexts(vertx, clock, settings);
    this.attempts = new RateLimits(settings.loginsPerMinute());
  }

  Map<String, Endpoint> endpoints() {
    return Map.of("oauthStart", this::start, "oauthCallback", this::callback);
  }

  private Future<Answer> start(Call call) {
    attempts.attempt(ClientAddress.of(call, settings));
    neverKept(call);
    boolean json = wantsJson(call);
    var name = call.path("provider");
    var provider = provider(name);
    var context = contexts.begin(name);
    var url = provider.authorizationUrl(context);
    var answer = json ? Answer.ok(new Started(name, url)) : Answer.redirect(url);
    return Future.succeededFuture(answer.with(contexts.cookie(context)));
  }

  private Future<Answer> callback(Call call) {
    var address = ClientAddress.of(call, settings);
    attempts.attempt(address);
    neverKept(call);
    boolean json = wantsJson(call);
    var name = call.path("provider");
    var provider = provider(name);
    var request = call.context().request();
    var begun = contexts.of(request, name);
    // Gone whatever comes of it, now that it is read: an answer is taken once.
    call.context().response().addCookie(contexts.noCookie());
    return begun
        .compose(this::take)
        .compose(context -> identify(provider, request.getParam("code"), context))
        .compose(
            person -> accounts.admit(new Login(name, person.subject()), person, request, address))
        .map(granted -> {
          var opened = granted.opened();
          var answer =
              json
                  ? Answer.ok(new LoggedIn(opened.session(), opened.user(), name))
                  : Answer.redirect(settings.webBaseUrl());
          return answer.with(granted.cookie());
        });
  }

  private Future<LoginContext> take(LoginContext context) {
    return logins
        .take(Tokens.hash(context.state()), context.expiresAt())
        .map(first -> {
          if (!first) throw LoginContexts.refused();
          return context;
        });
  }

  private Future<Person> identify(LoginProvider provider, String code, LoginContext context) {
    // Without one the person said no, or the provider did.
    if (code == null || code.isBlank()) {
      return Future.failedFuture(new Problem(ErrorCode.UNAUTHORIZED, "the provider let nobody in"));
    }
    return provider
        .identify(code, context)
        .timeout(IDENTIFIED_WITHIN_SEC, TimeUnit.SECONDS)
        .recover(cause -> {
          if (cause instanceof Problem) return Future.failedFuture(cause);
          var reason = REASON.matcher(String.valueOf(cause.getMessage()));
          LOG.atWarn()
              .addKeyValue("provider", context.provider())
              .addKeyValue("cause", cause.getClass().getSimpleName())
              .addKeyValue("reason", reason.find() ? reason.group() : "unknown")
              .log("a login provider did not say who came");
          return Future.failedFuture(
              new Problem(ErrorCode.OAUTH_EXCHANGE_FAILED, "the provider did not say who came"));
        });
  }

  private LoginProvider provider(String name) {
    if (!LoginProvider.NAMES.contains(name)) {
      throw new Problem(ErrorCode.BAD_REQUEST, "provider must be google or github");
    }
    var provider = providers.get(name);
    if (provider == null) {
      throw new Problem(
          ErrorCode.OAUTH_PROVIDER_NOT_CONFIGURED, name + " is not set up as a login provider");
    }
    return provider;
  }

  private static void neverKept(Call call) {
    call.context().response().putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
  }

  private static boolean wantsJson(Call call) {
    var mode = call.context().request().getParam("mode");
    if (mode == null) return false;
    if (mode.equals("json")) return true;
    throw new Problem(ErrorCode.BAD_REQUEST, "mode must be json or absent");
  }
}
