package ai.vespid.kit.auth;

import ai.vespid.protocol.Check;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.auth.PubSecKeyOptions;
import io.vertx.ext.auth.authentication.TokenCredentials;
import io.vertx.ext.auth.jwt.JWTAuth;
import io.vertx.ext.auth.jwt.JWTAuthOptions;
import java.time.InstantSource;

/**
 * Short-lived signed tokens that name a session. Whether the session still lives, the database
 * tells.
 */
public final class AccessTokens {
  private static final String TYPE = "access";

  /** A token and what it says, as {@code session} in answers; times in seconds. */
  public record Issued(
      String token,
      String userId,
      String email,
      String sessionId,
      String tokenType,
      long issuedAt,
      long expiresAt) {
    @Override
    public String toString() {
      return "Issued[" + sessionId + "]";
    }
  }

  private static final String BEARER = "Bearer ";

  private final JWTAuth jwt;
  private final InstantSource clock;
  private final int ttlSec;

  public AccessTokens(Vertx vertx, InstantSource clock, String secret, int ttlSec) {
    var key = new PubSecKeyOptions().setAlgorithm("HS256").setBuffer(secret);
    this.jwt = JWTAuth.create(vertx, new JWTAuthOptions().addPubSecKey(key));
    this.clock = clock;
    this.ttlSec = ttlSec;
  }

  public Issued issue(String userId, String email, String sessionId) {
    long now = clock.instant().getEpochSecond();
    long expires = now + ttlSec;
    var claims =
        new JsonObject()
            .put("userId", userId)
            .put("email", email)
            .put("sessionId", sessionId)
            .put("tokenType", TYPE)
            .put("iat", now)
            .put("exp", expires);
    var token = jwt.generateToken(claims);
    return new Issued(token, userId, email, sessionId, TYPE, now, expires);
  }

  /** The token of an Authorization header, or null. */
  public static String ofHeader(String header) {
    return header != null && header.regionMatches(true, 0, BEARER, 0, BEARER.length())
        ? header.substring(BEARER.length()).strip()
        : null;
  }

  /** The session that a token names, when its signature and its time are good. */
  public Future<String> sessionOf(String token) {
    return jwt.authenticate(new TokenCredentials(token))
        .compose(user -> {
          var session = user.principal().getString("sessionId");
          boolean good =
              TYPE.equals(user.principal().getString("tokenType")) && Check.isUuid(session);
          return good
              ? Future.succeededFuture(session)
              : Future.failedFuture(new IllegalArgumentException("not an access token"));
        });
  }
}
