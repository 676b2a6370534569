package ai.vespid.gateway.upkeep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.kit.node.ConfigurationException;
import ai.vespid.kit.node.Settings;
import ai.vespid.sql.UpkeepRepository.Kind;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the upkeep may be told. */
final class UpkeepSettingsTest {
  @Test
  void needsNothing() {
    var settings = Settings.bind("upkeep", new JsonObject(), UpkeepSettings.class);

    assertThat(settings.every()).isEqualTo(Duration.ofMinutes(5));
    assertThat(settings.kept(Kind.SESSIONS)).isEqualTo(Duration.ofDays(7));
    assertThat(settings.kept(Kind.OLD_VERSIONS)).isEqualTo(Duration.ofHours(1));
    assertThat(settings.kept(Kind.RUNS)).isEqualTo(Duration.ofDays(90));
  }

  @ParameterizedTest
  @CsvSource({
    "every, PT0S",
    "oldVersions, PT1M",
    "unusedArchives, PT1M",
    "sessions, PT-1S",
    "runs, PT1S",
    "batchMax, 0",
  })
  void aSettingThatCannotBeIsRefused(String name, String value) {
    var config = new JsonObject().put(name, name.endsWith("Max") ? Integer.valueOf(value) : value);

    assertThatThrownBy(() -> Settings.bind("upkeep", config, UpkeepSettings.class))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(name);
  }
}
