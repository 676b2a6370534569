package ai.vespid.gateway.control;

import static ai.vespid.gateway.control.OAuthBrowser.refused;
import static ai.vespid.gateway.control.OAuthBrowser.somebody;
import static ai.vespid.gateway.control.OAuthBrowser.userId;
import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.gateway.control.FakeProvider.Persona;
import io.vertx.core.json.JsonObject;
import java.util.Locale;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which account somebody gets who comes by a provider. */
final class ProviderAccountsTest {
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

  @ParameterizedTest
  @ValueSource(strings = {"google", "github"})
  void somebodyNewGetsAnAccountWithAPersonalOrganization(String name) {
    var persona = somebody();

    var reply = browser.login(name, persona);

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
    var first = userId(browser.login(name, persona));

    var moved = new Persona(persona.subject(), "moved-" + persona.email(), false, "New Name");

    assertThat(userId(browser.login(name, moved))).isEqualTo(first);
  }

  @Test
  void twoAnswersAtOnceAreOnePerson() {
    var persona = somebody();
    var answers =
        Stream.generate(() -> browser.begin("google"))
            .limit(8)
            .map(begun ->
                browser
                    .back(
                        begun, provider.consent(begun.url(), persona), begun.state(), "&mode=json")
                    .sendAsync())
            .toList();

    assertThat(answers.stream().map(answer -> userId(answer.join())).distinct()).hasSize(1);
  }

  @Test
  void theSameIdAtAnotherProviderIsSomebodyElse() {
    var google = somebody();
    var github = new Persona(google.subject(), "hub-" + google.email(), true, "Other");

    assertThat(userId(browser.login("github", github)))
        .isNotEqualTo(userId(browser.login("google", google)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"google", "github"})
  void withoutAVerifiedAddressThereIsNoAccount(String name) {
    refused(browser.login(name, somebody(null, true)), 400, "OAUTH_EMAIL_REQUIRED");
    refused(browser.login(name, somebody("no-address", true)), 400, "OAUTH_EMAIL_REQUIRED");
    var email = "unverified-" + UUID.randomUUID() + "@example.org";
    refused(browser.login(name, somebody(email, false)), 400, "OAUTH_EMAIL_REQUIRED");
    assertThat(server.person(email).userId).isNotBlank();
  }

  @ParameterizedTest
  @ValueSource(strings = {"google", "github"})
  void anAddressAloneOpensNobodysAccount(String name) {
    var owner = server.person();

    refused(browser.login(name, somebody(owner.email, false)), 400, "OAUTH_EMAIL_REQUIRED");
    refused(
        browser.login(name, somebody(owner.email.toUpperCase(Locale.ROOT), true)), 409, "CONFLICT");
  }

  @Test
  void whoIsSignedInToTheAccountWithThatAddressMayUseBoth() {
    var owner = server.person();
    var persona = somebody(owner.email, true);
    var begun = browser.begin("google");
    var code = provider.consent(begun.url(), persona);

    var linked =
        browser
            .back(begun, code, begun.state(), "&mode=json")
            .header("Cookie", begun.cookie() + "; " + owner.cookie)
            .send();

    assertThat(userId(linked)).isEqualTo(owner.userId);
    assertThat(userId(browser.login("google", persona))).isEqualTo(owner.userId);
  }

  @Test
  void whoIsSignedInToAnotherAccountIsNot() {
    var owner = server.person();
    var begun = browser.begin("google");
    var code = provider.consent(begun.url(), somebody(owner.email, true));

    var reply =
        browser
            .back(begun, code, begun.state(), "&mode=json")
            .header("Cookie", begun.cookie() + "; " + server.person().cookie)
            .send();

    refused(reply, 409, "CONFLICT");
  }

  @Test
  void whoHasNoPasswordCannotLogInWithOne() {
    var persona = somebody();
    userId(browser.login("google", persona));

    for (var password : new String[] {"x", "null"}) {
      var reply =
          server
              .request("POST", "/v1/auth/login")
              .body(new JsonObject().put("email", persona.email()).put("password", password))
              .send();
      assertThat(reply.status()).isEqualTo(401);
    }
  }
}
