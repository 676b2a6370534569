package ai.vespid.protocol.connector;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Map;
import java.util.regex.Pattern;

/** Opens an issue on GitHub, or on a GitHub Enterprise server (contract 5.5). */
public final class GithubIssueCreate implements Action {
  private static final int TITLE_CHARS_MAX = 256;
  private static final int BODY_CHARS_MAX = 200_000;

  /** Anything else would let the name of a repository reach another path of the API. */
  private static final Pattern REPO =
      Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9_.-]*/(?!\\.{1,2}$)[A-Za-z0-9_.-]+");

  private record Input(String repo, String title, String body) {
    boolean acceptable() {
      return repo != null
          && !repo.isEmpty()
          && title != null
          && !title.isEmpty()
          && title.length() <= TITLE_CHARS_MAX
          && (body == null || body.length() <= BODY_CHARS_MAX);
    }
  }

  private record Issue(String title, String body) {}

  private record Created(Long number, @JsonProperty("html_url") String htmlUrl) {}

  private record Output(long issueNumber, String url) {}

  @Override
  public String connectorId() {
    return "github";
  }

  @Override
  public String actionId() {
    return "issue.create";
  }

  @Override
  public String usualBaseUrl() {
    return "https://api.github.com";
  }

  @Override
  public HttpCall call(Order order) throws ActionFailed {
    var input = input(order.input());
    var headers =
        Map.of(
            "authorization", "Bearer " + order.requiredSecret(),
            "accept", "application/vnd.github+json",
            "content-type", "application/json");
    return new HttpCall(
        "POST",
        order.base() + "/repos/" + input.repo + "/issues",
        headers,
        Json.write(new Issue(input.title, input.body)));
  }

  private static Input input(RawJson json) throws ActionFailed {
    Input input;
    try {
      if (json == null) throw new InvalidMessage("input", "is required");
      input = Json.read(json.bytes(), Input.class);
    } catch (InvalidMessage e) {
      throw new ActionFailed(ErrorCode.INVALID_ACTION_INPUT.name());
    }
    if (!input.acceptable()) throw new ActionFailed(ErrorCode.INVALID_ACTION_INPUT.name());
    if (!REPO.matcher(input.repo).matches()) {
      throw new ActionFailed(ErrorCode.INVALID_REPO.name());
    }
    return input;
  }

  @Override
  public RawJson output(HttpCall.Answer answer) throws ActionFailed {
    if (!answer.succeeded()) throw unanswered(String.valueOf(answer.status()));
    try {
      var created = Json.read(answer.body(), Created.class);
      if (created.number != null && created.htmlUrl != null) {
        return RawJson.from(new Output(created.number, created.htmlUrl));
      }
    } catch (InvalidMessage e) {
      // Told by the code below, like an answer that lacks a field.
    }
    throw new ActionFailed(ErrorCode.GITHUB_RESPONSE_INVALID.name());
  }

  @Override
  public ActionFailed unanswered(String detail) {
    return new ActionFailed(ErrorCode.GITHUB_REQUEST_FAILED.with(detail));
  }
}
