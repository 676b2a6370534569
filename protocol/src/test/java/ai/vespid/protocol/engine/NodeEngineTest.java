package ai.vespid.protocol.engine;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.RawJson;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NodeEngineTest {
  @ParameterizedTest
  @CsvSource({
    "gateway.claude.v2,false,gateway.claude.v2",
    "gateway.claude.v2,true,key:gateway.claude.v2",
    "claude.agent-sdk.v1,false,gateway.claude.v2",
    "codex.sdk.v1,true,key:gateway.codex.v2",
    "gateway.opencode.v2,false,gateway.opencode.v2",
    "openai,false,",
    "vespid.loop.v1,true,"
  })
  void aRunIsForAgentsThatHaveItsEngineAndALoginOrNoNeedOfOne(
      String id, boolean key, String wanted) {
    var payload = "{\"nodeId\":\"n\",\"node\":{\"config\":{\"engine\":{\"id\":\"" + id + "\"}}}}";

    assertThat(NodeEngine.wanted(RawJson.of(payload), key)).isEqualTo(wanted);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"{}", "null", "7", "{\"node\":{\"config\":{\"engine\":7}}}"})
  void aPayloadThatNamesNoneIsForAnybody(String payload) {
    assertThat(NodeEngine.wanted(RawJson.of(payload), false)).isNull();
  }
}
