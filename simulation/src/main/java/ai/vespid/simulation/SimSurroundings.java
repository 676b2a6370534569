package ai.vespid.simulation;

import ai.vespid.kit.node.Surroundings;
import ai.vespid.kit.node.View;
import ai.vespid.protocol.bus.Address;
import ai.vespid.protocol.bus.DispatchRouter.HandOver;
import ai.vespid.protocol.bus.Done;
import ai.vespid.protocol.bus.ExecutorEdge.HoldingList;
import ai.vespid.protocol.bus.ExecutorEdge.Holdings;
import ai.vespid.protocol.bus.Message;
import ai.vespid.protocol.bus.Request;
import ai.vespid.protocol.bus.ResultStore;
import ai.vespid.protocol.bus.Topic;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;

/** The simulated world as one actor of one process sees it; mutants spoil what it asks for. */
public final class SimSurroundings implements Surroundings {
  private final SimNode node;
  private final Actor actor;
  private final String id;

  /**
   * @param actor who asks: what comes after its end is not told
   */
  SimSurroundings(SimNode node, Actor actor) {
    this.node = node;
    this.actor = actor;
    this.id = node.id();
  }

  @Override
  public String node() {
    return id;
  }

  @Override
  public View view() {
    return node.view();
  }

  @Override
  public long nowMs() {
    return node.cluster.world.nowMs();
  }

  @Override
  public void later(long delayMs, Runnable action) {
    node.cluster.world.in(delayMs, actor, "timer", action);
  }

  @Override
  public <R extends Message, Q extends Request<R>> Future<R> ask(
      Address<? super Q> to, Q request, Duration max) {
    var spoiled = spoiled(request);
    if (spoiled == null) return node.cluster.bus.ask(node, actor, to, request, max.toMillis());
    @SuppressWarnings("unchecked")
    var reply = (R) spoiled;
    return Future.succeededFuture(reply);
  }

  private Message spoiled(Request<?> request) {
    var cluster = node.cluster;
    if (cluster.omits(Mutant.HOLDINGS_NOT_AWAITED) && request instanceof Holdings) {
      return new HoldingList(List.of());
    }
    if (cluster.omits(Mutant.HALVES_NOT_ASKED) && request instanceof HandOver) return new Done();
    if (cluster.omits(Mutant.DECIDED_NOT_LOOKED_UP) && request instanceof ResultStore.Get) {
      return new ResultStore.Get.NotReady();
    }
    return null;
  }

  @Override
  public <F extends Message> void publish(Topic<? super F> topic, F fact) {
    node.cluster.bus.publish(node, topic, fact);
  }
}
