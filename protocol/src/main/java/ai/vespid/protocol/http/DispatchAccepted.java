package ai.vespid.protocol.http;

/**
 * The answer of {@code dispatch-async}: 201 with {@code dispatched}, or 200 with {@code cached}
 * when a result is stored already (contract 3).
 */
public record DispatchAccepted(String requestId, boolean dispatched, Boolean cached) {}
