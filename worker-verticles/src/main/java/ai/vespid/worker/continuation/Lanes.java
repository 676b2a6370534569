package ai.vespid.worker.continuation;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Supplier;

/** Carries out at most so many things at once, and lets the others wait. */
final class Lanes {
  private final int lanes;
  private final int waitingMax;
  private final Queue<Runnable> waiting = new ArrayDeque<>();
  private int busy;

  Lanes(int lanes, int waitingMax) {
    this.lanes = lanes;
    this.waitingMax = waitingMax;
  }

  int busy() {
    return busy + waiting.size();
  }

  /** Fails at once when too many wait already. */
  <T> Future<T> run(Supplier<Future<T>> work) {
    if (busy >= lanes && waiting.size() >= waitingMax) {
      return Future.failedFuture(new IllegalStateException("too many continuations wait"));
    }
    var done = Promise.<T>promise();
    waiting.add(() -> work.get().onComplete(done).onComplete(_ -> left()));
    next();
    return done.future();
  }

  private void left() {
    busy--;
    next();
  }

  private void next() {
    if (busy >= lanes || waiting.isEmpty()) return;
    busy++;
    waiting.remove().run();
  }
}
