package ai.vespid.server;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;

/** Calls of the command line to a running server, over HTTP as anybody else. */
final class Calls implements AutoCloseable {
  private static final Duration MAX = Duration.ofSeconds(90);

  private final HttpClient http = HttpClient.newHttpClient();
  private final Map<String, String> gatewayHeaders;

  Calls(String gatewayToken) {
    gatewayHeaders = Map.of("x-gateway-token", gatewayToken);
  }

  /** An answer; status 0 when there was none. */
  record Reply(int status, JsonObject body) {
    String field(String name) {
      return String.valueOf(body.getValue(name));
    }
  }

  Reply get(String url) {
    return get(url, gatewayHeaders);
  }

  Reply get(String url, Map<String, String> headers) {
    return send(request(url, headers).GET().build());
  }

  Reply post(String url, JsonObject body) {
    return post(url, gatewayHeaders, body);
  }

  Reply post(String url, Map<String, String> headers, JsonObject body) {
    return send(request(url, headers).POST(BodyPublishers.ofString(body.encode())).build());
  }

  Reply put(String url, Map<String, String> headers, JsonObject body) {
    return send(request(url, headers).PUT(BodyPublishers.ofString(body.encode())).build());
  }

  private static HttpRequest.Builder request(String url, Map<String, String> headers) {
    var request =
        HttpRequest.newBuilder(URI.create(url))
            .timeout(MAX)
            .header("content-type", "application/json");
    headers.forEach(request::header);
    return request;
  }

  private Reply send(HttpRequest request) {
    try {
      var response = http.send(request, BodyHandlers.ofString());
      return new Reply(response.statusCode(), new JsonObject(response.body()));
    } catch (IOException | DecodeException e) {
      return new Reply(0, new JsonObject().put("code", e.getClass().getSimpleName()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Reply(0, new JsonObject().put("code", "INTERRUPTED"));
    }
  }

  @Override
  public void close() {
    http.close();
  }
}
