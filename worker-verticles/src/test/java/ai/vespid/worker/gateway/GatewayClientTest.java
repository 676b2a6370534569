package ai.vespid.worker.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.protocol.Kind;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.http.DispatchBody;
import ai.vespid.worker.Service;
import ai.vespid.worker.gateway.GatewayClient.Nobody;
import ai.vespid.worker.gateway.GatewayClient.Refused;
import ai.vespid.worker.gateway.GatewayClient.Taken;
import ai.vespid.worker.gateway.GatewayClient.Unanswered;
import io.vertx.core.Vertx;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class GatewayClientTest {
  private static final String ID = "11111111-1111-4111-8111-111111111111";

  private final Vertx vertx = Vertx.vertx();
  private Service gateway;
  private GatewayClient client;

  @BeforeEach
  void start() {
    gateway = new Service(vertx);
    client = new GatewayClient(vertx, gateway.url() + "/", "token");
  }

  @AfterEach
  void stop() {
    vertx.close().await();
  }

  private static DispatchBody body() {
    return new DispatchBody(
        ID,
        ID,
        ID,
        ID,
        "a b/c",
        "agent.execute",
        2,
        Kind.AGENT_EXECUTE,
        RawJson.of("{}"),
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null);
  }

  private GatewayClient.Answer dispatched(int status, String answer) {
    gateway.answers(status, answer);
    return client.dispatch(body()).await();
  }

  @Test
  void whatTheGatewayTookIsTakenWhetherItWasNewOrNot() {
    var id = body().requestId();

    assertThat(dispatched(201, "{\"requestId\":\"" + id + "\",\"dispatched\":true}"))
        .isEqualTo(new Taken());
    assertThat(
            dispatched(200, "{\"requestId\":\"" + id + "\",\"dispatched\":false,\"cached\":true}"))
        .isEqualTo(new Taken());
    var seen = gateway.seen().getFirst();
    assertThat(seen.request().path()).isEqualTo("/internal/v1/dispatch-async");
    assertThat(seen.header("x-gateway-token")).isEqualTo("token");
  }

  @Test
  void anAnswerAboutAnotherRequestIsNone() {
    assertThat(dispatched(201, "{\"requestId\":\"other-request\",\"dispatched\":true}"))
        .isEqualTo(new Refused("GATEWAY_RESPONSE_INVALID"));
    assertThat(dispatched(201, "no json")).isEqualTo(new Refused("GATEWAY_RESPONSE_INVALID"));
  }

  @Test
  void whatMaySucceedLaterIsToldFromWhatNeverWill() {
    assertThat(dispatched(503, "{\"code\":\"NO_AGENT_AVAILABLE\"}")).isEqualTo(new Nobody());
    assertThat(dispatched(503, "")).isEqualTo(new Nobody());
    assertThat(dispatched(503, "{\"code\":\"GATEWAY_OVERLOADED\"}"))
        .isEqualTo(new Unanswered("GATEWAY_OVERLOADED"));
    assertThat(dispatched(500, "{}")).isEqualTo(new Unanswered("GATEWAY_UNAVAILABLE"));
    assertThat(dispatched(401, "{}")).isEqualTo(new Refused("GATEWAY_DISPATCH_FAILED"));
    gateway.close();
    assertThat(client.dispatch(body()).await()).isEqualTo(new Unanswered("GATEWAY_UNAVAILABLE"));
  }

  @Test
  void withoutAddressOrTokenThereIsNoGateway() {
    for (var incomplete :
        new GatewayClient[] {
          new GatewayClient(vertx, null, "token"),
          new GatewayClient(vertx, gateway.url(), " ".strip())
        }) {
      assertThat(incomplete.dispatch(body()).await())
          .isEqualTo(new Refused("GATEWAY_NOT_CONFIGURED"));
      assertThatThrownBy(() -> incomplete.result(body().requestId()).await())
          .isInstanceOf(GatewayUnavailable.class);
    }
    assertThat(gateway.seen()).isEmpty();
  }

  @Test
  void resultsAreReadByTheirWholeId() {
    gateway.answers(200, "{\"status\":\"succeeded\",\"output\":{\"a\":1}}");

    var result = client.result(body().requestId()).await().orElseThrow();

    assertThat(result.output().text()).isEqualTo("{\"a\":1}");
    assertThat(gateway.seen().getFirst().request().uri())
        .isEqualTo("/internal/v1/results/" + ID + "%3Aa%20b%2Fc%3A2");
  }

  @Test
  void noResultYetIsNoFailureAndNoAnswerIsOne() {
    gateway.answers(404, "{\"code\":\"RESULT_NOT_READY\"}");
    assertThat(client.result("some-request-id").await()).isEmpty();

    gateway.answers(200, "{\"status\":\"succeeded\",\"error\":\"\"}");
    assertThat(client.result("some-request-id").await().orElseThrow().error())
        .isEqualTo("GATEWAY_RESPONSE_INVALID");

    gateway.answers(500, "{}");
    assertThatThrownBy(() -> client.result("some-request-id").await())
        .isInstanceOf(GatewayUnavailable.class);
  }

  @Test
  void aDispatchIsCanceledByItsWholeIdAndAGatewayThatCannotIsNotAskedAgain() {
    gateway.answers(202, "{}");

    client.cancel(ID, body().requestId()).await();

    var asked = gateway.seen().getFirst();
    assertThat(asked.request().uri())
        .isEqualTo("/internal/v1/dispatches/" + ID + "%3Aa%20b%2Fc%3A2/cancel");
    assertThat(asked.body().toString()).isEqualTo("{\"organizationId\":\"" + ID + "\"}");
    assertThat(asked.header("x-gateway-token")).isEqualTo("token");
    gateway.answers(404, "{\"code\":\"NOT_FOUND\"}");
    client.cancel(ID, "some-request-id").await();
    gateway.answers(503, "{}");
    assertThatThrownBy(() -> client.cancel(ID, "some-request-id").await())
        .isInstanceOf(GatewayUnavailable.class);
  }
}
