package ai.vespid.gateway.control;

import static ai.vespid.gateway.control.OAuthBrowser.refused;
import static ai.vespid.gateway.control.OAuthBrowser.somebody;
import static ai.vespid.gateway.control.OAuthBrowser.userId;
import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.kit.node.Settings;
import java.time.Duration;
import java.time.Instant;
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
  private static OAuthBrowser browser;

  @BeforeAll
  static void start() {
    provider = new FakeProvider();
    server = ControlServer.start(provider.settings());
    browser = new OAuthBrowser(server, provider);
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

  @Test
  void aBrowserIsSentThereAndBackToTheWebWithASession() {
    var start = server.request("GET", "/v1/auth/oauth/google/start").send();
    var begun = new OAuthBrowser.Begun("google", start.cookie(), start.header("location"));
    assertThat(start.status()).isEqualTo(302);
    assertThat(start.header("cache-control")).isEqualTo("no-store");
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
    var end = browser.back(begun, code, begun.state(), "").send();

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
    var begun = browser.begin("google");
    var other = browser.begin("google");
    var code = provider.consent(begun.url(), somebody());

    refused(browser.back(begun, code, other.state(), "&mode=json").send(), 401, "UNAUTHORIZED");
    refused(browser.back(begun, code, "", "&mode=json").send(), 401, "UNAUTHORIZED");
    assertThat(browser.back(begun, code).status()).isEqualTo(200);
  }

  @Test
  void whoBeganNothingIsRefused() {
    var begun = browser.begin("google");
    var code = provider.consent(begun.url(), somebody());
    var tampered = begun.cookie().substring(0, begun.cookie().length() - 4) + "AAAA";

    for (var cookie : new String[] {"a=b", "vespid_oauth=x.y.z", "vespid_oauth=", tampered}) {
      refused(
          browser.back(new OAuthBrowser.Begun("google", cookie, begun.url()), code),
          401,
          "UNAUTHORIZED");
    }
    refused(
        browser.back(new OAuthBrowser.Begun("github", begun.cookie(), begun.url()), code),
        401,
        "UNAUTHORIZED");
  }

  @Test
  void anAccessTokenIsNoLoginUnderWay() {
    var token = server.person().token;

    refused(
        browser.back(
            new OAuthBrowser.Begun("google", "vespid_oauth=" + token, "http://x?state=s"), "code"),
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
        browser.back(
            new OAuthBrowser.Begun("google", cookie, "http://x?state=" + context.state()), "code"),
        401,
        "UNAUTHORIZED");
  }

  @Test
  void anAnswerIsTakenOnce() {
    var begun = browser.begin("google");
    var persona = somebody();
    userId(browser.back(begun, provider.consent(begun.url(), persona)));

    // A new code does not help: the login it belongs to is over.
    refused(browser.back(begun, provider.consent(begun.url(), persona)), 401, "UNAUTHORIZED");
  }

  @Test
  void aNonceOfAnotherLoginIsRefused() {
    provider.nonceInstead = "another";

    refused(browser.login("google", somebody()), 401, "OAUTH_INVALID_NONCE");
  }

  @Test
  void anIdTokenForAnotherOrTooOldIsRefused() {
    provider.audience = "client-2";
    refused(browser.login("google", somebody()), 502, "OAUTH_EXCHANGE_FAILED");
    provider.audience = FakeProvider.CLIENT_ID;
    provider.lifeSec = -1;
    refused(browser.login("google", somebody()), 502, "OAUTH_EXCHANGE_FAILED");
  }

  @ParameterizedTest
  @ValueSource(strings = {"google", "github"})
  void aProviderInTroubleIsToldAsSuch(String name) {
    provider.tokenStatus = 500;
    refused(browser.login(name, somebody()), 502, "OAUTH_EXCHANGE_FAILED");
    provider.tokenStatus = 200;
    refused(browser.back(browser.begin(name), "no-such-code"), 502, "OAUTH_EXCHANGE_FAILED");
    if (name.equals("google")) return;
    provider.apiStatus = 500;
    refused(browser.login(name, somebody()), 502, "OAUTH_EXCHANGE_FAILED");
  }

  @Test
  void whoSaysNoAtTheProviderIsNotLetIn() {
    var begun = browser.begin("google");
    var path = "/v1/auth/oauth/google/callback?error=access_denied&state=" + begun.state();

    var reply = server.request("GET", path).header("Cookie", begun.cookie()).send();

    refused(reply, 401, "UNAUTHORIZED");
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
