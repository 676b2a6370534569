package ai.vespid.protocol.bus;

import ai.vespid.protocol.DispatchResult;

/**
 * Terminal results by request id, on one node: memory, Redis, PostgreSQL, in this order. The first
 * write wins; results are kept for GATEWAY_RESULTS_TTL_SEC.
 */
public sealed interface ResultStore<R extends Message> extends Request<R> {
  static Address<ResultStore<?>> at(String node) {
    return new Address<>("results@" + node);
  }

  record Get(String requestId) implements ResultStore<Get.Reply> {
    public sealed interface Reply extends Message {}

    public record Found(String organizationId, DispatchResult result) implements Reply {}

    public record NotReady() implements Reply {}
  }

  /**
   * Claims a request id until its deadline, so that no other home runs it as well. Without Redis it
   * is granted: losing the cache costs this protection, not the service.
   *
   * @param owner the process that asks; its own claim is granted again
   */
  record Claim(String requestId, String organizationId, String owner, int ttlMs)
      implements ResultStore<Claim.Reply> {
    public sealed interface Reply extends Message {}

    public record Granted() implements Reply {}

    /** Another process has it, or had it when it died. */
    public record Taken(String owner) implements Reply {}

    /** It is decided already. */
    public record Decided(String organizationId, DispatchResult result) implements Reply {}
  }

  /** Gives a claim back whose dispatch was not accepted. */
  record Unclaim(String requestId, String owner) implements ResultStore<Done> {}

  /** Keep this result. {@code durable} ones stand in PostgreSQL already. */
  record Put(String requestId, String organizationId, DispatchResult result, boolean durable)
      implements ResultStore<Done> {}
}
