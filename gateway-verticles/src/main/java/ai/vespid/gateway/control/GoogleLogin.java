package ai.vespid.gateway.control;

import ai.vespid.gateway.control.LoginContexts.LoginContext;
import ai.vespid.kit.crypto.Tokens;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;

/**
 * Google, by OpenID Connect. The ID token comes straight from the token endpoint, over TLS that
 * names Google, so its signature proves nothing more (OpenID Connect Core 3.1.3.7); what it says is
 * checked.
 */
final class GoogleLogin implements LoginProvider {
  private record Claims(
      String sub,
      String aud,
      Long exp,
      String nonce,
      String email,
      Boolean email_verified,
      String name) {}

  private final CodeFlow flow;
  private final String clientId;
  private final InstantSource clock;

  GoogleLogin(Vertx vertx, ControlSettings settings, InstantSource clock) {
    this.clientId = settings.googleClientId();
    this.clock = clock;
    this.flow =
        new CodeFlow(
            vertx,
            new CodeFlow.Client(clientId, settings.googleClientSecret()),
            settings.googleAuthorizeUrl(),
            settings.googleTokenUrl(),
            CodeFlow.redirectUri(settings, "google"),
            List.of("openid", "email", "profile"));
  }

  @Override
  public String authorizationUrl(LoginContext context) {
    return flow.authorizationUrl(context);
  }

  @Override
  public Future<Person> identify(String code, LoginContext context) {
    return flow.exchange(code, context)
        .map(tokens -> person(claims(tokens.getString("id_token")), context));
  }

  private static Claims claims(String idToken) {
    var parts = idToken == null ? new String[0] : idToken.split("\\.");
    if (parts.length != 3) throw new InvalidMessage("id_token", "must have three parts");
    return Json.read(Base64.getUrlDecoder().decode(parts[1]), Claims.class);
  }

  private Person person(Claims claims, LoginContext context) {
    boolean current = claims.exp() != null && claims.exp() > clock.instant().getEpochSecond();
    if (!clientId.equals(claims.aud()) || !current) {
      throw new InvalidMessage("id_token", "is for another or too old");
    }
    if (!Tokens.same(context.nonce(), claims.nonce())) {
      throw new Problem(ErrorCode.OAUTH_INVALID_NONCE, "the answer belongs to another login");
    }
    boolean verified = Boolean.TRUE.equals(claims.email_verified());
    return new Person(claims.sub(), claims.email(), verified, claims.name());
  }
}
