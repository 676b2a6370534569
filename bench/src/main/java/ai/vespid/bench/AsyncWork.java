package ai.vespid.bench;

import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.http.DispatchAccepted;
import java.nio.charset.StandardCharsets;

/** Requests and checks of asynchronous dispatches: the accept, and the reading back. */
final class AsyncWork {
  private static final String PATH = "/internal/v1/dispatch-async";
  private static final int CREATED = 201;

  private final Endpoint gateway;
  private final RunIds ids;
  private final DispatchWork accepts;
  private final EchoCheck results;
  private final byte[] read;
  private final int readAt;

  AsyncWork(DispatchWork.Target target, RunIds ids, Payload payload, int timeoutMs) {
    this.gateway = target.gateway();
    this.ids = ids;
    accepts = new DispatchWork(target, PATH, ids, payload, timeoutMs);
    results = new EchoCheck(payload);
    // The colons of an id are written as a URL wants them.
    var path = "/internal/v1/results/" + ids.requestId(0).replace(":", "%3A");
    read = HttpText.get(gateway, path, target.token());
    readAt =
        new String(read, StandardCharsets.US_ASCII).indexOf(ids.runId(0))
            + RunIds.LENGTH
            - RunIds.DIGITS;
  }

  Endpoint gateway() {
    return gateway;
  }

  byte[] post(long sequence) {
    return accepts.request(sequence);
  }

  byte[] read(long sequence) {
    var request = read.clone();
    RunIds.patch(request, readAt, sequence);
    return request;
  }

  /** Judges the answer to a post; null when it accepts this very request as a new one. */
  Flaw checkAccept(long sequence, ResponseReader answer) {
    if (answer.status() != CREATED && answer.status() != 200) {
      return Flaw.error("accept: HTTP " + answer.status() + EchoCheck.code(answer));
    }
    try {
      var accepted = Json.read(EchoCheck.body(answer), DispatchAccepted.class);
      if (!ids.requestId(sequence).equals(accepted.requestId())) {
        return Flaw.wrong("accepted under another id");
      }
      return accepted.dispatched() && answer.status() == CREATED ? null : Flaw.CACHED;
    } catch (InvalidMessage _) {
      return Flaw.wrong("the accept is no JSON of its form");
    }
  }

  /** Judges a result that was read back. */
  Flaw checkResult(long sequence, ResponseReader answer) {
    return results.check(sequence, answer);
  }
}
