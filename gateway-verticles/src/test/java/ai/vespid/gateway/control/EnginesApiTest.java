package ai.vespid.gateway.control;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.bus.Done;
import ai.vespid.protocol.bus.EngineRunner;
import ai.vespid.protocol.bus.EngineRunner.Begun;
import ai.vespid.protocol.bus.EngineRunner.Infer;
import ai.vespid.protocol.bus.EngineRunner.Read;
import ai.vespid.protocol.bus.EngineRunner.Said;
import ai.vespid.protocol.bus.Message;
import ai.vespid.protocol.engine.Chunk;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which engines there are, and whether a provider takes a key. */
@Timeout(180)
final class EnginesApiTest {
  private static final String KEY = "sk-of-the-organization-27182818";

  private static final List<Infer> asked = new CopyOnWriteArrayList<>();
  private static volatile Chunk says;
  private static ControlServer server;

  @BeforeAll
  static void start() {
    server = ControlServer.start();
    server.bus().serve(EngineRunner.at("gw-1", 0), 4, EnginesApiTest::runner).await();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void nothingWasAsked() {
    asked.clear();
    says = new Chunk.Delta("ok");
  }

  private static Future<? extends Message> runner(EngineRunner<?> request) {
    return switch (request) {
      case Infer infer -> {
        asked.add(infer);
        yield Future.succeededFuture(new Begun());
      }
      case Read read ->
          Future.succeededFuture(
              new Said(read.seen(), read.seen() == 0 ? List.of(says) : List.of()));
      case EngineRunner.Cancel _ -> Future.succeededFuture(new Done());
    };
  }

  @Test
  void listsTheEnginesOfHostsAndProvidersForEverybody() {
    var engines =
        server.request("GET", "/v1/agent/engines").send().json().getJsonArray("engines").stream()
            .map(JsonObject.class::cast)
            .toList();

    assertThat(engines)
        .extracting(engine -> engine.getString("id"))
        .contains("gateway.codex.v2", "gateway.claude.v2", "gateway.opencode.v2", "llm.openai");
    var claude =
        engines.stream()
            .filter(engine -> engine.getString("id").equals("gateway.claude.v2"))
            .findFirst()
            .orElseThrow();
    assertThat(claude.getString("displayName")).isEqualTo("Claude Code");
    assertThat(claude.getString("cliCommand")).isEqualTo("claude");
    assertThat(claude.getString("defaultModel")).isEqualTo("claude-sonnet-4-20250514");
    assertThat(claude.getString("defaultSecretConnectorId")).isEqualTo("agent.claude");
    assertThat(claude.getJsonArray("aliases")).containsExactly("claude.agent-sdk.v1");
  }

  @Test
  void saysThatAKeyIsGoodOnceItsModelAnswers() {
    var person = server.person();
    var reply =
        person
            .own("POST", "/llm/providers/openai/test-key")
            .body(new JsonObject().put("apiKey", KEY))
            .send();

    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.json().getBoolean("valid")).isTrue();
    assertThat(reply.json().getString("provider")).isEqualTo("openai");
    assertThat(reply.json().getString("apiKind")).isEqualTo("openai");
    assertThat(reply.json().getString("checkedAt")).endsWith("Z");
    assertThat(asked.getFirst().asked().engineId()).isEqualTo("llm.openai");
    // Sealed on its way.
    assertThat(asked.getFirst().asked().secret()).isNotNull().doesNotContain(KEY);
  }

  @ParameterizedTest
  @CsvSource({
    "401, llm.openai answered 401 (invalid_api_key), 400, LLM_KEY_INVALID",
    "403, llm.openai answered 403, 400, LLM_KEY_INVALID",
    "400, llm.openai answered 400 (API_KEY_INVALID), 400, LLM_KEY_INVALID",
    "404, llm.openai answered 404 (model_not_found), 200, ",
    "429, llm.openai answered 429, 200, ",
    "503, llm.openai answered 503, 503, LLM_KEY_TEST_UNAVAILABLE"
  })
  void tellsAKeyThatIsRefusedFromEverythingElse(
      int status, String message, int answered, String code) {
    says = new Chunk.Failed(ErrorCode.OPENAI_REQUEST_FAILED, message, status);
    var person = server.person();
    var reply =
        person
            .own("POST", "/llm/providers/openai/test-key")
            .body(new JsonObject().put("apiKey", KEY))
            .send();

    assertThat(reply.status()).isEqualTo(answered);
    if (code != null) assertThat(reply.code()).isEqualTo(code);
    assertThat(reply.json().encode()).doesNotContain(KEY);
  }

  @Test
  void triesAStoredKeyOfThatProviderAlone() {
    var person = server.person();
    var stored =
        person
            .own("POST", "/secrets")
            .body(
                new JsonObject()
                    .put("connectorId", "llm.anthropic")
                    .put("name", "k")
                    .put("value", KEY))
            .send();
    var secretId = stored.json().getJsonObject("secret").getString("id");
    var body = new JsonObject().put("secretId", secretId);
    var right = person.own("POST", "/llm/providers/anthropic/test-key").body(body).send();
    var wrong = person.own("POST", "/llm/providers/openai/test-key").body(body).send();
    var neither =
        person.own("POST", "/llm/providers/openai/test-key").body(new JsonObject()).send();

    assertThat(right.status()).isEqualTo(200);
    assertThat(wrong.code()).isEqualTo("SECRET_NOT_FOUND");
    assertThat(neither.code()).isEqualTo("BAD_REQUEST");
    assertThat(asked).hasSize(1);
  }
}
