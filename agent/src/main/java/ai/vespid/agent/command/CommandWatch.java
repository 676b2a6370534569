package ai.vespid.agent.command;

import ai.vespid.agent.session.Services;
import ai.vespid.agent.session.Sessions;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks again and again which providers work, which sessions there are and how their services do,
 * on a thread of its own because all of that blocks.
 */
final class CommandWatch {
  private static final Logger LOG = LoggerFactory.getLogger(CommandWatch.class);
  private static final long EVERY_SECONDS = 30;

  private final CommandDesk desk;
  private final Sessions sessions;
  private final Services services;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("sessions").factory());

  CommandWatch(CommandDesk desk, Sessions sessions, Services services) {
    this.desk = desk;
    this.sessions = sessions;
    this.services = services;
  }

  /**
   * @param changed told when what can be asked for has changed
   */
  void start(Runnable changed) {
    thread.scheduleWithFixedDelay(() -> round(changed), 0, EVERY_SECONDS, TimeUnit.SECONDS);
  }

  void stop() {
    thread.shutdownNow();
  }

  private void round(Runnable changed) {
    try {
      List<String> before = desk.offered();
      sessions.providers().probe();
      services.discover();
      services.askAll();
      if (!desk.offered().equals(before)) changed.run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      // Without this there would be no next round.
      LOG.atWarn().addKeyValue("cause", e.getClass().getSimpleName()).log("a round was not ended");
    }
  }
}
