package ai.vespid.agent;

import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;

/** Asks the gateway to be let in, and judges its answer. */
record Upgrade(HttpTalk talk, List<Finding> findings) {
  private static final Duration SKEW_MAX = Duration.ofMinutes(1);

  void ask(URI uri, String token) throws IOException {
    var path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
    var answer =
        talk.ask(
            """
            GET %s HTTP/1.1\r
            Host: %s\r
            Connection: Upgrade\r
            Upgrade: websocket\r
            Sec-WebSocket-Version: 13\r
            Sec-WebSocket-Key: dmVzcGlkLWRvY3RvciEhIQ==\r
            Authorization: Bearer %s\r
            \r
            """
                .formatted(path, uri.getRawAuthority(), token));
    if (answer.status() == 0) {
      fault("GATEWAY_IS_NONE", "what answers there speaks no HTTP", "check the address");
      return;
    }
    judge(answer, path);
    if (answer.headers().containsKey("date")) clock(answer.headers().get("date"));
  }

  private void fault(String code, String what, String remedy) {
    findings.add(Finding.fault(code, what, remedy));
  }

  private void judge(HttpTalk.Answer answer, String path) {
    switch (answer.status()) {
      case 101 -> {}
      case 401 -> fault("TOKEN_REFUSED", "the gateway does not know the credential", "pair again");
      case 403 -> forbidden(codeOf(answer.body()));
      case 429, 503 ->
          findings.add(
              Finding.note(
                  "GATEWAY_BUSY", "the gateway lets nobody in just now", "the agent comes again"));
      default ->
          fault(
              "GATEWAY_IS_NONE",
              "what answers at " + path + " is no gateway: status " + answer.status(),
              "check gatewayWsUrl; its path is usually /ws/executor");
    }
  }

  private void forbidden(String code) {
    if (code.startsWith("CLIENT_CERTIFICATE")) {
      fault(
          code,
          "the gateway wants a certificate of the agent, and does not take this one",
          "set VESPID_AGENT_TLS_CERT_FILE to one of its authority, valid and not revoked");
    } else if (code.equals("EXECUTOR_IDENTITY_MISMATCH")) {
      fault(code, "the agent's certificate is another one's", "give it the one that names it");
    } else {
      fault("EXECUTOR_REVOKED", "this agent was revoked", "reinstate it, or pair again");
    }
  }

  private static String codeOf(String body) {
    try {
      var code = Json.peek(body.getBytes(StandardCharsets.UTF_8), "code");
      return code == null || !code.matches("[A-Z_]{1,80}") ? "" : code;
    } catch (InvalidMessage e) {
      return "";
    }
  }

  private void clock(String date) {
    try {
      var theirs = ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      var skew = Duration.between(theirs, Instant.now()).abs();
      if (skew.compareTo(SKEW_MAX) > 0) {
        fault(
            "CLOCK_WRONG",
            "this machine's clock and the gateway's differ by " + skew.toSeconds() + " s",
            "set the time by NTP");
      }
    } catch (DateTimeException e) {
      return; // A server that knows no dates.
    }
  }
}
