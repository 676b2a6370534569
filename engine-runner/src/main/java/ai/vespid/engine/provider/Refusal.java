package ai.vespid.engine.provider;

import ai.vespid.protocol.Json;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.stream.Stream;

/**
 * A provider's answer that is no answer. Of what it says only its codes are kept: its texts may
 * repeat parts of the key or of the conversation.
 *
 * @param reason the provider's own code, such as {@code model_not_found}; null when it has none
 * @param waitMs how long it asks to be left alone; null when it does not say
 */
record Refusal(int status, String reason, Long waitMs) {
  private static final ObjectMapper MAPPER = Json.copyOfMapper();
  private static final int OVERLOADED = 529;

  /** Whether the same may succeed a little later. */
  boolean passing() {
    return status == 408 || status == 429 || status >= 500;
  }

  /** Whether the provider itself is in trouble, and not this request. */
  boolean trouble() {
    return status >= 500 && status != OVERLOADED;
  }

  static String reason(byte[] body) {
    try {
      var root = MAPPER.readTree(body);
      var error = (root.isArray() ? root.path(0) : root).path("error");
      // Google's codes are coarse; what it means stands in its details.
      return Stream.concat(
              error.path("details").valueStream().map(detail -> detail.path("reason")),
              Stream.of("code", "type", "status").map(error::path))
          .filter(JsonNode::isTextual)
          .map(JsonNode::asText)
          .filter(text -> text.matches("[A-Za-z0-9_.-]{1,64}"))
          .findFirst()
          .orElse(null);
    } catch (IOException e) {
      return null;
    }
  }

  /**
   * @param retryAfter seconds or a date, as HTTP has it
   */
  static Long waitMs(String retryAfter) {
    if (retryAfter == null) return null;
    var text = retryAfter.strip();
    if (text.matches("\\d{1,6}(\\.\\d{1,3})?")) return Math.round(Double.parseDouble(text) * 1_000);
    try {
      var at = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME);
      return Math.max(0, Duration.between(ZonedDateTime.now(at.getZone()), at).toMillis());
    } catch (DateTimeException e) {
      return null;
    }
  }
}
