package ai.vespid.protocol.workflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.RawJson;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which engine an {@code agent.run} of either generation means, and where it thinks. */
class AgentRunEngineTest {
  private static AgentRun read(String more) {
    var config = "{'prompt':{'instructions':'x'},%s}".formatted(more).replace('\'', '"');
    return (AgentRun) NodeConfig.TYPES.get("agent.run").read(RawJson.of(config));
  }

  @ParameterizedTest
  @CsvSource({
    "gateway.claude.v2,llm.anthropic,claude-sonnet-4-20250514",
    "claude.agent-sdk.v1,llm.anthropic,claude-sonnet-4-20250514",
    "gateway.codex.v2,llm.openai,gpt-5-codex",
    "codex.sdk.v1,llm.openai,gpt-5-codex",
    "gateway.opencode.v2,llm.openai,",
    "llm.gemini,llm.gemini,",
    "scripted,scripted,"
  })
  void inTheCloudAnEngineIsTheModelOfItsProvider(String id, String model, String usual) {
    var run = read("'engine':{'id':'%s'},'execution':{'mode':'cloud'}".formatted(id));

    assertThat(run.remote()).isFalse();
    assertThat(run.engine().asModel().id()).isEqualTo(model);
    assertThat(run.engine().asModel().model()).isEqualTo(usual);
  }

  @Test
  void aProgramOfExecutorsRunsThereUnlessItIsToldOtherwise() {
    assertThat(read("'engine':{'id':'gateway.claude.v2'}").remote()).isTrue();
    assertThat(read("'engine':{'id':'llm.openai'}").remote()).isFalse();
    assertThatThrownBy(() -> read("'engine':{'id':'llm.x'},'execution':{'mode':'executor'}"))
        .isInstanceOf(InvalidMessage.class);
    assertThatThrownBy(() -> read("'engine':{'id':'other'},'execution':{'mode':'cloud'}"))
        .isInstanceOf(InvalidMessage.class);
  }

  @ParameterizedTest
  @CsvSource({
    "gateway.claude.v2,llm.anthropic,true",
    "gateway.claude.v2,agent.claude,true",
    "gateway.claude.v2,llm.openai,false",
    "codex.sdk.v1,agent.codex,true",
    "codex.sdk.v1,agent.claude,false",
    "llm.vertex,llm.vertex.oauth,true",
    "llm.openai,agent.codex,false"
  })
  void aSecretIsForTheProviderItWasStoredFor(String id, String connectorId, boolean takes) {
    var engine = new AgentRun.Engine(id, null, null);

    assertThat(engine.takes(connectorId)).isEqualTo(takes);
  }

  @Test
  void theLoopOfTheFirstGenerationThinksInTheWorker() {
    var secret = "11111111-1111-4111-8111-111111111111";
    var run =
        read(
            """
            'engine':{'id':'vespid.loop.v1'},
            'llm':{'provider':'anthropic','model':'claude-3','auth':{'secretId':'%s','fallbackToEnv':true}},
            'execution':{'mode':'node','selector':{'tag':'east'}}
            """
                .formatted(secret));

    assertThat(run.remote()).isFalse();
    assertThat(run.engine().id()).isEqualTo("llm.anthropic");
    assertThat(run.engine().model()).isEqualTo("claude-3");
    assertThat(run.secretId()).hasValue(secret);
    assertThat(run.execution().selector().tag()).isEqualTo("east");
    assertThat(read("'llm':{'provider':'openai','model':'gpt-4'}").engine().id())
        .isEqualTo("llm.openai");
  }

  @Test
  void aProgramOfTheFirstGenerationTakesItsModelFromWhereItStoodThen() {
    var run = read("'engine':{'id':'codex.sdk.v1'},'llm':{'provider':'openai','model':'gpt-5'}");

    assertThat(run.remote()).isTrue();
    assertThat(run.engine().id()).isEqualTo("codex.sdk.v1");
    assertThat(run.engine().model()).isEqualTo("gpt-5");
    assertThatThrownBy(() -> read("'llm':{'provider':'other','model':'x'}"))
        .isInstanceOf(InvalidMessage.class);
  }
}
