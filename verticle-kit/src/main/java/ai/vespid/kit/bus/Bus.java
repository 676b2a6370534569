package ai.vespid.kit.bus;

import ai.vespid.protocol.bus.Address;
import ai.vespid.protocol.bus.Done;
import ai.vespid.protocol.bus.Message;
import ai.vespid.protocol.bus.Parcel;
import ai.vespid.protocol.bus.Request;
import ai.vespid.protocol.bus.Topic;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.MessageConsumer;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The event bus with types: an address knows its requests, a request knows its reply. */
public final class Bus {
  private static final Logger LOG = LoggerFactory.getLogger(Bus.class);

  /** The node that asks another one: its answer may come in pieces. */
  private static final String ASKER = "asker";

  private final Vertx vertx;
  private final String node;

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
   * another node is carried there in pieces first ({@link Parcels}): the time counts from when it
   * has arrived. So is a big answer of another node, and it is not waited for in vain once it
   * comes.
   */
  public <R extends Message, Q extends Request<R>> Future<R> ask(
      Address<? super Q> to, Q request, Duration timeout) {
    boolean leaves = to.node() != null && !to.node().equals(node);
    var options = options(to.node()).setSendTimeout(timeout.toMillis());
    if (leaves) options.addHeader(ASKER, node);
    var answered =
        leaves && Parcels.isBig(request)
            ? Parcels.of(vertx)
                .send(to.node(), request, (parcel, step) -> send(to, parcel, step))
                .compose(arrived -> safely(to, () -> arrived.replyAndRequest(new Done(), options)))
            : send(to, request, options);
    return answered
        .compose(answer -> this.<R>whole(answer))
        .recover(cause -> Future.failedFuture(Fault.of(cause)));
  }

  private Future<io.vertx.core.eventbus.Message<Object>> send(
      Address<?> to, Message message, DeliveryOptions options) {
    return safely(to, () -> vertx.eventBus().request(to.name(), message, options));
  }

  private static <M> Future<M> safely(Address<?> to, Supplier<Future<M>> send) {
    try {
      return send.get();
    } catch (IllegalStateException e) {
      return Future.failedFuture(new Fault(Fault.Code.TIMEOUT, unsent(to.name(), e)));
    }
  }

  @SuppressWarnings("unchecked")
  private <R extends Message> Future<R> whole(io.vertx.core.eventbus.Message<Object> answer) {
    if (!(answer.body() instanceof Parcel parcel)) {
      return Future.succeededFuture((R) answer.body());
    }
    return Parcels.of(vertx)
        .receive(answer, parcel)
        .map(arrived -> {
          arrived.last().reply(new Done());
          return (R) arrived.message();
        });
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
    MessageConsumer<Message> consumer = vertx.eventBus().consumer(at.name());
    consumer.handler(message -> {
      if (message.body() instanceof Parcel parcel) {
        open(message, parcel).onSuccess(asked -> handle(at, mailbox, context, handler, asked));
      } else {
        handle(at, mailbox, context, handler, new Asked(message.body(), message));
      }
    });
    mailbox.opened(consumer);
    return consumer.completion().map(mailbox);
  }

  /** A question, and the message that is to be answered. */
  private record Asked(Message request, io.vertx.core.eventbus.Message<?> from) {}

  // Who asks waits for the answer from when it has been told that all of it arrived.
  private Future<Asked> open(io.vertx.core.eventbus.Message<?> announced, Parcel parcel) {
    return Parcels.of(vertx)
        .receive(announced, parcel)
        .compose(arrived ->
            arrived
                .last()
                .replyAndRequest(new Done(), Parcels.step())
                .map(go -> new Asked(arrived.message(), go)))
        .onFailure(cause -> {
          var fault = Fault.of(cause);
          if (fault.code() == Fault.Code.BUSY)
            announced.fail(fault.code().wire, fault.getMessage());
        });
  }

  private <Q extends Request<?>> void handle(
      Address<Q> at,
      Mailbox mailbox,
      Context context,
      Function<Q, Future<? extends Message>> handler,
      Asked asked) {
    @SuppressWarnings("unchecked")
    var request = (Q) asked.request();
    mailbox
        .admit(() -> handler.apply(request))
        .onSuccess(reply -> answer(asked.from(), reply))
        .onFailure(cause -> {
          var fault = Fault.of(cause);
          asked.from().fail(fault.code().wire, fault.getMessage());
          if (fault.code() == Fault.Code.INTERNAL && !(cause instanceof Fault)) {
            // A bug: let it reach the verticle's supervisor with its stack trace.
            context.runOnContext(_ -> {
              throw new IllegalStateException(at.name() + " failed", cause);
            });
          }
        });
  }

  private void answer(io.vertx.core.eventbus.Message<?> to, Message reply) {
    if (to.replyAddress() == null) return;
    var asker = to.headers().get(ASKER);
    if (asker == null || !Parcels.isBig(reply)) {
      to.reply(reply);
      return;
    }
    Parcels.of(vertx)
        .send(asker, reply, (parcel, step) -> to.replyAndRequest(parcel, step))
        .onFailure(cause -> {
          // Nobody waits any more, unless nothing was sent.
          var fault = Fault.of(cause);
          if (fault.code() == Fault.Code.BUSY) to.fail(fault.code().wire, fault.getMessage());
        });
  }
}
