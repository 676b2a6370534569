package ai.vespid.agent;

import ai.vespid.agent.sandbox.Sandboxes;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the sandboxes again and again whether they work and removes what dead agents left in them,
 * on a thread of its own because both block.
 */
final class SandboxWatch {
  private static final Logger LOG = LoggerFactory.getLogger(SandboxWatch.class);
  private static final long EVERY_SECONDS = 30;

  private final Sandboxes sandboxes;
  private final Runnable changed;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("sandboxes").factory());

  /**
   * @param changed told when scripts can or cannot run any more
   */
  SandboxWatch(Sandboxes sandboxes, Runnable changed) {
    this.sandboxes = sandboxes;
    this.changed = changed;
  }

  void start() {
    thread.scheduleWithFixedDelay(this::round, 0, EVERY_SECONDS, TimeUnit.SECONDS);
  }

  void stop() {
    thread.shutdownNow();
  }

  private void round() {
    try {
      boolean before = sandboxes.serve();
      sandboxes.probe();
      if (sandboxes.serve() != before) changed.run();
      sandboxes.endOrphans();
    } catch (RuntimeException e) {
      // Without this there would be no next round.
      LOG.atWarn().addKeyValue("cause", e.getClass().getSimpleName()).log("a round was not ended");
    }
  }
}
