package ai.vespid.agent.connector;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;

/** Opens issues on GitHub, or on a GitHub Enterprise server when the call names its address. */
public final class GithubConnector implements Connector {
  private static final String ISSUE_CREATE = "issue.create";
  private static final int TITLE_CHARS_MAX = 256;
  private static final int BODY_CHARS_MAX = 200_000;
  private static final int RESPONSE_BYTES_MAX = 1 << 20;
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

  /** Anything else would let the name of a repository reach another path of the API. */
  private static final Pattern REPO =
      Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9_.-]*/(?!\\.{1,2}$)[A-Za-z0-9_.-]+");

  private final String defaultBaseUrl;
  private final HttpClient client =
      HttpClient.newBuilder()
          // A redirect would carry the secret to wherever the answer points.
          .followRedirects(HttpClient.Redirect.NEVER)
          .connectTimeout(CONNECT_TIMEOUT)
          .build();

  /** The input as it came: a number where a text belongs must not turn into a text. */
  private record Fields(JsonNode repo, JsonNode title, JsonNode body) {
    Input texts() {
      return new Input(text(repo), text(title), text(body));
    }

    private static String text(JsonNode node) {
      if (node == null || node.isNull()) return null;
      if (!node.isTextual()) throw new InvalidMessage("input", "must be a string");
      return node.textValue();
    }
  }

  private record Input(String repo, String title, String body) {}

  private record Issue(String title, String body) {}

  private record Created(Long number, String html_url) {}

  private record Output(long issueNumber, String url) {}

  private record Answer(int status, byte[] body) {}

  public GithubConnector(String defaultBaseUrl) {
    this.defaultBaseUrl = defaultBaseUrl;
  }

  @Override
  public String id() {
    return "github";
  }

  @Override
  public Set<String> actions() {
    return Set.of(ISSUE_CREATE);
  }

  @Override
  public RawJson run(ActionCall call) throws ActionFailed {
    if (!ISSUE_CREATE.equals(call.actionId())) {
      throw new ActionFailed(ErrorCode.ACTION_NOT_SUPPORTED.with(id() + ':' + call.actionId()));
    }
    var input = input(call.input());
    if (call.secret() == null || call.secret().isBlank()) {
      throw new ActionFailed(ErrorCode.SECRET_REQUIRED.name());
    }
    var answer = send(request(call, input), call.timeoutMs());
    if (answer.status < 200 || answer.status > 299) throw requestFailed(answer.status);
    return output(answer.body);
  }

  private static Input input(RawJson json) throws ActionFailed {
    Input input;
    try {
      if (json == null) throw new ActionFailed(ErrorCode.INVALID_ACTION_INPUT.name());
      input = Json.read(json.bytes(), Fields.class).texts();
    } catch (InvalidMessage e) {
      throw new ActionFailed(ErrorCode.INVALID_ACTION_INPUT.name());
    }
    boolean acceptable =
        input.repo != null
            && !input.repo.isEmpty()
            && input.title != null
            && !input.title.isEmpty()
            && input.title.length() <= TITLE_CHARS_MAX
            && (input.body == null || input.body.length() <= BODY_CHARS_MAX);
    if (!acceptable) throw new ActionFailed(ErrorCode.INVALID_ACTION_INPUT.name());
    if (!REPO.matcher(input.repo).matches()) {
      throw new ActionFailed(ErrorCode.INVALID_REPO.name());
    }
    return input;
  }

  private HttpRequest request(ActionCall call, Input input) throws ActionFailed {
    var base = call.baseUrl() == null ? defaultBaseUrl : call.baseUrl();
    while (base.endsWith("/")) base = base.substring(0, base.length() - 1);
    var issue = Json.write(new Issue(input.title, input.body));
    try {
      return HttpRequest.newBuilder(URI.create(base + "/repos/" + input.repo + "/issues"))
          .timeout(Duration.ofMillis(Math.max(1, call.timeoutMs())))
          .header("authorization", "Bearer " + call.secret())
          .header("accept", "application/vnd.github+json")
          .header("content-type", "application/json")
          .header("user-agent", "vespid-agent")
          .POST(HttpRequest.BodyPublishers.ofByteArray(issue))
          .build();
    } catch (IllegalArgumentException e) {
      // A bad address, or a secret that no header can carry; the message would repeat it.
      throw requestFailed("unsendable");
    }
  }

  private Answer send(HttpRequest request, long timeoutMs) throws ActionFailed {
    var status = new AtomicInteger();
    CompletableFuture<HttpResponse<byte[]>> sent =
        client.sendAsync(
            request,
            head -> {
              status.set(head.statusCode());
              return HttpResponse.BodySubscribers.limiting(
                  HttpResponse.BodySubscribers.ofByteArray(), RESPONSE_BYTES_MAX);
            });
    try {
      // The request's own timeout ends with the headers; this one covers the body too.
      var response = sent.get(timeoutMs, TimeUnit.MILLISECONDS);
      return new Answer(response.statusCode(), response.body());
    } catch (TimeoutException e) {
      throw requestFailed("timeout");
    } catch (ExecutionException e) {
      // An answer that broke off or grew too large still had a status.
      if (status.get() == 0) throw requestFailed("unreachable");
      return new Answer(status.get(), new byte[0]);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw requestFailed("interrupted");
    } finally {
      sent.cancel(true);
    }
  }

  private static RawJson output(byte[] body) throws ActionFailed {
    try {
      var created = Json.read(body, Created.class);
      if (created.number != null && created.html_url != null) {
        return RawJson.from(new Output(created.number, created.html_url));
      }
    } catch (InvalidMessage e) {
      // Told by the code below, like an answer that lacks a field.
    }
    throw new ActionFailed(ErrorCode.GITHUB_RESPONSE_INVALID.name());
  }

  private static ActionFailed requestFailed(Object detail) {
    return new ActionFailed(ErrorCode.GITHUB_REQUEST_FAILED.with(detail));
  }
}
