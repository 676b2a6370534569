package ai.vespid.engine.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.protocol.ErrorCode;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Access tokens, from an endpoint that answers as Google's does. */
@Timeout(60)
final class RefreshedTokensTest {
  private final Vertx vertx = Vertx.vertx();
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private HttpServer google;
  private volatile long lifeSeconds = 3_600;
  private volatile int status = 200;
  private RefreshedTokens tokens;

  @BeforeEach
  void open() {
    google =
        vertx
            .createHttpServer()
            .requestHandler(request ->
                request
                    .body()
                    .onSuccess(body -> {
                      asked.add(body.toString());
                      request
                          .response()
                          .setStatusCode(status)
                          .putHeader("content-type", "application/json")
                          .end(answer());
                    }))
            .listen(0, "127.0.0.1")
            .await();
    tokens = new RefreshedTokens(vertx, url(), "client-1", "the secret of the application");
  }

  @AfterEach
  void close() {
    google.close().await();
    vertx.close().await();
  }

  private String url() {
    return "http://127.0.0.1:" + google.actualPort() + "/token";
  }

  private String answer() {
    if (status != 200) return new JsonObject().put("error", "invalid_grant").encode();
    return new JsonObject()
        .put("access_token", "access-" + asked.size())
        .put("expires_in", lifeSeconds)
        .put("token_type", "Bearer")
        .encode();
  }

  @Test
  void asksForATokenOnceWhileItIsGood() throws Exception {
    assertThat(tokens.of("refresh-1")).isEqualTo("access-1");
    assertThat(tokens.of("refresh-1")).isEqualTo("access-1");
    assertThat(tokens.of("refresh-2")).isEqualTo("access-2");

    assertThat(asked).hasSize(2);
    assertThat(asked.getFirst())
        .contains("grant_type=refresh_token")
        .contains("refresh_token=refresh-1")
        .contains("client_id=client-1")
        .contains("client_secret=the");
  }

  @Test
  void asksForAnotherOneShortlyBeforeItEnds() throws Exception {
    lifeSeconds = 100;

    assertThat(tokens.of("refresh-1")).isEqualTo("access-1");
    assertThat(tokens.of("refresh-1")).isEqualTo("access-2");
  }

  @Test
  void asksForAnotherOneWhenItWasRefusedBeforeItsTime() throws Exception {
    assertThat(tokens.of("refresh-1")).isEqualTo("access-1");
    tokens.refused("refresh-1");

    assertThat(tokens.of("refresh-1")).isEqualTo("access-2");
  }

  @Test
  void saysNothingOfTheTokenWhenGoogleGivesNone() {
    status = 400;

    assertThatThrownBy(() -> tokens.of("refresh-1"))
        .isInstanceOfSatisfying(
            Unusable.class,
            e -> assertThat(e.failed().code()).isEqualTo(ErrorCode.VERTEX_TOKEN_FAILED))
        .hasMessageNotContaining("refresh-1");
  }

  @Test
  void saysThatTheApplicationIsMissing() {
    var without = new RefreshedTokens(vertx, url(), null, null);

    assertThatThrownBy(() -> without.of("refresh-1"))
        .isInstanceOfSatisfying(
            Unusable.class,
            e -> assertThat(e.failed().code()).isEqualTo(ErrorCode.VERTEX_OAUTH_NOT_CONFIGURED));
    assertThat(asked).isEmpty();
  }
}
