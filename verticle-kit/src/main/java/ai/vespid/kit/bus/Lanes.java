package ai.vespid.kit.bus;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Pieces of big messages to other nodes, a bounded number of bytes at a time for each node. All
 * that goes to a node shares one connection and its order: what is written there delays every
 * heartbeat and every small message behind it, and a connection whose heartbeat is late is closed.
 * So a piece is written only when those before it have arrived; what waits here is in nobody's way.
 *
 * <p>Any thread may call it.
 */
final class Lanes {
  /** Messages below this never wait: they are what others must not wait behind. */
  static final int BULK_BYTES_MIN = 128 * 1024;

  /** Bytes under way to one node. */
  static final int WINDOW_BYTES = 512 * 1024;

  private final Map<String, Lane> lanes = new HashMap<>();

  private static final class Lane {
    final Deque<Waiting> waiting = new ArrayDeque<>();
    long bytes;

    boolean hasRoom(int bulk) {
      return bytes == 0 || bytes + bulk <= WINDOW_BYTES;
    }
  }

  private record Waiting(int bulk, Runnable send) {}

  /**
   * Sends at once what is small, and what is big when it is its turn.
   *
   * @param send writes the message; its future ends when it was answered, or will not be
   */
  <R> Future<R> pass(String node, int bulk, Supplier<Future<R>> send) {
    if (bulk < BULK_BYTES_MIN) return send.get();
    synchronized (lanes) {
      var lane = lanes.computeIfAbsent(node, _ -> new Lane());
      if (!lane.waiting.isEmpty() || !lane.hasRoom(bulk)) return later(node, lane, bulk, send);
      lane.bytes += bulk;
    }
    return now(node, bulk, send);
  }

  private <R> Future<R> later(String node, Lane lane, int bulk, Supplier<Future<R>> send) {
    Promise<R> answer = Promise.promise();
    Runnable begin = () -> now(node, bulk, send).onComplete(answer);
    // Where it was asked, wherever the answer before it arrives.
    var context = Vertx.currentContext();
    lane.waiting.add(
        new Waiting(bulk, context == null ? begin : () -> context.runOnContext(_ -> begin.run())));
    return answer.future();
  }

  private <R> Future<R> now(String node, int bulk, Supplier<Future<R>> send) {
    Future<R> sent;
    try {
      sent = send.get();
    } catch (RuntimeException e) {
      sent = Future.failedFuture(e);
    }
    return sent.onComplete(_ -> answered(node, bulk));
  }

  private void answered(String node, int bulk) {
    var next = new ArrayDeque<Runnable>();
    synchronized (lanes) {
      var lane = lanes.get(node);
      lane.bytes -= bulk;
      while (!lane.waiting.isEmpty() && lane.hasRoom(lane.waiting.peek().bulk())) {
        var waited = lane.waiting.poll();
        lane.bytes += waited.bulk();
        next.add(waited.send());
      }
      // Nodes come and go under ever new ids.
      if (lane.bytes == 0) lanes.remove(node);
    }
    next.forEach(Runnable::run);
  }
}
