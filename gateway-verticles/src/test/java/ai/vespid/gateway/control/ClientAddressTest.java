package ai.vespid.gateway.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.Test;

/** Told apart by the limit on attempts: each address may try once. */
final class ClientAddressTest {
  private static final int RATE_LIMITED = 429;

  private static int pair(ControlServer server, String forwardedFor) {
    return server
        .request("POST", "/v1/agents/pair")
        .header("X-Forwarded-For", forwardedFor)
        .body(ControlServer.pairing("no-token", "agent"))
        .send()
        .status();
  }

  @Test
  void nobodyIsBelievedWithoutAProxy() {
    try (var server = ControlServer.start(new JsonObject().put("pairingsPerMinute", 1))) {
      assertThat(pair(server, "198.51.100.1")).isNotEqualTo(RATE_LIMITED);
      assertThat(pair(server, "198.51.100.2")).isEqualTo(RATE_LIMITED);
    }
  }

  @Test
  void behindAProxyItsOwnEntryIsBelievedAndNoOther() {
    var config = new JsonObject().put("pairingsPerMinute", 1).put("trustForwardedFor", true);
    try (var server = ControlServer.start(config)) {
      assertThat(pair(server, "203.0.113.9, 198.51.100.1")).isNotEqualTo(RATE_LIMITED);
      assertThat(pair(server, "203.0.113.9, 198.51.100.2")).isNotEqualTo(RATE_LIMITED);
      assertThat(pair(server, "203.0.113.7, 198.51.100.1")).isEqualTo(RATE_LIMITED);
    }
  }
}
