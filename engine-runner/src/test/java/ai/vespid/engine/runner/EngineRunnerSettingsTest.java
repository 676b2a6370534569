package ai.vespid.engine.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.engine.provider.Kind;
import ai.vespid.kit.node.ConfigurationException;
import ai.vespid.kit.node.Settings;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.Test;

final class EngineRunnerSettingsTest {
  private static EngineRunnerSettings bind(String json) {
    return Settings.bind("engine-runner", new JsonObject(json), EngineRunnerSettings.class);
  }

  @Test
  void hasTheProvidersEverybodyKnows() {
    assertThat(bind("{}").engines())
        .containsOnlyKeys("llm.openai", "llm.anthropic", "llm.gemini", "llm.vertex");
  }

  @Test
  void takesMoreOfThemAndOtherSettingsOfTheKnown() {
    var engines =
        bind("""
        {"openaiApiKey": "k", "openaiBaseUrl": "http://gateway.internal/openai/v2",
         "providers": {
           "ollama": {"baseUrl": "http://localhost:11434", "model": "llama3.2"},
           "openai": {"concurrency": 3, "kind": "gemini"}}}
        """)
            .engines();

    assertThat(engines.get("llm.ollama").kind()).isEqualTo(Kind.OPENAI);
    assertThat(engines.get("llm.ollama").model()).isEqualTo("llama3.2");
    assertThat(engines.get("llm.openai").concurrency()).isEqualTo(3);
    assertThat(engines.get("llm.openai").kind()).isEqualTo(Kind.OPENAI);
    assertThat(engines.get("llm.openai").apiKey()).isEqualTo("k");
    assertThat(engines.get("llm.openai").baseUrl()).isEqualTo("http://gateway.internal/openai/v2");
  }

  @Test
  void opensNoPortWithoutAToken() {
    assertThatThrownBy(() -> bind("{\"port\": 3003}"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("ENGINE_RUNNER_TOKEN");
  }

  @Test
  void refusesWhatCannotBeAndRepeatsNoKey() {
    for (var json :
        new String[] {
          "{\"providers\": {\"x\": {\"baseUrl\": \"file:///etc/passwd\", \"apiKey\": \"sk-1\"}}}",
          "{\"providers\": {\"X.y\": {\"apiKey\": \"sk-1\"}}}",
          "{\"providers\": {\"x\": {\"apiKey\": \"sk-1\", \"concurency\": 1}}}",
          "{\"vertexClientId\": \"id\"}",
          "{\"callsMax\": 0, \"openaiApiKey\": \"sk-1\"}"
        }) {
      assertThatThrownBy(() -> bind(json))
          .isInstanceOf(ConfigurationException.class)
          .hasMessageNotContaining("sk-1");
    }
    assertThat(bind("{\"openaiApiKey\": \"sk-1\"}").toString()).doesNotContain("sk-1");
  }
}
