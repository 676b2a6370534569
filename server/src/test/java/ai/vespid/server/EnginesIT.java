package ai.vespid.server;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.engine.provider.StandIn;
import ai.vespid.engine.provider.Wire;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Conversations with a model, through everything {@code vespid up} starts, agent included. */
@Timeout(180)
final class EnginesIT {
  private static final String KEY = "sk-of-the-organization-31415926";
  private static final Wire WIRE = Wire.OPENAI;

  @TempDir private static Path folder;
  private static Vertx vertx;
  private static StandIn provider;
  private static UpSite up;

  @BeforeAll
  static void start() {
    vertx = Vertx.vertx();
    provider = new StandIn(vertx);
    up = UpSite.start(folder, Map.of("OPENAI_API_BASE_URL", provider.url()));
  }

  @AfterAll
  static void stop() {
    if (up != null) up.close();
    provider.close();
    vertx.close().await();
  }

  private static String session(String secretId) {
    var engine = new JsonObject().put("id", "llm.openai").put("model", "model-x");
    if (secretId != null) engine.put("auth", new JsonObject().put("secretId", secretId));
    var body =
        new JsonObject()
            .put("engine", engine)
            .put("prompt", new JsonObject().put("instructions", "Be brief."))
            .put("tools", new JsonObject().put("allow", new JsonArray().add("shell.run")));
    return up.post("/sessions", body).getJsonObject("session").getString("id");
  }

  private static String secret(String connectorId, String name) {
    var body = new JsonObject().put("connectorId", connectorId).put("name", name).put("value", KEY);
    return up.post("/secrets", body).getJsonObject("secret").getString("id");
  }

  private static void say(String sessionId, String message) {
    up.post("/sessions/" + sessionId + "/messages", new JsonObject().put("message", message));
  }

  private static void say(StandIn.Answer answer, String... events) {
    for (var event : events) answer.say(event);
  }

  private static String text(JsonObject frame) {
    return "turn_delta".equals(frame.getString("kind")) ? frame.getString("text") : null;
  }

  @Test
  void usesAToolOnTheAgentAndAnswersPieceByPiece() throws Exception {
    var sessionId = session(secret("llm.openai", "tools"));
    var screen = up.screen();
    screen.join(sessionId);
    screen.await("session_ack");
    var first = provider.thenAsTold();
    var second = provider.thenAsTold();
    say(sessionId, "what is in the file?");
    var wantsTool = first.get(30, SECONDS);
    say(wantsTool, WIRE.opening(), WIRE.text("I look."));
    screen.await(frame -> "I look.".equals(text(frame)));
    say(wantsTool, WIRE.toolCall("call-1", "shell_run", "{\"script\":\"echo for\\u0074y-two\"}"));
    say(wantsTool, WIRE.closing(WIRE.tools(), 20, 9));
    wantsTool.end();
    var answers = second.get(30, SECONDS);
    say(answers, WIRE.opening());
    // Each piece is seen before the next is said.
    for (var piece : List.of("It is", " forty", "-two.")) {
      say(answers, WIRE.text(piece));
      screen.await(frame -> piece.equals(text(frame)));
    }
    say(answers, WIRE.closing(WIRE.stop(), 40, 5));
    answers.end();
    var last = screen.await("agent_final");

    assertThat(last.getString("content")).isEqualTo("It is forty-two.");
    var asked = provider.await();
    assertThat(asked.headers().get("Authorization")).isEqualTo("Bearer " + KEY);
    assertThat(asked.body().getJsonArray("tools").encode()).contains("\"shell_run\"");
    assertThat(provider.await().body().encode()).contains("forty-two", "call-1", "I look.");
    assertThat(up.get("/sessions/" + sessionId + "/events").encode())
        .contains("\"tool_call\"", "\"tool_result\"", "shell.run")
        .contains("\"usage\":{\"inputTokens\":60,\"outputTokens\":14}")
        .doesNotContain(KEY);
    assertThat(up.log()).doesNotContain(KEY);
    screen.close();
  }

  @Test
  void closesTheRequestToTheProviderWhenTheTurnIsCanceled() throws Exception {
    var sessionId = session(secret("llm.openai", "cancel"));
    var screen = up.screen();
    screen.join(sessionId);
    var told = provider.thenAsTold();
    say(sessionId, "tell me a long story");
    var answer = told.get(30, SECONDS);
    say(answer, WIRE.opening(), WIRE.text("Once"));
    screen.await(frame -> "Once".equals(text(frame)));
    screen.cancel(sessionId);

    answer.closed().get(1, SECONDS);
    screen.await(frame ->
        "system".equals(frame.getString("eventType"))
            && frame.getJsonObject("payload").encode().contains("session_turn_canceled"));
    provider.await();
    screen.close();
  }

  @Test
  void neverTellsAProviderTheKeyOfAnotherOne() {
    var screen = up.screen();
    var other = session(secret("llm.anthropic", "other"));
    screen.join(other);
    screen.await("session_ack");
    say(other, "hello?");
    var error = screen.await(frame -> "error".equals(frame.getString("eventType")));

    assertThat(error.getJsonObject("payload").getString("code")).isEqualTo("SECRET_NOT_FOUND");
    assertThat(provider.unread()).isZero();
    screen.close();
  }
}
