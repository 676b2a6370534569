package ai.vespid.gateway.edge;

import ai.vespid.protocol.bus.Done;
import ai.vespid.protocol.executor.ExecutorFrame.Held;
import ai.vespid.protocol.executor.ExecutorFrame.Hello;
import ai.vespid.protocol.executor.Frames;
import ai.vespid.protocol.executor.GatewayFrame.DispatchCancel;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Attempts that the agent of one socket was told to stop: who wanted it hears when nothing of them
 * is left. An agent that never says so is believed after {@link #GONE_MS_MAX}.
 */
final class Cancels {
  /** Longer than an agent's grace for processes that do not want to end. */
  static final long GONE_MS_MAX = 4_000;

  private record Told(Promise<Done> gone, long atMs) {}

  private final Wire wire;
  private final InFlight inFlight;
  private final Map<Held, Told> told = new LinkedHashMap<>();
  private boolean confirmed;

  Cancels(Wire wire, InFlight inFlight) {
    this.wire = wire;
    this.inFlight = inFlight;
  }

  /** What its agent said it can do. */
  void hello(Set<String> features) {
    confirmed = features.contains(Hello.CANCEL);
  }

  /**
   * Gives an attempt up; completes when nothing of it is left.
   *
   * @param listens whether the agent is there and understands
   */
  Future<Done> cancel(DispatchCancel cancel, boolean listens, long nowMs) {
    var attempt = new Held(cancel.requestId(), cancel.epoch());
    var before = told.get(attempt);
    if (before != null) return before.gone().future();
    if (!inFlight.end(cancel.requestId(), cancel.epoch()) || !listens) {
      return Future.succeededFuture(new Done());
    }
    wire.send(Frames.write(cancel));
    if (!confirmed) return Future.succeededFuture(new Done());
    var waiting = new Told(Promise.promise(), nowMs);
    told.put(attempt, waiting);
    return waiting.gone().future();
  }

  void gone(String requestId, int epoch) {
    done(new Held(requestId, epoch));
  }

  /** Time passed. */
  void expire(long nowMs) {
    for (var attempt : List.copyOf(told.keySet())) {
      if (nowMs - told.get(attempt).atMs() < GONE_MS_MAX) return;
      done(attempt);
    }
  }

  /** The socket is gone; its agent is told again when it comes back. */
  void closed() {
    List.copyOf(told.keySet()).forEach(this::done);
  }

  private void done(Held attempt) {
    var waiting = told.remove(attempt);
    if (waiting != null) waiting.gone().tryComplete(new Done());
  }
}
