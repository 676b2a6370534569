package ai.vespid.gateway.control;

import ai.vespid.gateway.control.LoginContexts.LoginContext;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.auth.oauth2.OAuth2Auth;
import io.vertx.ext.auth.oauth2.OAuth2AuthorizationURL;
import io.vertx.ext.auth.oauth2.OAuth2FlowType;
import io.vertx.ext.auth.oauth2.OAuth2Options;
import io.vertx.ext.auth.oauth2.Oauth2Credentials;
import java.util.List;

/** The authorization-code flow with PKCE, as far as all providers do it the same way. */
final class CodeFlow {
  static final int CONNECT_MAX_MS = 5_000;
  static final int SILENCE_MAX_SEC = 10;

  /** What the operator registered with a provider. */
  record Client(String id, String secret) {
    @Override
    public String toString() {
      return "Client[" + id + "]";
    }
  }

  private final OAuth2Auth auth;
  private final String redirectUri;
  private final List<String> scopes;

  CodeFlow(
      Vertx vertx,
      Client client,
      String authorizeUrl,
      String tokenUrl,
      String redirectUri,
      List<String> scopes) {
    this.redirectUri = redirectUri;
    this.scopes = scopes;
    this.auth =
        OAuth2Auth.create(
            vertx,
            new OAuth2Options()
                .setClientId(client.id())
                .setClientSecret(client.secret())
                .setUseBasicAuthorization(false)
                .setAuthorizationPath(authorizeUrl)
                .setTokenPath(tokenUrl)
                .setHttpClientOptions(clientOptions()));
  }

  static HttpClientOptions clientOptions() {
    return new HttpClientOptions()
        .setConnectTimeout(CONNECT_MAX_MS)
        .setIdleTimeout(SILENCE_MAX_SEC);
  }

  /** The provider sends people back here. */
  static String redirectUri(ControlSettings settings, String provider) {
    return settings.publicApiUrl().replaceFirst("/+$", "")
        + "/v1/auth/oauth/"
        + provider
        + "/callback";
  }

  String authorizationUrl(LoginContext context) {
    return auth.authorizeURL(
        new OAuth2AuthorizationURL()
            .setRedirectUri(redirectUri)
            .setScopes(scopes)
            .setState(context.state())
            .setCodeChallenge(context.challenge())
            .setCodeChallengeMethod("S256")
            .putAdditionalParameter("nonce", context.nonce()));
  }

  /** The tokens for a code, as the provider answered them. */
  Future<JsonObject> exchange(String code, LoginContext context) {
    return auth.authenticate(
            new Oauth2Credentials()
                .setFlow(OAuth2FlowType.AUTH_CODE)
                .setCode(code)
                .setCodeVerifier(context.verifier())
                .setRedirectUri(redirectUri))
        .map(user -> user.principal());
  }
}
