package ai.vespid.worker.gateway;

import ai.vespid.sql.UnwantedDispatchRepository;
import ai.vespid.sql.UnwantedDispatchRepository.Unwanted;
import io.vertx.core.Future;

/**
 * Tells the gateway of dispatches that nobody wants any more, until it has heard it: their agents
 * stop then. What is to be told is written with the step that ends their node, so that it is told
 * whoever dies.
 */
public final class UnwantedDispatches {
  private final UnwantedDispatchRepository written;
  private final GatewayClient gateway;

  public UnwantedDispatches(UnwantedDispatchRepository written, GatewayClient gateway) {
    this.written = written;
    this.gateway = gateway;
  }

  /** Tells it once; fails when it has to be told again. */
  public Future<Void> tell(String organizationId, String requestId) {
    return gateway.cancel(organizationId, requestId).compose(_ -> written.told(requestId));
  }

  /** Tells what nobody has told yet, the oldest first. */
  public Future<Void> sweep(int limit) {
    return written
        .all(limit)
        .compose(rows -> {
          var told = rows.stream().map(this::tell).toList();
          return Future.join(told).<Void>mapEmpty().otherwiseEmpty();
        });
  }

  private Future<Void> tell(Unwanted row) {
    return tell(row.organizationId(), row.requestId());
  }
}
