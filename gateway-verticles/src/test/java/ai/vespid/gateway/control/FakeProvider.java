package ai.vespid.gateway.control;

import ai.vespid.kit.crypto.Tokens;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Google and GitHub as far as logins need them, over real HTTP: codes that work once, for the
 * client, the address and the verifier they were made for.
 */
final class FakeProvider implements AutoCloseable {
  static final String CLIENT_ID = "client-1";
  static final String CLIENT_SECRET = "the-secret-of-client-1";

  /** Who is logged in at the provider, and what it makes of it. */
  record Persona(String subject, String email, Object verified, String name) {}

  private record Grant(Map<String, String> asked, Persona persona) {}

  private final Vertx vertx = Vertx.vertx();
  private final HttpServer server;
  private final Map<String, Grant> codes = new ConcurrentHashMap<>();
  private final Map<String, Persona> tokens = new ConcurrentHashMap<>();
  volatile String nonceInstead;
  volatile String audience = CLIENT_ID;
  volatile long lifeSec = 3_600;
  volatile int tokenStatus = 200;
  volatile int apiStatus = 200;

  FakeProvider() {
    server = vertx.createHttpServer().requestHandler(this::answer).listen(0, "127.0.0.1").await();
  }

  String url() {
    return "http://127.0.0.1:" + server.actualPort();
  }

  /** The control verticle's settings to log in here, by either name. */
  JsonObject settings() {
    return new JsonObject()
        .put("oauthStateSecret", OAuthTest.STATE_SECRET)
        .put("googleClientId", CLIENT_ID)
        .put("googleClientSecret", CLIENT_SECRET)
        .put("googleAuthorizeUrl", url() + "/o/oauth2/v2/auth")
        .put("googleTokenUrl", url() + "/token")
        .put("githubClientId", CLIENT_ID)
        .put("githubClientSecret", CLIENT_SECRET)
        .put("githubUrl", url())
        .put("githubApiUrl", url() + "/api");
  }

  /** Somebody says yes at the provider; answers the code the browser is sent back with. */
  String consent(String authorizationUrl, Persona persona) {
    var code = Tokens.random(16);
    codes.put(code, new Grant(query(authorizationUrl), persona));
    return code;
  }

  static Map<String, String> query(String url) {
    var query = new HashMap<String, String>();
    for (var pair : URI.create(url).getRawQuery().split("&")) {
      var parts = pair.split("=", 2);
      query.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
    }
    return query;
  }

  private void answer(HttpServerRequest request) {
    switch (request.path()) {
      case "/token", "/login/oauth/access_token" ->
          request
              .setExpectMultipart(true)
              .end()
              .onSuccess(_ -> token(request, request.formAttributes()));
      case "/api/user", "/api/user/emails" -> api(request);
      default -> request.response().setStatusCode(404).end();
    }
  }

  private void token(HttpServerRequest request, MultiMap form) {
    var response = request.response().putHeader("content-type", "application/json");
    var grant = form.get("code") == null ? null : codes.remove(form.get("code"));
    boolean good =
        grant != null
            && CLIENT_ID.equals(form.get("client_id"))
            && CLIENT_SECRET.equals(form.get("client_secret"))
            && "authorization_code".equals(form.get("grant_type"))
            && grant.asked().get("redirect_uri").equals(form.get("redirect_uri"))
            && grant.asked().get("code_challenge").equals(sha256(form.get("code_verifier")));
    if (tokenStatus != 200) {
      response.setStatusCode(tokenStatus).end("{}");
    } else if (!good) {
      response.setStatusCode(400).end(new JsonObject().put("error", "invalid_grant").encode());
    } else {
      var accessToken = Tokens.random(16);
      tokens.put(accessToken, grant.persona());
      var answer = new JsonObject().put("access_token", accessToken).put("token_type", "bearer");
      if (request.path().equals("/token")) answer.put("id_token", idToken(grant));
      response.end(answer.encode());
    }
  }

  private String idToken(Grant grant) {
    var persona = grant.persona();
    var claims =
        new JsonObject()
            .put("iss", "https://accounts.google.com")
            .put("aud", audience)
            .put("sub", persona.subject())
            .put("exp", Instant.now().getEpochSecond() + lifeSec)
            .put("nonce", nonceInstead == null ? grant.asked().get("nonce") : nonceInstead)
            .put("name", persona.name());
    if (persona.email() != null) claims.put("email", persona.email());
    if (persona.verified() != null) claims.put("email_verified", persona.verified());
    return base64("{\"alg\":\"RS256\"}") + '.' + base64(claims.encode()) + ".c2lnbmF0dXJl";
  }

  private void api(HttpServerRequest request) {
    var header = request.getHeader("authorization");
    var persona = header == null ? null : tokens.get(header.replaceFirst("^Bearer ", ""));
    var response = request.response().putHeader("content-type", "application/json");
    if (apiStatus != 200 || persona == null) {
      response.setStatusCode(persona == null ? 401 : apiStatus).end("{}");
    } else if (request.path().equals("/api/user")) {
      var user = new JsonObject().put("id", Long.valueOf(persona.subject())).put("login", "octo");
      response.end(user.put("name", persona.name()).encode());
    } else {
      var all = new JsonArray().add(address("other@example.org", false, true));
      if (persona.email() != null) all.add(address(persona.email(), true, persona.verified()));
      response.end(all.encode());
    }
  }

  private static JsonObject address(String email, boolean primary, Object verified) {
    return new JsonObject()
        .put("email", email)
        .put("primary", primary)
        .put("verified", verified)
        .put("visibility", null);
  }

  private static String base64(String text) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String sha256(String text) {
    if (text == null) return null;
    try {
      var hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return Base64.getUrlEncoder().withoutPadding().encodeToString(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    vertx.close().await();
  }
}
