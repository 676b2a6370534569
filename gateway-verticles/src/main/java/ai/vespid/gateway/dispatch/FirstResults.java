package ai.vespid.gateway.dispatch;

import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.bus.ResultStore;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;

/** Ends dispatches that stand in no row: of two homes of a split the first one's result stands. */
final class FirstResults {
  private static final Duration ASK_MAX = Duration.ofSeconds(5);
  private static final long AGAIN_MS = 100;

  private final Surroundings here;

  FirstResults(Surroundings here) {
    this.here = here;
  }

  /**
   * Completes with the result that stands: this one, or the one that another home told before.
   * Asked until the answer is there, and told to nobody before: a node that stood still finds the
   * time for the answer over before it reads it, and another one may have decided meanwhile.
   */
  Future<DispatchResult> decide(String requestId, String organizationId, DispatchResult result) {
    return ask(requestId, organizationId, result)
        .recover(_ -> {
          var again = Promise.<DispatchResult>promise();
          here.later(AGAIN_MS, () -> decide(requestId, organizationId, result).onComplete(again));
          return again.future();
        });
  }

  /** As {@link #decide}, asked once: fails when there is no answer, and nothing may be told. */
  Future<DispatchResult> ask(String requestId, String organizationId, DispatchResult result) {
    return here.ask(
            ResultStore.at(here.node()),
            new ResultStore.Decide(requestId, organizationId, result),
            ASK_MAX)
        .map(ResultStore.Decide.Stands::result);
  }
}
