package ai.vespid.gateway.ingress;

import ai.vespid.kit.node.HomeCalls;
import ai.vespid.kit.node.Homes;
import ai.vespid.protocol.Pool;
import ai.vespid.protocol.bus.DispatchRouter;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.stream.Stream;

/** Tells the homes of a dispatch that nobody wants it any more. */
final class Cancels {
  private static final Duration ASK_MAX = Duration.ofSeconds(5);

  private Cancels() {}

  /** An id alone does not tell its pool, so the homes of both are asked. */
  static Future<?> ask(HomeCalls homes, String requestId, String organizationId) {
    var asked =
        Stream.of(Pool.values())
            .map(pool -> Homes.queueKey(pool, organizationId))
            .map(key -> new DispatchRouter.Cancel(key, requestId, organizationId))
            .map(cancel -> homes.ask(cancel.key(), cancel, ASK_MAX))
            .toList();
    return Future.all(asked);
  }
}
