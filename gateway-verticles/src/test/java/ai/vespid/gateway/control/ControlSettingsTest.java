package ai.vespid.gateway.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.kit.node.Catalogue;
import ai.vespid.kit.node.ConfigurationException;
import ai.vespid.kit.node.Settings;
import io.vertx.core.json.JsonObject;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;

/** What the control verticle may be told. */
final class ControlSettingsTest {
  private static final String SECRET = "sixteen-or-more-characters";

  private static ControlSettings bind(JsonObject json) {
    return Settings.bind("control", json, ControlSettings.class);
  }

  private static JsonObject secrets() {
    return new JsonObject().put("authTokenSecret", SECRET).put("serviceToken", SECRET);
  }

  @Test
  void needsNothingButItsSecrets() {
    var settings = bind(secrets());

    assertThat(settings.port()).isEqualTo(3001);
    assertThat(settings.accessTokenTtlSec()).isEqualTo(900);
    assertThat(settings.sessionTtlSec()).isEqualTo(604_800);
    assertThat(settings.staleAfterMs()).isEqualTo(60_000);
    assertThat(settings.toString()).doesNotContain(SECRET);
  }

  @Test
  void doesNotStartWithoutThem() {
    assertThatThrownBy(() -> bind(new JsonObject().put("serviceToken", SECRET)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("AUTH_TOKEN_SECRET");
    assertThatThrownBy(() -> bind(secrets().put("serviceToken", "short")))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("INTERNAL_API_SERVICE_TOKEN")
        .hasMessageNotContaining("short");
  }

  @Test
  void aLoginProviderNeedsAllItsSettings() {
    var google = secrets().put("googleClientId", "id");

    assertThatThrownBy(() -> bind(google)).hasMessageContaining("GOOGLE_CLIENT_SECRET");
    google.put("googleClientSecret", "the-secret");
    assertThatThrownBy(() -> bind(google))
        .hasMessageContaining("OAUTH_STATE_SECRET")
        .hasMessageNotContaining("the-secret");
    assertThat(bind(google.put("oauthStateSecret", SECRET)).toString())
        .doesNotContain("the-secret", SECRET);
  }

  @Test
  void keepsTheStaleTimeWithinThirtySecondsAndFiveMinutes() {
    assertThat(bind(secrets().put("staleAfterMs", 1)).staleAfterMs()).isEqualTo(30_000);
    assertThat(bind(secrets().put("staleAfterMs", 9_999_999)).staleAfterMs()).isEqualTo(300_000);
  }

  @Test
  void refusesWhatItDoesNotKnow() {
    assertThatThrownBy(() -> bind(secrets().put("prot", 1)))
        .hasMessageContaining("\"prot\"")
        .hasMessageContaining("port");
    assertThatThrownBy(() -> bind(secrets().put("orgContextEnforcement", "maybe")))
        .hasMessageContaining("strict or warn");
    assertThatThrownBy(() -> bind(secrets().put("port", 70_000)))
        .hasMessageContaining("port must be from 0 to 65535");
  }

  @Test
  void isOfferedToTheServer() {
    var names =
        ServiceLoader.load(Catalogue.class).stream()
            .flatMap(provider -> provider.get().entries().stream())
            .map(Catalogue.Entry::name);

    assertThat(names).contains("control");
  }
}
