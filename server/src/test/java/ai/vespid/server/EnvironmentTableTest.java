package ai.vespid.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.kit.node.ConfigurationException;
import io.vertx.core.json.JsonObject;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class EnvironmentTableTest {
  @Test
  void everyTargetIsAKeyOfAVerticle() {
    var catalogue = Server.catalogue();
    for (var variable : EnvironmentTable.ALL) {
      for (var target : variable.targets()) {
        var parts = target.split("\\.");
        if (parts[0].equals("node") || parts[0].equals("cluster")) continue;
        assertThat(catalogue).as(variable.name()).containsKey(parts[0]);
        assertThat(catalogue.get(parts[0]).settings().getRecordComponents())
            .as(variable.name())
            .anyMatch(component -> component.getName().equals(parts[1]));
      }
    }
  }

  @Test
  void setsEveryConfiguredVerticleAndNoOther() {
    var sections = Map.of("ingress", new JsonObject(), "executor-edge", new JsonObject());

    EnvironmentReader.apply(Map.of("GATEWAY_PORT", "4000"), sections);

    assertThat(sections.get("ingress").getInteger("port")).isEqualTo(4000);
    assertThat(sections.get("executor-edge").getInteger("port")).isEqualTo(4000);
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "-1", "65536", "3002.5", "99999999999"})
  void namesTheVariableThatIsNoPort(String value) {
    assertThatThrownBy(() -> EnvironmentReader.check(Map.of("GATEWAY_PORT", value)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContainingAll("GATEWAY_PORT", value);
  }

  @Test
  void readsAFlagAndNamesTheOneThatIsNone() {
    var sections = Map.of("control", new JsonObject());

    EnvironmentReader.apply(Map.of("TRUST_FORWARDED_FOR", "true"), sections);

    assertThat(sections.get("control").getBoolean("trustForwardedFor")).isTrue();
    assertThatThrownBy(() -> EnvironmentReader.check(Map.of("TRUST_FORWARDED_FOR", "yes")))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContainingAll("TRUST_FORWARDED_FOR", "yes", "true or false");
  }

  @Test
  void refusesTheSamePortTwice() {
    assertThatThrownBy(() -> EnvironmentReader.check(Map.of("API_PORT", "3002")))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContainingAll("API_PORT", "GATEWAY_PORT", "3002");
    assertThatThrownBy(() -> EnvironmentReader.check(Map.of("GATEWAY_PORT", "3003")))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContainingAll("GATEWAY_PORT", "ENGINE_RUNNER_PORT");
  }

  @Test
  void anEmptyValueIsNone() {
    EnvironmentReader.check(Map.of("GATEWAY_PORT", "", "GATEWAY_AGENT_STALE_MS", " "));
  }

  @Test
  void theTableForPeopleHasOneLinePerVariable() {
    assertThat(EnvironmentTable.markdown().lines()).hasSize(EnvironmentTable.ALL.size() + 2);
    assertThat(Arrays.stream(EnvironmentTable.markdown().split("\n")))
        .allMatch(line -> line.chars().filter(c -> c == '|').count() == 4);
  }
}
