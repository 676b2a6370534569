package ai.vespid.gateway.control;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.gateway.control.ControlServer.Reply;
import ai.vespid.gateway.control.FakeProvider.Persona;
import ai.vespid.kit.node.Settings;
import io.vertx.core.json.JsonObject;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Logging in by a provider: a real HTTP server that speaks the authorization-code flow. */
final class OAuthTest {
  static final String STATE_SECRET = "signs-what-is-under-way";

  private static FakeProvider provider;
  private static ControlServer server;
  private static int people;

  @BeforeAll
  static void start() {
    provider = new FakeProvider();
    server = ControlServer.start(provider.settings());
  }

  @AfterAll
  static void stop() {
    server.close();
    provider.close();
  }

  @BeforeEach
  void behave() {
    provider.nonceInstead = null;
    provider.audience = FakeProvider.CLIENT_ID;
    provider.lifeSec = 3_600;
    provider.tokenStatus = 200;
    provider.apiStatus = 200;
  }

  private static Persona somebody() {
    return somebody("somebody-" + UUID.randomUUID() + "@example.org", true);
  }

  private static Persona somebody(String email, Object verified) {
    return new Persona("" + (1_000 + ++people), email, verified, "Some Body");
  }

  /** A login that was begun: what the browser holds, and where it was sent. */
  private record Begun(String name, String cookie, String url) {
    String state() {
      return FakeProvider.query(url).get("state");
    }
  }

  private static Begun begin(String name) {
    var reply = server.request("GET", "/v1/auth/oauth/" + name + "/start?mode=json").send();
    assertThat(reply.status()).as(reply.toString()).isEqualTo(200);
    assertThat(reply.json().getString("provider")).isEqualTo(name);
    return new Begun(name, reply.cookie(), reply.json().getString("authorizationUrl"));
  }

  private static ControlServer.Request back(Begun begun, String code, String state, String mode) {
    var path =
        "/v1/auth/oauth/%s/callback?code=%s&state=%s%s"
            .formatted(begun.name(), code, URLEncoder.encode(state, StandardCharsets.UTF_8), mode);
    return server.request("GET", path).header("Cookie", begun.cookie());
  }

  private static Reply back(Begun begun, String code) {
    return back(begun, code, begun.state(), "&mode=json").send();
  }

  private static Reply login(String name, Persona persona) {
    var begun = begin(name);
    return back(begun, provider.consent(begun.url(), persona));
  }

  private static String userId(Reply reply) {
    assertThat(reply.status()).as(reply.toString()).isEqualTo(200);
    return reply.json().getJsonObject("user").getString("id");
  }

  private static void refused(Reply reply, int status, String code) {
    assertThat(reply.status()).as(reply.toString()).isEqualTo(status);
    assertThat(reply.code()).isEqualTo(code);
    assertThat(reply.response().headers().allValues("set-cookie"))
        .noneMatch(cookie -> cookie.startsWith("vespid_session="));
  }

  @ParameterizedTest
  @ValueSource(strings = {"google", "github"})
  void somebodyNewGetsAnAccountWithAPersonalOrganization(String name) {
    var persona = somebody();

    var reply = login(name, persona);

    var id = userId(reply);
    assertThat(reply.json().getString("provider")).isEqualTo(name);
    var user = reply.json().getJsonObject("user");
    assertThat(user.getString("email")).isEqualTo(persona.email());
    assertThat(user.getString("displayName")).isEqualTo("Some Body");
    var token = reply.json().getJsonObject("session").getString("token");
    var me = server.request("GET", "/v1/me").header("Authorization", "Bearer " + token).send();
    assertThat(me.json().getJsonArray("orgs").getJsonObject(0).getString("slug"))
        .isEqualTo("personal-" + id.substring(0, 8));
  }

  @ParameterizedTest
  @ValueSource(strings = {"google", "github"})
  void whoComesAgainIsKnownByTheProvidersIdOfThem(String name) {
    var persona = somebody();
    var first = userId(login(name, persona));

    var moved = new Persona(persona.subject(), "moved-" + persona.email(), false, "New Name");

    assertThat(userId(login(name, moved))).isEqualTo(first);
  }

  @Test
  void theSameIdAtAnotherProviderIsSomebodyElse() {
    var google = somebody();
    var github = new Persona(google.subject(), "hub-" + google.email(), true, "Other");

    assertThat(userId(login("github", github))).isNotEqualTo(userId(login("google", google)));
  }

