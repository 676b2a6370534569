package ai.vespid.agent;

import ai.vespid.agent.trust.GatewayHttp;
import ai.vespid.agent.trust.LinkFault;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.http.ErrorBody;
import ai.vespid.protocol.http.Pairing;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import javax.net.ssl.SSLException;

/** Redeems a pairing token at the control API. Errors are codes, never the token. */
final class PairingClient {
  private final String apiBaseUrl;
  private final GatewayHttp http;

  PairingClient(String apiBaseUrl, GatewayHttp http) {
    this.apiBaseUrl = AgentConfig.loopback(apiBaseUrl);
    this.http = http;
  }

  Pairing.Paired pair(String token, String name, RawJson capabilities) {
    var body = new Pairing.Body(token, name, AgentVersion.CURRENT, capabilities);
    var response = post(Json.write(body));
    if (response.statusCode() != 201) throw new AgentFailure(codeOf(response));
    try {
      return Json.read(response.body(), Pairing.Paired.class);
    } catch (InvalidMessage e) {
      throw new AgentFailure("PAIRING_RESPONSE_INVALID");
    }
  }

  private HttpResponse<byte[]> post(byte[] body) {
    try {
      var request =
          HttpRequest.newBuilder(URI.create(apiBaseUrl + "/v1/agents/pair"))
              .timeout(Duration.ofSeconds(30))
              .header("content-type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofByteArray(body))
              .build();
      return http.client().send(request, HttpResponse.BodyHandlers.ofByteArray());
    } catch (SSLException e) {
      throw new AgentFailure(
          "PAIRING_API_UNREACHABLE:" + apiBaseUrl + ": " + LinkFault.codeOf(e, false));
    } catch (IllegalArgumentException | IOException e) {
      throw new AgentFailure("PAIRING_API_UNREACHABLE:" + apiBaseUrl);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AgentFailure("PAIRING_API_UNREACHABLE:" + apiBaseUrl);
    }
  }

  private static String codeOf(HttpResponse<byte[]> response) {
    try {
      var code = Json.read(response.body(), ErrorBody.class).code();
      if (code != null && code.matches("[A-Z0-9_]{1,80}")) return code;
    } catch (InvalidMessage e) {
      return "PAIRING_FAILED_STATUS_" + response.statusCode();
    }
    return "PAIRING_FAILED_STATUS_" + response.statusCode();
  }
}
