package ai.vespid.agent.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.agent.engine.EngineCall.Bounds;
import ai.vespid.agent.engine.EngineCall.Key;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EngineCallTest {
  private static EngineCall call(String model) {
    var key = new Key("sk-theirs", null);
    return new EngineCall(model, "a private thing", key, false, null, 1_000, new Bounds(1, 1, 256));
  }

  @ParameterizedTest
  @ValueSource(strings = {"--dangerously-skip-permissions", "a b", "", "x;y"})
  void aModelThatWouldBeAnOptionIsRefused(String model) {
    assertThatThrownBy(() -> call(model)).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"claude-sonnet-4-5", "anthropic/claude-opus-4-6", "gpt-5.1", "opus[1m]"})
  void whatVendorsCallTheirModelsIsNot(String model) {
    assertThat(call(model).model()).isEqualTo(model);
  }

  @Test
  void neitherPromptNorKeyAreInItsText() {
    assertThat(call(null).toString()).doesNotContain("private").doesNotContain("sk-theirs");
    assertThat(call(null).key().toString()).doesNotContain("sk-theirs");
  }
}
