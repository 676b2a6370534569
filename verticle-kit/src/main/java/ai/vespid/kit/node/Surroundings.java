package ai.vespid.kit.node;

import ai.vespid.kit.bus.Bus;
import ai.vespid.protocol.bus.Address;
import ai.vespid.protocol.bus.Message;
import ai.vespid.protocol.bus.Request;
import ai.vespid.protocol.bus.Topic;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;

/**
 * Whom an actor can ask, who is there, and what time it is. What is built on this alone runs on the
 * event bus and, unchanged, in the simulator, which has surroundings of its own. Confined to the
 * actor's context; timers and answers come on it.
 */
public interface Surroundings {
  /** The node the actor lives on. */
  String node();

  View view();

  long nowMs();

  void later(long delayMs, Runnable action);

  /** Asks and waits at most {@code max}; fails with a {@link ai.vespid.kit.bus.Fault}. */
  <R extends Message, Q extends Request<R>> Future<R> ask(
      Address<? super Q> to, Q request, Duration max);

  /** Tells a fact to whoever listens; it may be lost. */
  <F extends Message> void publish(Topic<? super F> topic, F fact);

  /** Those of a verticle. */
  static Surroundings of(Vertx vertx, Node node) {
    var bus = new Bus(vertx, node.id());
    return new Surroundings() {
      @Override
      public String node() {
        return node.id();
      }

      @Override
      public View view() {
        return node.membership().view();
      }

      @Override
      public long nowMs() {
        return node.clock().millis();
      }

      @Override
      public void later(long delayMs, Runnable action) {
        vertx.setTimer(delayMs, _ -> action.run());
      }

      @Override
      public <R extends Message, Q extends Request<R>> Future<R> ask(
          Address<? super Q> to, Q request, Duration max) {
        return bus.ask(to, request, max);
      }

      @Override
      public <F extends Message> void publish(Topic<? super F> topic, F fact) {
        bus.publish(topic, fact);
      }
    };
  }
}