  @Test
  void aBrowserIsSentThereAndBackToTheWebWithASession() {
    var start = server.request("GET", "/v1/auth/oauth/google/start").send();
    var begun = new Begun("google", start.cookie(), start.header("location"));
    assertThat(start.status()).isEqualTo(302);
    assertThat(start.header("set-cookie"))
        .contains(
            "vespid_oauth=", "HTTPOnly", "SameSite=Lax", "Max-Age=600", "Path=/v1/auth/oauth/");
    var asked = FakeProvider.query(begun.url());
    assertThat(asked)
        .containsEntry("client_id", FakeProvider.CLIENT_ID)
        .containsEntry("response_type", "code")
        .containsEntry("scope", "openid email profile")
        .containsEntry("code_challenge_method", "S256")
        .containsEntry("redirect_uri", "http://localhost:3001/v1/auth/oauth/google/callback")
        .containsKeys("nonce", "state", "code_challenge");
    assertThat(begun.url()).doesNotContain(FakeProvider.CLIENT_SECRET);

    var code = provider.consent(begun.url(), somebody());
    var end = back(begun, code, begun.state(), "").send();

    assertThat(end.status()).as(end.toString()).isEqualTo(302);
    assertThat(end.header("location")).isEqualTo("http://localhost:3000");
    var cookies = end.response().headers().allValues("set-cookie");
    assertThat(cookies).anyMatch(cookie -> cookie.startsWith("vespid_oauth=; Max-Age=0"));
    var session = cookies.stream().filter(c -> c.startsWith("vespid_session=")).findFirst();
    var me = server.request("GET", "/v1/me").header("Cookie", session.orElseThrow()).send();
    assertThat(me.status()).isEqualTo(200);
  }

  @Test
  void anotherStateIsRefused() {
    var begun = begin("google");
    var other = begin("google");
    var code = provider.consent(begun.url(), somebody());

    refused(back(begun, code, other.state(), "&mode=json").send(), 401, "UNAUTHORIZED");
    refused(back(begun, code, "", "&mode=json").send(), 401, "UNAUTHORIZED");
    assertThat(back(begun, code).status()).isEqualTo(200);
  }

  @Test
  void whoBeganNothingIsRefused() {
    var begun = begin("google");
    var code = provider.consent(begun.url(), somebody());
    var tampered = begun.cookie().substring(0, begun.cookie().length() - 4) + "AAAA";

    for (var cookie : new String[] {"a=b", "vespid_oauth=x.y.z", "vespid_oauth=", tampered}) {
      refused(back(new Begun("google", cookie, begun.url()), code), 401, "UNAUTHORIZED");
    }
    refused(back(new Begun("github", begun.cookie(), begun.url()), code), 401, "UNAUTHORIZED");
  }

  @Test
  void anAccessTokenIsNoLoginUnderWay() {
    var token = server.person().token;

    refused(
        back(new Begun("google", "vespid_oauth=" + token, "http://x?state=s"), "code"),
        401,
        "UNAUTHORIZED");
  }

  @Test
  void whoTookTooLongIsRefused() {
    var settings =
        Settings.bind(
            "control",
            provider
                .settings()
                .put("authTokenSecret", STATE_SECRET)
                .put("serviceToken", STATE_SECRET),
            ControlSettings.class);
    var now = Instant.now();
    var past =
        new LoginContexts(
            server.local().vertx(), () -> now.minus(Duration.ofSeconds(601)), settings);
    var context = past.begin("google");
    var cookie = "vespid_oauth=" + past.cookie(context).getValue();

    refused(
        back(new Begun("google", cookie, "http://x?state=" + context.state()), "code"),
        401,
        "UNAUTHORIZED");
  }

  @Test
  void anAnswerIsTakenOnce() {
    var begun = begin("google");
    var persona = somebody();
    userId(back(begun, provider.consent(begun.url(), persona)));

    // A new code does not help: the login it belongs to is over.
    refused(back(begun, provider.consent(begun.url(), persona)), 401, "UNAUTHORIZED");
  }

  @Test
  void aNonceOfAnotherLoginIsRefused() {
    provider.nonceInstead = "another";

    refused(login("google", somebody()), 401, "OAUTH_INVALID_NONCE");
  }

