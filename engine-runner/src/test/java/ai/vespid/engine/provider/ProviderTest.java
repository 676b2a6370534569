package ai.vespid.engine.provider;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.engine.Chunk;
import ai.vespid.protocol.engine.Chunk.Delta;
import ai.vespid.protocol.engine.Chunk.Finish;
import ai.vespid.protocol.engine.Chunk.Reason;
import ai.vespid.protocol.engine.Chunk.ToolCall;
import ai.vespid.protocol.engine.Chunk.Usage;
import ai.vespid.protocol.engine.Inference.Assistant;
import ai.vespid.protocol.engine.Inference.System;
import ai.vespid.protocol.engine.Inference.ToolResult;
import ai.vespid.protocol.engine.Inference.User;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each provider's own format, over a real connection. */
final class ProviderTest {
  private ProviderSite site;
  private final Heard heard = new Heard();

  @BeforeEach
  void open() {
    site = new ProviderSite();
  }

  @AfterEach
  void close() {
    site.close();
  }

  private static String[] all(Wire wire, String[]... parts) {
    return Stream.concat(Stream.of(wire.opening()), Stream.of(parts).flatMap(Stream::of))
        .toArray(String[]::new);
  }

  @ParameterizedTest
  @EnumSource(Wire.class)
  void handsOnEachPieceBeforeTheNextIsSaid(Wire wire) throws Exception {
    var told = site.standIn.thenAsTold();
    site.ask(wire, ProviderSite.asked(new System("be brief"), new User("hi")), heard);
    var answer = told.get(10, TimeUnit.SECONDS);
    answer.say(wire.opening());
    for (var piece : List.of("Hel", "lo \n", " you")) {
      answer.say(wire.text(piece));
      assertThat(heard.next()).isEqualTo(new Delta(piece));
    }
    for (var event : wire.closing(wire.stop(), 7, 3)) answer.say(event);
    answer.end();

    assertThat(heard.rest()).containsExactly(new Usage(7, 3), new Finish(Reason.STOP));
  }

  @ParameterizedTest
  @EnumSource(Wire.class)
  void tellsWhichToolIsWantedByOurName(Wire wire) throws Exception {
    var call = wire.toolCall("call-7", "shell_run", "{\"script\":\"uname -s\"}");
    site.standIn.thenSay(
        all(wire, new String[] {wire.text("I look.")}, call, wire.closing(wire.tools(), 7, 9)));
    site.ask(wire, ProviderSite.asked(new User("which system?")), heard);
    var rest = heard.rest();

    assertThat(rest.getFirst()).isEqualTo(new Delta("I look."));
    var wanted = (ToolCall) rest.get(1);
    assertThat(wanted.toolId()).isEqualTo("shell.run");
    assertThat(wanted.input().text()).isEqualToIgnoringWhitespace("{\"script\":\"uname -s\"}");
    assertThat(wanted.id()).isNotBlank();
    assertThat(rest.getLast()).isEqualTo(new Finish(Reason.TOOL_CALLS));
  }

  @ParameterizedTest
  @EnumSource(Wire.class)
  void tellsTheWholeConversationAndTheToolsInTheProvidersWords(Wire wire) throws Exception {
    site.standIn.thenSay(
        all(wire, new String[] {wire.text("Linux.")}, wire.closing(wire.stop(), 7, 3)));
    var call = new ToolCall("call-7", "shell.run", RawJson.of("{\"script\":\"uname -s\"}"));
    var asked =
        ProviderSite.asked(
            new System("be brief"),
            new System("be kind"),
            new User("which system?"),
            new Assistant("I look.", List.of()),
            new Assistant("", List.of(call)),
            new ToolResult("call-7", "shell.run", false, "Linux"));
    site.ask(wire, asked, heard);
    assertThat(heard.last()).isEqualTo(new Finish(Reason.STOP));
    var told = site.standIn.await().body().encode();

    assertThat(told).contains("be brief", "be kind", "which system?", "I look.", "Linux");
    assertThat(told).contains("shell_run", "uname -s", "\"bash\"", "Runs a script.");
    assertThat(told).doesNotContain("shell.run", ProviderSite.KEY);
  }

