package ai.vespid.protocol.bus;

import ai.vespid.protocol.DispatchResult;

/**
 * Terminal results by request id, on one node: memory, Redis, PostgreSQL, in this order. The first
 * write wins; results are kept for GATEWAY_RESULTS_TTL_SEC.
 */
public sealed interface ResultStore<R extends Message> extends Request<R> {
  static Address<ResultStore<?>> at(String node) {
    return Address.of("results", node);
  }

  record Get(String requestId) implements ResultStore<Get.Reply> {
    public sealed interface Reply extends Message {}

    public record Found(String organizationId, DispatchResult result) implements Reply {
      @Override
      public int bulk() {
        return result.bulk();
      }
    }

    public record NotReady() implements Reply {}
  }

  /** Keep this result, unless one is known. */
  record Put(String requestId, String organizationId, DispatchResult result)
      implements ResultStore<Done> {}

  /**
   * Make this the result, unless one is known, and answer the one that stands. Redis judges between
   * two homes of a split; while it is away each knows only its own.
   */
  record Decide(String requestId, String organizationId, DispatchResult result)
      implements ResultStore<Decide.Stands> {
    public record Stands(DispatchResult result) implements Message {}
  }
}
