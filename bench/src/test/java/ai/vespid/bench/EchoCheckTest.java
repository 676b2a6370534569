package ai.vespid.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import org.junit.jupiter.api.Test;

/** Which answers are right. */
class EchoCheckTest {
  private static final int SEQUENCE = 0x2a;

  private final Payload payload = new Payload(100);
  private final EchoCheck check = new EchoCheck(payload);
  private final String output = payload.json().replace("000000000000", "00000000002a");

  @Test
  void acceptsTheBytesThatAGatewayPassesOn() {
    assertThat(judge(200, "{\"status\":\"succeeded\",\"output\":" + output + "}")).isNull();
  }

  @Test
  void acceptsTheSameJsonInAnotherForm() {
    var text = "{ \"output\": " + output + ", \"status\": \"succeeded\", \"error\": null }";

    assertThat(judge(200, text)).isNull();
  }

  @Test
  void rejectsTheOutputOfAnotherRequest() {
    var other = "{\"status\":\"succeeded\",\"output\":" + payload.json() + "}";

    assertThat(judge(200, other)).isEqualTo(Flaw.OUTPUT);
  }

  @Test
  void rejectsSuccessWithoutOutput() {
    assertThat(judge(200, "{\"status\":\"succeeded\"}")).isEqualTo(Flaw.OUTPUT);
  }

  @Test
  void rejectsACutAnswer() {
    assertThat(judge(200, "{\"status\":\"succeeded\",\"output\":")).matches(Flaw::wrong);
  }

  @Test
  void countsAFailureAsAnErrorAndNamesItsCode() {
    var text = "{\"status\":\"failed\",\"error\":\"NODE_EXECUTION_TIMEOUT\"}";

    assertThat(judge(200, text)).isEqualTo(Flaw.error("failed NODE_EXECUTION_TIMEOUT"));
  }

  @Test
  void namesAnHttpErrorByStatusAndCodeButNeverByItsText() {
    assertThat(judge(504, "{\"code\":\"GATEWAY_TIMEOUT\",\"message\":\"m\"}"))
        .isEqualTo(Flaw.error("HTTP 504 GATEWAY_TIMEOUT"));
    assertThat(judge(500, "{\"code\":\"secret text\"}"))
        .isEqualTo(Flaw.error("HTTP 500 (another code)"));
    assertThat(judge(502, "<html>")).isEqualTo(Flaw.error("HTTP 502"));
  }

  private Flaw judge(int status, String body) {
    var reader = new ResponseReader();
    reader.add(
        Buffer.buffer(
            "HTTP/1.1 " + status + " X\r\nContent-Length: " + body.length() + "\r\n\r\n" + body));
    assertThat(reader.complete()).isTrue();
    return check.check(SEQUENCE, reader);
  }
}
