package ai.vespid.engine.provider;

import ai.vespid.kit.crypto.Tokens;
import ai.vespid.protocol.ErrorCode;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.auth.User;
import io.vertx.ext.auth.oauth2.OAuth2Auth;
import io.vertx.ext.auth.oauth2.OAuth2Options;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Access tokens that Google gives for refresh tokens, kept until shortly before they end; the
 * original asked for one before every call. Nobody's refresh token is kept.
 */
public final class RefreshedTokens implements GoogleTokens {
  private static final long ASK_MAX_MS = 10_000;
  private static final long LIFE_SECONDS = 3_600;
  private static final long MARGIN_SECONDS = 120;
  private static final int KEPT_MAX = 10_000;

  private record Kept(String token, long untilNanos) {
    @Override
    public String toString() {
      return "Kept[]";
    }
  }

  private final OAuth2Auth google;
  private final Cache<String, Kept> kept =
      Caffeine.newBuilder()
          .maximumSize(KEPT_MAX)
          .expireAfterWrite(Duration.ofSeconds(LIFE_SECONDS))
          .build();

  /**
   * @param tokenUrl where Google gives them
   * @param clientId of the operator's application there; without one no token can be had
   */
  public RefreshedTokens(Vertx vertx, String tokenUrl, String clientId, String clientSecret) {
    this.google =
        clientId == null
            ? null
            : OAuth2Auth.create(
                vertx,
                new OAuth2Options()
                    .setClientId(clientId)
                    .setClientSecret(clientSecret)
                    .setUseBasicAuthorization(false)
                    .setTokenPath(tokenUrl));
  }

  @Override
  public String of(String refreshToken) throws InterruptedException {
    if (google == null) {
      throw new Unusable(
          ErrorCode.VERTEX_OAUTH_NOT_CONFIGURED,
          "set GOOGLE_VERTEX_CLIENT_ID and GOOGLE_VERTEX_CLIENT_SECRET");
    }
    var key = Tokens.hash(refreshToken);
    var known = kept.getIfPresent(key);
    if (known != null && System.nanoTime() - known.untilNanos() < 0) return known.token();
    var fresh = ask(refreshToken);
    kept.put(key, fresh);
    return fresh.token();
  }

  @Override
  public void refused(String refreshToken) {
    kept.invalidate(Tokens.hash(refreshToken));
  }

  private Kept ask(String refreshToken) throws InterruptedException {
    try {
      var user = User.create(new JsonObject().put("refresh_token", refreshToken));
      var answer =
          google
              .refresh(user)
              .toCompletionStage()
              .toCompletableFuture()
              .get(ASK_MAX_MS, TimeUnit.MILLISECONDS)
              .principal();
      var token = answer.getString("access_token");
      if (token == null) throw failed();
      long life = answer.getLong("expires_in", LIFE_SECONDS) - MARGIN_SECONDS;
      return new Kept(token, System.nanoTime() + TimeUnit.SECONDS.toNanos(Math.max(0, life)));
    } catch (ExecutionException | TimeoutException e) {
      throw failed();
    }
  }

  // What Google said may hold the token.
  private static Unusable failed() {
    return new Unusable(ErrorCode.VERTEX_TOKEN_FAILED, "Google gave no access token");
  }
}
