package ai.vespid.agent.session;

import ai.vespid.agent.session.SessionRecord.State;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What has to go: sessions that were being made when their agent died, or whose making failed. They
 * stay on disk until they are gone, and for a while longer: what a dead agent asked an engine for
 * may come into being after the next one has looked.
 */
final class Leftovers {
  private static final Logger LOG = LoggerFactory.getLogger(Leftovers.class);
  private static final Duration KEPT = Duration.ofMinutes(2);

  private final Providers providers;
  private final SessionStore store;
  private final WorkspaceDisks disks;
  private final Map<String, Leftover> all = new ConcurrentHashMap<>();

  private record Leftover(SessionRecord record, Instant since) {}

  Leftovers(Providers providers, SessionStore store, WorkspaceDisks disks) {
    this.providers = providers;
    this.store = store;
    this.disks = disks;
  }

  boolean has(String handle) {
    return all.containsKey(handle);
  }

  void add(SessionRecord record) {
    var doomed = record.in(State.DESTROYING);
    all.putIfAbsent(record.handle(), new Leftover(doomed, providers.now()));
    try {
      store.write(doomed);
    } catch (IOException e) {
      LOG.atWarn().addKeyValue("session", record.id()).log("a leftover could not be written down");
    }
  }

  /** Removes what can be removed now. */
  void remove(String provider) throws InterruptedException {
    for (var leftover : List.copyOf(all.values())) {
      if (leftover.record.provider().equals(provider)) remove(leftover);
    }
  }

  private void remove(Leftover leftover) throws InterruptedException {
    var record = leftover.record;
    // Whoever interrupts wants to be done, but nothing is left behind.
    boolean interrupted = Thread.interrupted();
    try {
      providers.any(record.provider()).destroy(record.handle());
      disks.release(record);
      if (leftover.since.plus(KEPT).isBefore(providers.now())) {
        store.remove(record.handle());
        all.remove(record.handle());
      }
    } catch (SessionFailed | IOException | RuntimeException e) {
      LOG.atWarn()
          .addKeyValue("session", record.id())
          .addKeyValue("cause", e.getClass().getSimpleName())
          .log("a leftover could not be removed");
    } finally {
      if (interrupted) Thread.currentThread().interrupt();
    }
  }
}