  @Test
  void asksEachProviderWhereAndHowItWantsToBeAsked() throws Exception {
    for (var wire : Wire.values()) {
      site.standIn.thenSay(
          all(wire, new String[] {wire.text("x")}, wire.closing(wire.stop(), 1, 1)));
      var one = new Heard();
      site.ask(wire, ProviderSite.asked(new User("hi")), one);
      assertThat(one.last()).isEqualTo(new Finish(Reason.STOP));
      var asked = site.standIn.await();
      var headers = asked.headers();
      switch (wire) {
        case OPENAI -> {
          assertThat(asked.path()).isEqualTo("/v1/chat/completions");
          assertThat(headers.get("Authorization")).isEqualTo("Bearer " + ProviderSite.KEY);
          assertThat(asked.body().getString("model")).isEqualTo("model-x");
          assertThat(asked.body().getBoolean("stream")).isTrue();
        }
        case ANTHROPIC -> {
          assertThat(asked.path()).isEqualTo("/v1/messages");
          assertThat(headers.get("x-api-key")).isEqualTo(ProviderSite.KEY);
          assertThat(headers.get("anthropic-version")).isEqualTo("2023-06-01");
          assertThat(asked.body().getInteger("max_tokens")).isEqualTo(4_096);
        }
        case GEMINI -> {
          assertThat(asked.path()).isEqualTo("/v1beta/models/model-x:streamGenerateContent");
          assertThat(headers.get("x-goog-api-key")).isEqualTo(ProviderSite.KEY);
          assertThat(asked.query()).contains("alt=sse").doesNotContain(ProviderSite.KEY);
        }
      }
    }
  }

  @Test
  void asksVertexWithATokenInTheProjectOfTheSecret() throws Exception {
    var wire = Wire.GEMINI;
    site.standIn.thenSay(all(wire, new String[] {wire.text("x")}, wire.closing(wire.stop(), 1, 1)));
    var settings = ProviderSettings.of(Kind.VERTEX).at(site.standIn.url(), null);
    var http = java.net.http.HttpClient.newHttpClient();
    var vertex =
        new Provider("llm.vertex", settings, http, token -> "access-" + token, site.meters);
    var secret = "{\"refreshToken\":\"r1\",\"projectId\":\"p-1\",\"location\":\"europe-west4\"}";
    vertex.ask(ProviderSite.asked(new User("hi")), secret, heard);
    assertThat(heard.last()).isEqualTo(new Finish(Reason.STOP));
    var asked = site.standIn.await();

    assertThat(asked.path())
        .isEqualTo(
            "/v1/projects/p-1/locations/europe-west4/publishers/google/models/model-x"
                + ":streamGenerateContent");
    assertThat(asked.headers().get("Authorization")).isEqualTo("Bearer access-r1");
    assertThat(asked.headers().contains("x-goog-api-key")).isFalse();
  }

  @Test
  void asksVertexAgainWithAnotherTokenWhenTheFirstIsRefused() throws Exception {
    var wire = Wire.GEMINI;
    site.standIn.thenRefuse(401, null, "{}");
    site.standIn.thenSay(all(wire, new String[] {wire.text("x")}, wire.closing(wire.stop(), 1, 1)));
    var settings = ProviderSettings.of(Kind.VERTEX).at(site.standIn.url(), null);
    var tokens =
        new GoogleTokens() {
          private int refused;

          @Override
          public String of(String refreshToken) {
            return "access-" + refused;
          }

          @Override
          public void refused(String refreshToken) {
            refused++;
          }
        };
    var http = java.net.http.HttpClient.newHttpClient();
    var vertex = new Provider("llm.vertex", settings, http, tokens, site.meters);
    var secret = "{\"refreshToken\":\"r1\",\"projectId\":\"p-1\",\"location\":\"europe-west4\"}";
    vertex.ask(ProviderSite.asked(new User("hi")), secret, heard);
    assertThat(heard.last()).isEqualTo(new Finish(Reason.STOP));

    assertThat(site.standIn.await().headers().get("Authorization")).isEqualTo("Bearer access-0");
    assertThat(site.standIn.await().headers().get("Authorization")).isEqualTo("Bearer access-1");
  }

