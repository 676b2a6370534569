package ai.vespid.agent;

import ai.vespid.agent.engine.NodeEngines;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the engines again and again whether they are there and have a login, on a thread of its own
 * because it takes seconds; the first connection does not wait for it (C13).
 */
final class EngineWatch {
  private static final Logger LOG = LoggerFactory.getLogger(EngineWatch.class);

  private final NodeEngines engines;
  private final Runnable changed;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("engines").factory());

  /**
   * @param changed told when an engine, or its login, came or went
   */
  EngineWatch(NodeEngines engines, Runnable changed) {
    this.engines = engines;
    this.changed = changed;
  }

  void start() {
    long everyMs = engines.probeEvery().toMillis();
    thread.scheduleWithFixedDelay(this::round, 0, everyMs, TimeUnit.MILLISECONDS);
  }

  void stop() {
    thread.shutdownNow();
  }

  private void round() {
    try {
      var before = engines.states();
      engines.probe();
      if (!engines.states().equals(before)) changed.run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      // Without this there would be no next round.
      LOG.atWarn().addKeyValue("cause", e.getClass().getSimpleName()).log("a round was not ended");
    }
  }
}
