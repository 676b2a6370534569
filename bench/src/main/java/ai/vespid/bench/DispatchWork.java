package ai.vespid.bench;

import ai.vespid.protocol.Json;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.Pool;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.Selector;
import ai.vespid.protocol.WorkspaceUse;
import ai.vespid.protocol.http.DispatchBody;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;

/**
 * Dispatches whose agents echo a value. The request is built once and only its numbers are changed
 * per call; the answer's check is {@link EchoCheck}.
 */
final class DispatchWork implements Work {
  private final byte[] template;
  private final int runAt;
  private final int numberAt;
  private final EchoCheck check;

  /** Everything that a dispatch needs to know of its target. */
  record Target(
      Endpoint gateway, String token, Kind kind, Pool pool, String organizationId, String userId) {
    @Override
    public String toString() {
      return "Target[" + gateway + ", " + kind + ", " + pool + "]";
    }
  }

  DispatchWork(Target target, String path, RunIds ids, Payload payload, int timeoutMs) {
    var body =
        new String(Json.write(body(target, ids, payload, timeoutMs)), StandardCharsets.US_ASCII);
    template = HttpText.post(target.gateway(), path, target.token(), body);
    var text = new String(template, StandardCharsets.US_ASCII);
    runAt = text.indexOf(ids.runId(0)) + RunIds.LENGTH - RunIds.DIGITS;
    numberAt = text.indexOf(payload.json()) + Payload.numberAt();
    check = new EchoCheck(payload);
  }

  private static DispatchBody body(Target target, RunIds ids, Payload payload, int timeoutMs) {
    return new DispatchBody(
        target.organizationId(),
        target.userId(),
        ids.runId(0),
        UUID.randomUUID().toString(),
        RunIds.NODE,
        wireName(target.kind()),
        1,
        target.kind(),
        RawJson.of(payloadJson(target.kind(), payload)),
        null,
        new Selector(target.pool(), List.of(), null, null, null),
        timeoutMs,
        null,
        null,
        null,
        WorkspaceUse.NONE,
        null,
        null,
        null);
  }

  private static String wireName(Kind kind) {
    return RawJson.from(kind).text().replace("\"", "");
  }

  private static String payloadJson(Kind kind, Payload payload) {
    return switch (kind) {
      case CONNECTOR_ACTION ->
          "{\"connectorId\":\"echo\",\"actionId\":\"echo\",\"input\":" + payload.json() + "}";
      case AGENT_EXECUTE, AGENT_RUN, AGENT_COMMAND ->
          "{\"nodeId\":\"bench\",\"node\":{\"id\":\"bench\",\"type\":\"agent.execute\"},\"input\":"
              + payload.json()
              + "}";
    };
  }

  @Override
  public byte[] request(long sequence) {
    var request = template.clone();
    RunIds.patch(request, runAt, sequence);
    RunIds.patch(request, numberAt, sequence);
    return request;
  }

  @Override
  public Flaw check(long sequence, ResponseReader answer) {
    return check.check(sequence, answer);
  }
}
