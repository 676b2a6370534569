package ai.vespid.gateway.control;

import ai.vespid.kit.crypto.Tokens;
import ai.vespid.protocol.ErrorCode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.Cookie;
import io.vertx.core.http.CookieSameSite;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.auth.PubSecKeyOptions;
import io.vertx.ext.auth.authentication.TokenCredentials;
import io.vertx.ext.auth.jwt.JWTAuth;
import io.vertx.ext.auth.jwt.JWTAuthOptions;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;

/**
 * What a browser was sent to a provider with. The browser keeps it itself, in a signed cookie, so
 * that any node can take the answer, and only from the browser that asked.
 */
final class LoginContexts {
  static final String COOKIE = "vespid_oauth";

  private static final String PATH = "/v1/auth/oauth/";
  private static final String TYPE = "login";
  private static final int RANDOM_BYTES = 32;

  /**
   * One login under way.
   *
   * @param state comes back with the answer, through the address
   * @param nonce comes back inside what the provider says
   * @param verifier proves to the provider that the code is asked for by who began (PKCE)
   */
  record LoginContext(
      String provider, String state, String nonce, String verifier, Instant expiresAt) {
    /** What the provider is told of the verifier beforehand. */
    String challenge() {
      try {
        var digest = MessageDigest.getInstance("SHA-256");
        var hash = digest.digest(verifier.getBytes(StandardCharsets.US_ASCII));
        return Base64.getUrlEncoder().withoutPadding().encodeToString(hash);
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every Java has SHA-256", e);
      }
    }

    @Override
    public String toString() {
      return "LoginContext[" + provider + "]";
    }
  }

  private final JWTAuth jwt;
  private final InstantSource clock;
  private final int ttlSec;
  private final boolean secure;

  LoginContexts(Vertx vertx, InstantSource clock, ControlSettings settings) {
    var key = new PubSecKeyOptions().setAlgorithm("HS256").setBuffer(settings.oauthStateSecret());
    this.jwt = JWTAuth.create(vertx, new JWTAuthOptions().addPubSecKey(key));
    this.clock = clock;
    this.ttlSec = settings.oauthContextTtlSec();
    this.secure = settings.secureCookie();
  }

  LoginContext begin(String provider) {
    return new LoginContext(
        provider,
        Tokens.random(RANDOM_BYTES),
        Tokens.random(RANDOM_BYTES),
        Tokens.random(RANDOM_BYTES),
        Instant.ofEpochSecond(clock.instant().getEpochSecond() + ttlSec));
  }

  Cookie cookie(LoginContext context) {
    // "exp" twice: the library checks it, and keeps it from who reads the rest.
    var claims =
        new JsonObject()
            .put("tokenType", TYPE)
            .put("provider", context.provider())
            .put("state", context.state())
            .put("nonce", context.nonce())
            .put("verifier", context.verifier())
            .put("until", context.expiresAt().getEpochSecond())
            .put("exp", context.expiresAt().getEpochSecond());
    return cookie(jwt.generateToken(claims), ttlSec);
  }

  Cookie noCookie() {
    return cookie("", 0);
  }

  private Cookie cookie(String value, long maxAge) {
    return Cookie.cookie(COOKIE, value)
        .setHttpOnly(true)
        .setPath(PATH)
        // Strict would keep it away from the way back, which comes from the provider's site.
        .setSameSite(CookieSameSite.LAX)
        .setSecure(secure)
        .setMaxAge(maxAge);
  }

  /**
   * What this browser began with this provider; fails with UNAUTHORIZED when it began nothing, took
   * too long, or the answer belongs to another login.
   */
  Future<LoginContext> of(HttpServerRequest request, String provider) {
    var cookie = request.getCookie(COOKIE);
    if (cookie == null || cookie.getValue().isEmpty()) return Future.failedFuture(refused());
    return jwt.authenticate(new TokenCredentials(cookie.getValue()))
        .recover(_ -> Future.failedFuture(refused()))
        .map(user -> {
          var claims = user.principal();
          boolean fits =
              TYPE.equals(claims.getString("tokenType"))
                  && provider.equals(claims.getString("provider"))
                  && Tokens.same(claims.getString("state"), request.getParam("state"));
          if (!fits) throw refused();
          return new LoginContext(
              provider,
              claims.getString("state"),
              claims.getString("nonce"),
              claims.getString("verifier"),
              Instant.ofEpochSecond(claims.getLong("until")));
        });
  }

  static Problem refused() {
    return new Problem(
        ErrorCode.UNAUTHORIZED,
        "this login was not begun here, took too long or is over; begin again");
  }
}
