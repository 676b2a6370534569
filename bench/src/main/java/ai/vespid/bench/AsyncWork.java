package ai.vespid.bench;

import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.http.DispatchAccepted;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.Map;

/** Requests and checks of asynchronous dispatches: the accept, and the reading back. */
final class AsyncWork {
  private static final String PATH = "/internal/v1/dispatch-async";
  private static final int CREATED = 201;

  private final Endpoint gateway;
  private final RunIds ids;
  private final List<DispatchWork> accepts;
  private final EchoCheck results;
  private final byte[] read;
  private final int readAt;
  private final Map<Long, Integer> owners = new HashMap<>();
  private final LongSummaryStatistics[] taken;
  private int turn;

  AsyncWork(DispatchWork.Target target, RunIds ids, Payload payload, int timeoutMs) {
    this(List.of(target), ids, payload, timeoutMs);
  }

  /** Work of several tenants at one gateway, in turns. */
  AsyncWork(List<DispatchWork.Target> targets, RunIds ids, Payload payload, int timeoutMs) {
    this.gateway = targets.getFirst().gateway();
    this.ids = ids;
    accepts =
        targets.stream()
            .map(target -> new DispatchWork(target, PATH, ids, payload, timeoutMs))
            .toList();
    taken = new LongSummaryStatistics[targets.size()];
    Arrays.setAll(taken, _ -> new LongSummaryStatistics());
    results = new EchoCheck(payload);
    // The colons of an id are written as a URL wants them.
    var path = "/internal/v1/results/" + ids.requestId(0).replace(":", "%3A");
    read = HttpText.get(gateway, path, targets.getFirst().token());
    readAt =
        new String(read, StandardCharsets.US_ASCII).indexOf(ids.runId(0))
            + RunIds.LENGTH
            - RunIds.DIGITS;
  }

  Endpoint gateway() {
    return gateway;
  }

  byte[] post(long sequence) {
    if (accepts.size() == 1) return accepts.getFirst().request(sequence);
    int tenant = turn++ % accepts.size();
    owners.put(sequence, tenant);
    return accepts.get(tenant).request(sequence);
  }

  /** Its result was read, and was right. */
  void took(long sequence, long nanos) {
    var tenant = accepts.size() == 1 ? Integer.valueOf(0) : owners.remove(sequence);
    if (tenant != null) taken[tenant].accept(nanos);
  }

  /**
   * Jain's index of the tenants' mean times from post to result: 1 when all waited alike, down to
   * one divided by their number when one waited for all. A tenant without any result counts as 0.
   */
  double fairness() {
    double sum = 0;
    double squares = 0;
    for (var times : taken) {
      double speed = times.getCount() == 0 ? 0 : 1 / times.getAverage();
      sum += speed;
      squares += speed * speed;
    }
    return squares == 0 ? 0 : sum * sum / (taken.length * squares);
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
