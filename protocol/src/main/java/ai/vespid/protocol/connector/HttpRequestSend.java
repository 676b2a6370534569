package ai.vespid.protocol.connector;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.workflow.NodeConfig.HttpRequest;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Sends any HTTP request with the secret as its bearer token; without one it is what the node
 * {@code http.request} does. The output is the status, the headers and the body: JSON as JSON,
 * everything else as text.
 */
public final class HttpRequestSend implements Action {
  private static final Pattern URL = Pattern.compile("https?://[^/?#\\s]+\\S*");
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}");
  private static final int VALUE_CHARS_MAX = 8_000;

  /** What a client decides by itself; set by hand they would let a request be two. */
  private static final Set<String> NOT_BY_HAND =
      Set.of(
          "host",
          "content-length",
          "transfer-encoding",
          "connection",
          "upgrade",
          "te",
          "trailer",
          "expect",
          "keep-alive",
          "proxy-connection",
          "proxy-authorization");

  private static final Set<String> SAFE = Set.of("GET", "HEAD", "OPTIONS");

  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record Output(int status, Map<String, String> headers, RawJson body) {}

  @Override
  public String connectorId() {
    return "http";
  }

  @Override
  public String actionId() {
    return "request";
  }

  @Override
  public String usualBaseUrl() {
    return null;
  }

  @Override
  public HttpCall call(Order order) throws ActionFailed {
    try {
      var request = Json.read(order.input().bytes(), HttpRequest.class);
      return call(request, order.secret(), order.idempotencyKey());
    } catch (InvalidMessage e) {
      throw new ActionFailed(ErrorCode.INVALID_ACTION_INPUT.name());
    }
  }

  /**
   * The call that a request means.
   *
   * @throws InvalidMessage when it has no address or a header that must not be set
   */
  public static HttpCall call(HttpRequest request, String secret, String idempotencyKey) {
    var url = Check.required("url", request.url());
    if (!URL.matcher(url).matches()) throw new InvalidMessage("url", "must be http or https");
    var headers = new HashMap<String, String>();
    request.headers().forEach((name, value) -> headers.put(header(name, value), value));
    if (secret != null) headers.put("authorization", "Bearer " + value(secret));
    if (!SAFE.contains(request.method().name())) {
      headers.putIfAbsent("idempotency-key", idempotencyKey);
    }
    var body = new byte[0];
    var json = request.body();
    if (json != null && !json.equals(RawJson.NULL)) {
      boolean text = json.bytes()[0] == '"';
      body = text ? utf8(Json.read(json.bytes(), String.class)) : json.bytes();
      headers.putIfAbsent("content-type", text ? "text/plain; charset=utf-8" : "application/json");
    }
    return new HttpCall(request.method().name(), url, headers, body);
  }

  private static String header(String name, String value) {
    var lower = name.toLowerCase(Locale.ROOT);
    if (!NAME.matcher(name).matches() || NOT_BY_HAND.contains(lower)) {
      throw new InvalidMessage("headers", "has a name that cannot be set");
    }
    value(value);
    return lower;
  }

  private static String value(String value) {
    boolean clean = value != null && value.chars().allMatch(c -> c == '\t' || c >= ' ' && c <= '~');
    if (!clean || value.length() > VALUE_CHARS_MAX) {
      throw new InvalidMessage("headers", "has a value that no header can carry");
    }
    return value;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public RawJson output(HttpCall.Answer answer) throws ActionFailed {
    if (answer.status() >= 400) throw unanswered(String.valueOf(answer.status()));
    return outputOf(answer);
  }

  /** Status, headers and body of an answer, whatever the status says. */
  public static RawJson outputOf(HttpCall.Answer answer) {
    var headers = new HashMap<>(answer.headers());
    // A session of the service's is nothing that a run's history should hold.
    headers.remove("set-cookie");
    return RawJson.from(new Output(answer.status(), headers, body(answer)));
  }

  private static RawJson body(HttpCall.Answer answer) {
    if (answer.body().length == 0) return null;
    var type = answer.headers().getOrDefault("content-type", "");
    if (type.contains("json")) {
      try {
        // Read and written again: what looks like JSON may be many documents, or none.
        return RawJson.from(Json.read(answer.body(), Object.class));
      } catch (InvalidMessage e) {
        // Kept as text: better than nothing, and the status says that it worked.
      }
    }
    return RawJson.from(new String(answer.body(), StandardCharsets.UTF_8));
  }

  @Override
  public ActionFailed unanswered(String detail) {
    return new ActionFailed(ErrorCode.HTTP_REQUEST_FAILED.with(detail));
  }
}
