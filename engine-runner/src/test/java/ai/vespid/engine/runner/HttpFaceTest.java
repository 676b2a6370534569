package ai.vespid.engine.runner;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.engine.provider.Heard;
import ai.vespid.engine.provider.Wire;
import ai.vespid.kit.crypto.SecretsUnderWay;
import ai.vespid.kit.engine.Engine;
import ai.vespid.kit.engine.RemoteEngine;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.engine.Chunk;
import ai.vespid.protocol.engine.Chunk.Delta;
import ai.vespid.protocol.engine.Chunk.Failed;
import ai.vespid.protocol.engine.Chunk.Finish;
import ai.vespid.protocol.engine.Chunk.Reason;
import ai.vespid.protocol.engine.Inference;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The runner over HTTP, as the original's callers and as our gateways use it. */
final class HttpFaceTest {
  private static final Wire WIRE = Wire.OPENAI;

  private final RunnerSite site = new RunnerSite();
  private final HttpClient http = site.local.vertx().createHttpClient();
  private final Heard heard = new Heard();

  @AfterEach
  void close() {
    site.close();
  }

  private record Answer(int status, JsonObject body) {}

  private Answer call(HttpMethod method, String path, String token, Buffer body) {
    return http.request(method, site.port, "127.0.0.1", path)
        .compose(request -> {
          if (token != null) request.putHeader("Authorization", "Bearer " + token);
          return body == null ? request.send() : request.send(body);
        })
        .compose(response ->
            response.body().map(text -> new Answer(response.statusCode(), new JsonObject(text))))
        .await();
  }

  private Answer infer(String token, JsonObject body) {
    return call(HttpMethod.POST, "/internal/v1/llm/infer", token, body.toBuffer());
  }

  private static JsonObject body() {
    return new JsonObject()
        .put("provider", "openai")
        .put("model", "model-x")
        .put("timeoutMs", 10_000)
        .put(
            "messages",
            new JsonArray()
                .add(new JsonObject().put("role", "system").put("content", "be brief"))
                .add(new JsonObject().put("role", "user").put("content", "hi")))
        .put("auth", new JsonObject().put("kind", "api_key").put("apiKey", "sk-callers"));
  }

  private void sayWhole() {
    var closing = WIRE.closing(WIRE.stop(), 7, 3);
    site.standIn.thenSay(
        WIRE.opening(), WIRE.text("Hel"), WIRE.text("lo"), closing[0], closing[1], closing[2]);
  }

  @Test
  void answersAsTheOriginalDoes() throws Exception {
    sayWhole();
    var answer = infer(RunnerSite.TOKEN, body());

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.body())
        .isEqualTo(
            new JsonObject(
                """
                {"ok":true,"content":"Hello",
                 "usage":{"inputTokens":7,"outputTokens":3,"totalTokens":10}}
                """));
    var asked = site.standIn.await();
    assertThat(asked.headers().get("Authorization")).isEqualTo("Bearer sk-callers");
    assertThat(call(HttpMethod.GET, "/healthz", null, null).body().getBoolean("ok")).isTrue();
  }

  @Test
  void tellsNobodyAnythingWithoutTheToken() {
    for (var token : new String[] {null, "", "wrong"}) {
      var answer = infer(token, body());
      assertThat(answer.status()).isEqualTo(401);
      assertThat(answer.body().getString("error")).isEqualTo("UNAUTHORIZED");
    }
    assertThat(site.standIn.unread()).isZero();
  }

  @Test
  void refusesWhatItCannotAsk() {
    var wrong =
        List.of(
            body().put("provider", "nobody"),
            body().put("messages", new JsonArray()),
            body().put("timeoutMs", 10),
            body().put("auth", new JsonObject().put("kind", "other")),
            new JsonObject());
    for (var body : wrong) {
      var answer = infer(RunnerSite.TOKEN, body);
      assertThat(answer.status()).as(body.encode()).isEqualTo(400);
      assertThat(answer.body().getBoolean("ok")).isFalse();
      assertThat(answer.body().getString("error")).isEqualTo("BAD_REQUEST");
    }
  }

  @Test
  void tellsWhyAProviderRefused() {
    site.standIn.thenRefuse(401, null, "{}");
    var answer = infer(RunnerSite.TOKEN, body());

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.body().getBoolean("ok")).isFalse();
    assertThat(answer.body().getString("error")).isEqualTo("OPENAI_REQUEST_FAILED:401");
  }

  private RemoteEngine remote(String token) {
    return new RemoteEngine(
        site.local.vertx(),
        "http://127.0.0.1:" + site.port + "/",
        token,
        10_000,
        new SecretsUnderWay(Optional.of(site.envelope)));
  }

  private Engine.Call ask(RemoteEngine engine, Inference asked) {
    return Future.<Engine.Call>future(
            done -> site.context.runOnContext(_ -> done.complete(engine.infer(asked, heard))))
        .await();
  }

  @Test
  void streamsToAGatewayThatAsksOverHttp() throws Exception {
    var told = site.standIn.thenAsTold();
    var secret = new SecretsUnderWay(Optional.of(site.envelope)).seal("sk-of-the-session");
    ask(remote(RunnerSite.TOKEN), RunnerSite.hi(secret));
    var answer = told.get(10, TimeUnit.SECONDS);
    answer.say(WIRE.opening());
    for (var piece : List.of("one ", "two\n", "three")) {
      answer.say(WIRE.text(piece));
      assertThat(heard.next()).isEqualTo(new Delta(piece));
    }
    for (var event : WIRE.closing(WIRE.stop(), 7, 3)) answer.say(event);
    answer.end();

    assertThat(heard.rest()).containsExactly(new Chunk.Usage(7, 3), new Finish(Reason.STOP));
    assertThat(site.standIn.await().headers().get("Authorization"))
        .isEqualTo("Bearer sk-of-the-session");
  }

  @Test
  void closesTheRequestToTheProviderWhenTheGatewayHangsUp() throws Exception {
    var told = site.standIn.thenAsTold();
    var call = ask(remote(RunnerSite.TOKEN), RunnerSite.hi(null));
    var answer = told.get(10, TimeUnit.SECONDS);
    answer.say(WIRE.opening());
    answer.say(WIRE.text("a"));
    assertThat(heard.next()).isEqualTo(new Delta("a"));
    call.cancel().await();

    answer.closed().get(5, TimeUnit.SECONDS);
    assertThat(heard.silent()).isTrue();
  }

  @Test
  void isUnavailableToAGatewayWithAnotherToken() throws Exception {
    ask(remote("wrong"), RunnerSite.hi(null));

    assertThat(((Failed) heard.last()).code()).isEqualTo(ErrorCode.ENGINE_UNAVAILABLE);
  }

  @Test
  void failsAnAnswerWhoseRunnerGoesWhileItIsHeard() throws Exception {
    var told = site.standIn.thenAsTold();
    ask(remote(RunnerSite.TOKEN), RunnerSite.hi(null));
    var answer = told.get(10, TimeUnit.SECONDS);
    answer.say(WIRE.opening());
    answer.say(WIRE.text("a"));
    assertThat(heard.next()).isEqualTo(new Delta("a"));
    site.node.ports().close().await();

    assertThat(((Failed) heard.last()).code()).isEqualTo(ErrorCode.ENGINE_UNAVAILABLE);
  }
}
