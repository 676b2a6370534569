package ai.vespid.protocol.bus;

import ai.vespid.protocol.EffectClass;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.NetworkMode;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.Selector;
import ai.vespid.protocol.WorkspaceUse;

/**
 * One piece of work as it travels between ingress, router and edge. Times in milliseconds. {@code
 * secret} lives in memory for this one request.
 *
 * @param timeoutMs how long it may take from when it is handed in
 * @param waitedMs how long it had waited by then, for its home to be there
 */
public record Dispatch(
    String requestId,
    String organizationId,
    String userId,
    Kind kind,
    RawJson payload,
    String connectorId,
    String secret,
    Selector selector,
    int timeoutMs,
    int maxWaitMs,
    EffectClass effect,
    NetworkMode networkMode,
    WorkspaceUse workspace,
    int waitedMs)
    implements Message {
  /** One that has not waited anywhere yet. */
  public Dispatch(
      String requestId,
      String organizationId,
      String userId,
      Kind kind,
      RawJson payload,
      String connectorId,
      String secret,
      Selector selector,
      int timeoutMs,
      int maxWaitMs,
      EffectClass effect,
      NetworkMode networkMode,
      WorkspaceUse workspace) {
    this(
        requestId,
        organizationId,
        userId,
        kind,
        payload,
        connectorId,
        secret,
        selector,
        timeoutMs,
        maxWaitMs,
        effect,
        networkMode,
        workspace,
        0);
  }

  @Override
  public int bulk() {
    return payload == null ? 0 : payload.size();
  }

  /** The same dispatch with no more than this time left, for whom it is handed in to again. */
  public Dispatch within(long leftMs) {
    if (leftMs >= timeoutMs) return this;
    int remainingMs = (int) Math.max(1, leftMs);
    return new Dispatch(
        requestId,
        organizationId,
        userId,
        kind,
        payload,
        connectorId,
        secret,
        selector,
        remainingMs,
        maxWaitMs,
        effect,
        networkMode,
        workspace,
        waitedMs + timeoutMs - remainingMs);
  }

  /** The same dispatch with another secret, or none. */
  public Dispatch withSecret(String other) {
    return new Dispatch(
        requestId,
        organizationId,
        userId,
        kind,
        payload,
        connectorId,
        other,
        selector,
        timeoutMs,
        maxWaitMs,
        effect,
        networkMode,
        workspace,
        waitedMs);
  }

  @Override
  public String toString() {
    return "Dispatch[" + requestId + ", kind=" + kind + "]";
  }
}
