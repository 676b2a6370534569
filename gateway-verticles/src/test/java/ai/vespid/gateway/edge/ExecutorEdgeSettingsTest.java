package ai.vespid.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.kit.node.Settings;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ExecutorEdgeSettingsTest {
  @Test
  void asksAnAgentThreeTimesBeforeItIsStale() {
    assertThat(settings(new JsonObject()).pingEvery()).isEqualTo(Duration.ofSeconds(10));
    assertThat(settings(new JsonObject().put("staleMs", 6_000)).pingEvery())
        .isEqualTo(Duration.ofSeconds(2));
  }

  private static ExecutorEdgeSettings settings(JsonObject config) {
    return Settings.bind("executor-edge", config, ExecutorEdgeSettings.class);
  }
}
