package ai.vespid.gateway.ingress;

import ai.vespid.kit.http.Answers;
import ai.vespid.kit.node.Node;
import ai.vespid.protocol.ErrorCode;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Those who handed a dispatch in and wait for the answer. A node that ends while nobody takes over
 * lets no more of them in, and stays until these are answered: what is in its memory alone would be
 * lost with it.
 */
final class Callers implements Handler<RoutingContext> {
  private final Node node;
  private final AtomicInteger waiting = new AtomicInteger();

  Callers(Node node) {
    this.node = node;
    node.occupancy().owes("callers", waiting::get);
  }

  @Override
  public void handle(RoutingContext ctx) {
    if (node.membership().ending()) {
      var text = "this gateway ends; ask again when it is back";
      Answers.error(ctx.response(), ErrorCode.GATEWAY_SHUTDOWN, text);
      return;
    }
    waiting.incrementAndGet();
    ctx.addEndHandler(_ -> waiting.decrementAndGet());
    ctx.next();
  }
}
