package ai.vespid.gateway.edge;

import io.vertx.core.Vertx;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What is done a second later, each when its own time has come: a thousand agents thanked in one
 * turn keep a dispatch waiting. Confined to its verticle's context.
 */
final class Afterwards {
  private static final long DELAY_MS = 1_000;
  private static final long TICK_MS = 25;

  private record Due(long atMs, Runnable action) {}

  private final InstantSource clock;
  private final Deque<Due> waiting = new ArrayDeque<>();

  Afterwards(Vertx vertx, InstantSource clock) {
    this.clock = clock;
    vertx.setPeriodic(TICK_MS, _ -> doWhatIsDue());
  }

  void add(Runnable action) {
    waiting.add(new Due(clock.millis() + DELAY_MS, action));
  }

  private void doWhatIsDue() {
    while (!waiting.isEmpty() && waiting.peek().atMs() <= clock.millis()) {
      waiting.poll().action().run();
    }
  }
}