  @Test
  void tellsGeminiTheSignatureOfACallAgainWithAllThatWasWantedAtOnce() throws Exception {
    var wire = Wire.GEMINI;
    var parts =
        new JsonArray()
            .add(part("uname -s").put("thoughtSignature", "c2lnbmVk"))
            .add(part("uname -r"));
    site.standIn.thenSay(all(wire, new String[] {event(parts)}, wire.closing(wire.tools(), 7, 9)));
    site.ask(wire, ProviderSite.asked(new User("which system?")), heard);
    var wanted = heard.rest();
    var first = (ToolCall) wanted.get(0);
    var second = (ToolCall) wanted.get(1);
    assertThat(first.signature()).isEqualTo("c2lnbmVk");
    assertThat(second.signature()).isNull();
    site.standIn.await();
    site.standIn.thenSay(
        all(wire, new String[] {wire.text("Linux.")}, wire.closing(wire.stop(), 7, 3)));
    // As a session tells it: each call with its result, one after the other.
    var again = new Heard();
    site.ask(
        wire,
        ProviderSite.asked(
            new User("which system?"),
            new Assistant("", List.of(first)),
            new ToolResult(first.id(), "shell.run", false, "Linux"),
            new Assistant("", List.of(second)),
            new ToolResult(second.id(), "shell.run", false, "7.0")),
        again);
    assertThat(again.last()).isEqualTo(new Finish(Reason.STOP));

    var contents = site.standIn.await().body().getJsonArray("contents");
    var calls = contents.getJsonObject(1).getJsonArray("parts");
    assertThat(calls).hasSize(2);
    assertThat(calls.getJsonObject(0).getString("thoughtSignature")).isEqualTo("c2lnbmVk");
    assertThat(calls.getJsonObject(1).containsKey("thoughtSignature")).isFalse();
    assertThat(contents.encode()).contains("uname -s", "uname -r", "Linux", "7.0");
  }

  private static JsonObject part(String script) {
    var args = new JsonObject().put("script", script);
    var call = new JsonObject().put("name", "shell_run").put("args", args);
    return new JsonObject().put("functionCall", call);
  }

  private static String event(JsonArray parts) {
    var content = new JsonObject().put("parts", parts).put("role", "model");
    var candidate = new JsonObject().put("content", content).put("index", 0);
    return "data: " + new JsonObject().put("candidates", new JsonArray().add(candidate));
  }

  @ParameterizedTest
  @EnumSource(Wire.class)
  void cutsAnAnswerThatIsTooLongAndEndsItsRequest(Wire wire) throws Exception {
    var told = site.standIn.thenAsTold();
    site.ask(wire, ProviderSite.asked(10, 20_000), heard);
    var answer = told.get(10, TimeUnit.SECONDS);
    answer.say(wire.opening());
    answer.say(wire.text("0123456"));
    answer.say(wire.text("789abcdef"));
    answer.closed().get(10, TimeUnit.SECONDS);
    var rest = heard.rest();

    assertThat(rest).startsWith(new Delta("0123456"), new Delta("789"));
    assertThat(rest.getLast()).isEqualTo(new Finish(Reason.LENGTH));
  }

  @Test
  void countsWhatItCost() throws Exception {
    var wire = Wire.OPENAI;
    site.standIn.thenSay(
        all(wire, new String[] {wire.text("x")}, wire.closing(wire.stop(), 12, 5)));
    site.ask(wire, ProviderSite.asked(new User("hi")), heard);
    List<Chunk> rest = heard.rest();

    assertThat(rest).contains(new Usage(12, 5));
    assertThat(site.meters.get("vespid.engine.tokens").tag("side", "in").counter().count())
        .isEqualTo(12);
    assertThat(site.meters.get("vespid.engine.calls").tag("outcome", "OK").counter().count())
        .isEqualTo(1);
  }
}
