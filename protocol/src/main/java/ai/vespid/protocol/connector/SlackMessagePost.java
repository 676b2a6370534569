package ai.vespid.protocol.connector;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Map;

/** Writes a message into a channel of Slack, as the bot whose token the secret is. */
public final class SlackMessagePost implements Action {
  private static final int TEXT_CHARS_MAX = 40_000;

  private record Input(String channel, String text, @JsonProperty("threadTs") String thread) {
    private Input {
      Check.text("input.channel", channel, 1, 80);
      Check.text("input.text", text, 1, TEXT_CHARS_MAX);
      Check.optionalText("input.threadTs", thread, 1, 40);
    }
  }

  private record Message(String channel, String text, @JsonProperty("thread_ts") String thread) {}

  private record Posted(boolean ok, String channel, String ts, String error) {}

  private record Output(String channel, String ts) {}

  @Override
  public String connectorId() {
    return "slack";
  }

  @Override
  public String actionId() {
    return "message.post";
  }

  @Override
  public String usualBaseUrl() {
    return "https://slack.com/api";
  }

  @Override
  public HttpCall call(Order order) throws ActionFailed {
    Input input;
    try {
      input = Json.read(order.input().bytes(), Input.class);
    } catch (InvalidMessage e) {
      throw new ActionFailed(ErrorCode.INVALID_ACTION_INPUT.name());
    }
    var headers =
        Map.of(
            "authorization",
            "Bearer " + order.requiredSecret(),
            "content-type",
            "application/json; charset=utf-8");
    var message = new Message(input.channel, input.text, input.thread);
    return new HttpCall("POST", order.base() + "/chat.postMessage", headers, Json.write(message));
  }

  @Override
  public RawJson output(HttpCall.Answer answer) throws ActionFailed {
    if (!answer.succeeded()) throw unanswered(String.valueOf(answer.status()));
    Posted posted;
    try {
      posted = Json.read(answer.body(), Posted.class);
    } catch (InvalidMessage e) {
      throw unanswered("invalid_response");
    }
    // Slack answers 200 and says inside that it refused.
    if (!posted.ok) throw unanswered(posted.error == null ? "unknown" : posted.error);
    return RawJson.from(new Output(posted.channel, posted.ts));
  }

  @Override
  public ActionFailed unanswered(String detail) {
    return new ActionFailed(ErrorCode.SLACK_REQUEST_FAILED.with(detail));
  }
}
