package ai.vespid.bench.fault;

import ai.vespid.bench.fault.History.Event;
import ai.vespid.bench.fault.Violation.Rule;
import ai.vespid.protocol.EffectClass;
import java.util.HashMap;
import java.util.List;

/**
 * Agents whose cables go silent, one after the other: their sockets stand and nothing comes
 * through. What may be repeated must soon be given to others.
 */
final class HalfOpenAgent {
  private static final long SILENT_MS = 10_000;
  private static final long SETTLED_MS = 20_000;
  // 1.5 s after the missing acknowledgement, and half a second for the way there.
  private static final long RESENT_MS_MAX = 2_000;

  private HalfOpenAgent() {}

  static void happen(Trial trial) throws InterruptedException {
    long begun = trial.history().nowMs();
    // One after the other: what goes from one silent agent to the next is late twice.
    for (var victim : trial.fleet().victims()) silence(trial, victim.cable());
    trial.mended();
    long ended = trial.history().nowMs();
    // Long enough for what is still out to arrive somewhere.
    trial.pause(SETTLED_MS);
    var slowest = slowest(trial.history().events(), begun, ended);
    trial.mark("resentMs", slowest.ms());
    if (slowest.ms() > RESENT_MS_MAX) {
      trial.violated(Rule.MARK, slowest.id(), "reached an agent after " + slowest.ms() + " ms");
    }
  }

  private static void silence(Trial trial, Cable cable) throws InterruptedException {
    cable.silence();
    try {
      trial.pause(SILENT_MS);
    } finally {
      cable.heal();
    }
  }

  /** A dispatch and how long it took to reach an agent. */
  record Way(String id, long ms) {}

  /** The longest that safe work, accepted in the meantime, took to reach an agent. */
  static Way slowest(List<Event> events, long fromMs, long toMs) {
    var asked = new HashMap<String, Long>();
    for (var event : events) {
      if (event instanceof Event.Posted posted
          && posted.effect() == EffectClass.RETRY_SAFE
          && posted.atMs() >= fromMs
          && posted.atMs() < toMs) {
        asked.put(posted.id(), posted.atMs());
      }
      // How long it took to be written is no agent's silence.
      if (event instanceof Event.Accepted(long atMs, String id)) {
        asked.computeIfPresent(id, (_, _) -> atMs);
      }
    }
    var slowest = new Way("", 0);
    for (var event : events) {
      if (!(event instanceof Event.Offered offered)) continue;
      var since = asked.remove(offered.id());
      if (since != null) slowest = slower(slowest, offered.id(), offered.atMs() - since);
    }
    long now = events.isEmpty() ? 0 : events.getLast().atMs();
    for (var never : asked.entrySet()) {
      slowest = slower(slowest, never.getKey(), now - never.getValue());
    }
    return slowest;
  }

  private static Way slower(Way slowest, String id, long ms) {
    return ms > slowest.ms() ? new Way(id, ms) : slowest;
  }
}
