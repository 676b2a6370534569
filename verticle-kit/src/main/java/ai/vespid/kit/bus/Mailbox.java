package ai.vespid.kit.bus;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import ai.vespid.protocol.bus.Message;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.internal.ContextInternal;
import java.time.Duration;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What one served address has in flight. Confined to its verticle's context: no lock needed. */
public final class Mailbox {
  private static final Logger LOG = LoggerFactory.getLogger(Mailbox.class);

  private final Context context;
  private final int inFlightMax;
  private final Promise<Void> drained = Promise.promise();
  private MessageConsumer<?> consumer;
  private int inFlight;
  private boolean draining;

  Mailbox(Context context, int inFlightMax) {
    this.context = context;
    this.inFlightMax = inFlightMax;
  }

  void opened(MessageConsumer<?> consumer) {
    this.consumer = consumer;
  }

  Future<? extends Message> admit(Supplier<Future<? extends Message>> work) {
    if (draining) return refuse(Fault.Code.UNAVAILABLE, "draining");
    if (inFlight == inFlightMax) return refuse(Fault.Code.BUSY, "mailbox full");
    Future<? extends Message> outcome;
    try {
      outcome = work.get();
    } catch (Exception e) {
      return Future.failedFuture(e);
    }
    // Most requests are answered in the turn that took them: nothing to count.
    if (outcome.isComplete()) return outcome;
    inFlight++;
    // The handler's future may complete on any thread; come back to ours before touching state.
    outcome.onComplete(_ -> settledOnContext());
    return outcome;
  }

  private static Future<Message> refuse(Fault.Code code, String why) {
    return Future.failedFuture(new Fault(code, why));
  }

  private void settledOnContext() {
    if (((ContextInternal) context).inThread()) settled();
    else context.runOnContext(_ -> settled());
  }

  private void settled() {
    inFlight--;
    if (draining && inFlight == 0) drained.tryComplete();
  }

  /**
   * Takes no more requests and waits until those in flight are answered, or for the deadline.
   *
   * @return true when all were answered, false when some were still in flight at the deadline
   */
  public Future<Boolean> drain(Duration deadline) {
    draining = true;
    if (inFlight == 0) drained.tryComplete();
    return consumer
        .unregister()
        .compose(_ -> drained.future().timeout(deadline.toMillis(), MILLISECONDS))
        .map(true)
        .otherwise(false)
        .onSuccess(empty ->
            LOG.atInfo()
                .addKeyValue("drained", empty)
                .addKeyValue("inFlight", inFlight)
                .log("mailbox closed"));
  }

  /** Requests taken and not answered yet; a gauge. */
  public int inFlight() {
    return inFlight;
  }
}
