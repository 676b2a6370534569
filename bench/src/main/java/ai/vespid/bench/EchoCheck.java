package ai.vespid.bench;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Judges a result: status 200, {@code succeeded}, and as output the very value the agent echoed.
 * The form that a gateway which carries bytes gives is compared byte by byte; any other form of the
 * same JSON is parsed and is just as right.
 */
final class EchoCheck {
  private static final String FRONT = "{\"status\":\"succeeded\",\"output\":";

  private final byte[] expected;
  private final int numberAt;

  EchoCheck(Payload payload) {
    expected = (FRONT + payload.json() + "}").getBytes(StandardCharsets.US_ASCII);
    numberAt = FRONT.length() + Payload.numberAt();
  }

  Flaw check(long sequence, ResponseReader answer) {
    if (answer.status() != 200) return Flaw.error("HTTP " + answer.status() + code(answer));
    RunIds.patch(expected, numberAt, sequence);
    boolean same =
        Arrays.equals(
            answer.bytes(), answer.bodyFrom(), answer.bodyTo(), expected, 0, expected.length);
    return same ? null : compareAsJson(answer);
  }

  private Flaw compareAsJson(ResponseReader answer) {
    try {
      var is = Json.read(body(answer), JsonNode.class);
      var shouldBe = Json.read(expected, JsonNode.class);
      if (is.path("status").asText().equals("failed")) {
        return Flaw.error("failed " + known(is.path("error").asText()));
      }
      boolean same =
          is.path("status").equals(shouldBe.get("status"))
              && is.path("output").equals(shouldBe.get("output"));
      return same ? null : Flaw.OUTPUT;
    } catch (InvalidMessage _) {
      return Flaw.wrong("the answer is no JSON");
    }
  }

  /** The code of an error answer, with a blank before it, or nothing. */
  static String code(ResponseReader answer) {
    try {
      var code = Json.peek(body(answer), "code");
      return code == null ? "" : " " + known(code);
    } catch (InvalidMessage _) {
      return "";
    }
  }

  // Free text would make as many reasons as answers, and might say what should not be printed.
  private static String known(String code) {
    try {
      return ErrorCode.valueOf(code).name();
    } catch (IllegalArgumentException _) {
      return "(another code)";
    }
  }

  static byte[] body(ResponseReader answer) {
    return Arrays.copyOfRange(answer.bytes(), answer.bodyFrom(), answer.bodyTo());
  }
}
