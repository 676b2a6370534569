package ai.vespid.bench;

import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Calls to the control API (contract 4), one after the other. A 429 is waited out. */
public final class ControlApi implements AutoCloseable {
  private static final int WAITS_MAX = 60;
  private static final long WAIT_SECONDS_MAX = 120;

  private final HttpClient http = HttpClient.newHttpClient();
  private final String base;

  public ControlApi(String base) {
    this.base = base.endsWith("/") ? base.substring(0, base.length() - 1) : base;
  }

  /** An answer of any status. */
  record Reply(int status, JsonNode body) {
    /** The body of an answer that must be one of the 2xx. */
    JsonNode required(String what) {
      if (status / 100 == 2) return body;
      throw new IllegalStateException(
          "%s was answered %d %s %s"
              .formatted(what, status, body.path("code").asText(), body.path("message").asText())
              .strip());
    }
  }

  Reply post(String path, Map<String, String> headers, Object body) {
    return send(request(path, headers).POST(BodyPublishers.ofByteArray(Json.write(body))).build());
  }

  Reply get(String path, Map<String, String> headers) {
    return send(request(path, headers).GET().build());
  }

  private HttpRequest.Builder request(String path, Map<String, String> headers) {
    var request =
        HttpRequest.newBuilder(URI.create(base + path))
            .timeout(Duration.ofSeconds(30))
            .header("Content-Type", "application/json");
    headers.forEach(request::header);
    return request;
  }

  private Reply send(HttpRequest request) {
    try {
      for (int waits = 0; ; waits++) {
        var answer = http.send(request, BodyHandlers.ofByteArray());
        if (answer.statusCode() != 429 || waits == WAITS_MAX) {
          return new Reply(answer.statusCode(), json(answer.body()));
        }
        TimeUnit.SECONDS.sleep(retryAfter(answer));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("no answer from " + base, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for " + base, e);
    }
  }

  private static long retryAfter(HttpResponse<?> answer) {
    var seconds = answer.headers().firstValue("Retry-After").orElse("1");
    return seconds.matches("\\d{1,9}") ? Math.min(Long.parseLong(seconds), WAIT_SECONDS_MAX) : 1;
  }

  private static JsonNode json(byte[] body) {
    try {
      return Json.read(body, JsonNode.class);
    } catch (InvalidMessage _) {
      return JsonNodeFactory.instance.objectNode();
    }
  }

  @Override
  public void close() {
    http.close();
  }
}
