package ai.vespid.bench.fault;

import ai.vespid.bench.Credential;
import ai.vespid.bench.fault.History.Mode;
import ai.vespid.protocol.EffectClass;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.RequestId;
import ai.vespid.protocol.Selector;
import ai.vespid.protocol.WorkspaceUse;
import ai.vespid.protocol.http.DispatchBody;
import java.util.List;
import java.util.UUID;

/**
 * One dispatch that callers want done.
 *
 * @param number what its result must name
 * @param workMs how long an agent works on it
 * @param waitMs how long it may wait for room, once a gateway has it
 */
record Job(
    long number,
    String runId,
    Mode mode,
    EffectClass effect,
    int workMs,
    int timeoutMs,
    int waitMs) {
  private static final String NODE = "fault";

  static Job of(long number, Mode mode, EffectClass effect, int workMs, int timeoutMs) {
    return new Job(
        number, UUID.randomUUID().toString(), mode, effect, workMs, timeoutMs, timeoutMs);
  }

  /** The same, but it fails at once where there is no room. */
  Job withoutWaiting() {
    return new Job(number, runId, mode, effect, workMs, timeoutMs, 0);
  }

  String id() {
    return RequestId.of(runId, NODE, 1);
  }

  /** The request body; always the same bytes, because a repeated request is the same request. */
  byte[] body(Credential target) {
    return body(target, "");
  }

  /** The same with a payload of a quarter megabyte. */
  byte[] bulky(Credential target) {
    return body(target, "x".repeat(250_000));
  }

  private byte[] body(Credential target, String padding) {
    var payload =
        "{\"connectorId\":\"fault\",\"actionId\":\"work\",\"input\":{\"number\":%d,\"workMs\":%d},"
                .formatted(number, workMs)
            + "\"padding\":\"%s\"}".formatted(padding);
    return Json.write(
        new DispatchBody(
            target.organizationId(),
            target.userId(),
            runId,
            runId,
            NODE,
            "connector.action",
            1,
            Kind.CONNECTOR_ACTION,
            RawJson.of(payload),
            null,
            new Selector(target.pool(), List.of(), null, null, null),
            timeoutMs,
            waitMs,
            effect,
            null,
            WorkspaceUse.NONE,
            null,
            null,
            null));
  }
}