  @Test
  void anIdTokenForAnotherOrTooOldIsRefused() {
    provider.audience = "client-2";
    refused(login("google", somebody()), 502, "OAUTH_EXCHANGE_FAILED");
    provider.audience = FakeProvider.CLIENT_ID;
    provider.lifeSec = -1;
    refused(login("google", somebody()), 502, "OAUTH_EXCHANGE_FAILED");
  }

  @ParameterizedTest
  @ValueSource(strings = {"google", "github"})
  void aProviderInTroubleIsToldAsSuch(String name) {
    provider.tokenStatus = 500;
    refused(login(name, somebody()), 502, "OAUTH_EXCHANGE_FAILED");
    provider.tokenStatus = 200;
    refused(back(begin(name), "no-such-code"), 502, "OAUTH_EXCHANGE_FAILED");
    if (name.equals("google")) return;
    provider.apiStatus = 500;
    refused(login(name, somebody()), 502, "OAUTH_EXCHANGE_FAILED");
  }

  @Test
  void whoSaysNoAtTheProviderIsNotLetIn() {
    var begun = begin("google");
    var path = "/v1/auth/oauth/google/callback?error=access_denied&state=" + begun.state();

    var reply = server.request("GET", path).header("Cookie", begun.cookie()).send();

    refused(reply, 401, "UNAUTHORIZED");
  }

  @ParameterizedTest
  @ValueSource(strings = {"google", "github"})
  void withoutAVerifiedAddressThereIsNoAccount(String name) {
    refused(login(name, somebody(null, true)), 400, "OAUTH_EMAIL_REQUIRED");
    refused(login(name, somebody("no-address", true)), 400, "OAUTH_EMAIL_REQUIRED");
    var email = "unverified-" + UUID.randomUUID() + "@example.org";
    refused(login(name, somebody(email, false)), 400, "OAUTH_EMAIL_REQUIRED");
    assertThat(server.person(email).userId).isNotBlank();
  }

  @ParameterizedTest
  @ValueSource(strings = {"google", "github"})
  void anAddressAloneOpensNobodysAccount(String name) {
    var owner = server.person();

    refused(login(name, somebody(owner.email, false)), 400, "OAUTH_EMAIL_REQUIRED");
    refused(login(name, somebody(owner.email.toUpperCase(Locale.ROOT), true)), 409, "CONFLICT");
  }

  @Test
  void whoIsSignedInToTheAccountWithThatAddressMayUseBoth() {
    var owner = server.person();
    var persona = somebody(owner.email, true);
    var begun = begin("google");
    var code = provider.consent(begun.url(), persona);

    var linked =
        back(begun, code, begun.state(), "&mode=json")
            .header("Cookie", begun.cookie() + "; " + owner.cookie)
            .send();

    assertThat(userId(linked)).isEqualTo(owner.userId);
    assertThat(userId(login("google", persona))).isEqualTo(owner.userId);
  }

  @Test
  void whoIsSignedInToAnotherAccountIsNot() {
    var owner = server.person();
    var begun = begin("google");
    var code = provider.consent(begun.url(), somebody(owner.email, true));

    var reply =
        back(begun, code, begun.state(), "&mode=json")
            .header("Cookie", begun.cookie() + "; " + server.person().cookie)
            .send();

    refused(reply, 409, "CONFLICT");
  }

  @Test
  void whoHasNoPasswordCannotLogInWithOne() {
    var persona = somebody();
    userId(login("google", persona));

    for (var password : new String[] {"x", "null"}) {
      var reply =
          server
              .request("POST", "/v1/auth/login")
              .body(new JsonObject().put("email", persona.email()).put("password", password))
              .send();
      assertThat(reply.status()).isEqualTo(401);
    }
  }

  @Test
  void refusesWhatItDoesNotKnow() {
    for (var path : new String[] {"gitlab/start", "gitlab/callback", "google/start?mode=xml"}) {
      refused(server.request("GET", "/v1/auth/oauth/" + path).send(), 400, "BAD_REQUEST");
    }
  }

  @Test
  void aProviderThatIsNotSetUpSaysSo() {
    try (var bare = ControlServer.start()) {
      for (var path : new String[] {"google/start", "github/start", "github/callback"}) {
        var reply = bare.request("GET", "/v1/auth/oauth/" + path).send();

        assertThat(reply.status()).isEqualTo(503);
        assertThat(reply.code()).isEqualTo("OAUTH_PROVIDER_NOT_CONFIGURED");
      }
    }
  }
}
