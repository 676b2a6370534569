package ai.vespid.kit.bus;

import ai.vespid.protocol.bus.Address;
import ai.vespid.protocol.bus.Message;
import ai.vespid.protocol.bus.Request;
import ai.vespid.protocol.bus.Topic;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.MessageConsumer;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The event bus with types: an address knows its requests, a request knows its reply. */
public final class Bus {
  private static final Logger LOG = LoggerFactory.getLogger(Bus.class);

  private final Vertx vertx;
  private final String node;
  private final Lanes lanes = new Lanes();

  /**
   * @param node the node it is used on: what stays there does not ask the cluster where it goes
   */
  public Bus(Vertx vertx, String node) {
    this.vertx = vertx;
    this.node = node;
  }

  private DeliveryOptions options(String target) {
    return new DeliveryOptions().setLocalOnly(node.equals(target));
  }

  /**
   * Asks and waits at most {@code timeout}; fails with a {@link Fault}. What is big and goes to
   * another node first waits for its turn ({@link Lanes}): the time counts from when it is sent.
   */
  public <R extends Message, Q extends Request<R>> Future<R> ask(
      Address<? super Q> to, Q request, Duration timeout) {
    boolean leaves = to.node() != null && !to.node().equals(node);
    return leaves
        ? lanes.pass(to.node(), request.bulk(), () -> send(to, request, timeout))
        : send(to, request, timeout);
  }

  private <R extends Message, Q extends Request<R>> Future<R> send(
      Address<? super Q> to, Q request, Duration timeout) {
    var options = options(to.node()).setSendTimeout(timeout.toMillis());
    try {
      return vertx
          .eventBus()
          .<R>request(to.name(), request, options)
          .map(io.vertx.core.eventbus.Message::body)
          .recover(cause -> Future.failedFuture(Fault.of(cause)));
    } catch (IllegalStateException e) {
      return Future.failedFuture(new Fault(Fault.Code.TIMEOUT, unsent(to.name(), e)));
    }
  }

  // Vert.x throws it at whoever sends to a node whose connection has just failed. Whether anything
  // arrived is unknown, as after every lost message.
  private static String unsent(String address, IllegalStateException cause) {
    LOG.atDebug()
        .addKeyValue("to", address)
        .setCause(cause)
        .log("a message may not have been sent");
    return "the connection to " + address + " failed";
  }

  /** Gives a request to its actor without waiting; what becomes of it is not told. */
  public <Q extends Request<?>> void tell(Address<? super Q> to, Q request) {
    try {
      vertx.eventBus().send(to.name(), request, options(to.node()));
    } catch (IllegalStateException e) {
      unsent(to.name(), e);
    }
  }

  /** Tells a fact to whoever listens, here and, when the topic says so, elsewhere. */
  public <F extends Message> void publish(Topic<? super F> topic, F fact) {
    try {
      vertx.eventBus().publish(topic.name(), fact, options(topic.node()));
    } catch (IllegalStateException e) {
      unsent(topic.name(), e);
    }
  }

  public <F extends Message> Future<Void> subscribe(Topic<F> topic, Consumer<F> handler) {
    MessageConsumer<F> consumer =
        topic.node() == null
            ? vertx.eventBus().consumer(topic.name())
            : vertx.eventBus().localConsumer(topic.name());
    consumer.handler(message -> handler.accept(message.body()));
    return consumer.completion();
  }

  /**
   * Serves an address: every request is answered, thrown exceptions included, and at most {@code
   * inFlightMax} are under way at once; one more is answered BUSY. Call it from the verticle's
   * {@code start} and return its future: on a cluster the address is not reachable before that.
   */
  public <Q extends Request<?>> Future<Mailbox> serve(
      Address<Q> at, int inFlightMax, Function<Q, Future<? extends Message>> handler) {
    var context = vertx.getOrCreateContext();
    var mailbox = new Mailbox(context, inFlightMax);
    MessageConsumer<Q> consumer = vertx.eventBus().consumer(at.name());
    consumer.handler(message ->
        mailbox
            .admit(() -> handler.apply(message.body()))
            .onSuccess(reply -> {
              if (message.replyAddress() != null) message.reply(reply);
            })
            .onFailure(cause -> {
              var fault = Fault.of(cause);
              message.fail(fault.code().wire, fault.getMessage());
              if (fault.code() == Fault.Code.INTERNAL && !(cause instanceof Fault)) {
                // A bug: let it reach the verticle's supervisor with its stack trace.
                context.runOnContext(_ -> {
                  throw new IllegalStateException(at.name() + " failed", cause);
                });
              }
            }));
    mailbox.opened(consumer);
    return consumer.completion().map(mailbox);
  }
}
