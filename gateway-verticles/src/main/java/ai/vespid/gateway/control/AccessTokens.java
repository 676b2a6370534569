package ai.vespid.gateway.control;

import ai.vespid.protocol.Check;
import ai.vespid.sql.AccountRepository.User;
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
final class AccessTokens {
  private static final String TYPE = "access";

  /** A token and what it says, as {@code session} in answers; times in seconds. */
  record Issued(
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

  private final JWTAuth jwt;
  private final InstantSource clock;
  private final int ttlSec;

  AccessTokens(Vertx vertx, InstantSource clock, String secret, int ttlSec) {
    var key = new PubSecKeyOptions().setAlgorithm("HS256").setBuffer(secret);
    this.jwt = JWTAuth.create(vertx, new JWTAuthOptions().addPubSecKey(key));
    this.clock = clock;
    this.ttlSec = ttlSec;
  }

  Issued issue(User user, String sessionId) {
    long now = clock.instant().getEpochSecond();
    long expires = now + ttlSec;
    var claims =
        new JsonObject()
            .put("userId", user.id())
            .put("email", user.email())
            .put("sessionId", sessionId)
            .put("tokenType", TYPE)
            .put("iat", now)
            .put("exp", expires);
    var token = jwt.generateToken(claims);
    return new Issued(token, user.id(), user.email(), sessionId, TYPE, now, expires);
  }

  /** The session that a token names, when its signature and its time are good. */
  Future<String> sessionOf(String token) {
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
