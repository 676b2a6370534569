package ai.vespid.bench.fault;

import ai.vespid.bench.Credential;
import ai.vespid.bench.fault.History.Event;
import ai.vespid.bench.fault.Violation.Rule;
import ai.vespid.protocol.EffectClass;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;

/**
 * Agents of another organization that do all they should not. Nobody else may notice: dispatches
 * reach their agents as soon as before, memory stays bounded, no exception escapes.
 */
final class HostilePeer {
  static final Scenario SCENARIO =
      new Scenario(
          "hostile-peer",
          1,
          new Load.Mix(100, true, 60_000, 15),
          Tolerance.NONE,
          HostilePeer::happen);

  private static final long PHASE_MS = 4_000;
  private static final double SLOWER_MAX = 1.5;
  // Below this the generator's own noise, which shares two cores with all it measures.
  private static final long DELAY_MS_FLOOR = 150;
  private static final long GROWTH_MB_MAX = 300;
  private static final int UNREAD_JOBS = 60;

  private HostilePeer() {}

  static void happen(Trial trial) throws InterruptedException {
    trial.pause(PHASE_MS);
    long before = residentMb(trial);
    long begun = trial.history().nowMs();
    var credentials = trial.site().agents(RudePeer.Rudeness.values().length);
    var attacks = new ArrayList<Attack>();
    for (var gateway : trial.site().gateways()) {
      attack(trial, gateway, credentials, attacks);
    }
    long ended = trial.history().nowMs();
    trial.mended();
    trial.pause(1_000);
    trial.mark("memoryGrowthMb", residentMb(trial) - before, GROWTH_MB_MAX);
    tellWorst(trial, attacks);
    judge(trial, begun, ended);
  }

  private record Attack(RudePeer.Rudeness rudeness, long begunMs, long endedMs) {}

  private static void attack(
      Trial trial, GatewayProcess gateway, List<Credential> credentials, List<Attack> attacks)
      throws InterruptedException {
    try (var peer = new RudePeer(gateway)) {
      for (var rudeness : RudePeer.Rudeness.values()) {
        long begun = trial.history().nowMs();
        // Who was thrown out is kept out: the next attack needs another one.
        var credential = credentials.get(rudeness.ordinal());
        peer.begin(rudeness, credential);
        if (rudeness == RudePeer.Rudeness.NEVER_READS) fill(trial, gateway, credential);
        trial.pause(PHASE_MS);
        trial.mark("sent" + rudeness, peer.sent());
        if (peer.sent() == 0 && rudeness != RudePeer.Rudeness.NEVER_READS) {
          trial.violated(Rule.MARK, rudeness.name(), "nothing of it was sent");
        }
        attacks.add(new Attack(rudeness, begun, trial.history().nowMs()));
      }
    }
  }

  // By which of them others are slower, whatever the gateway.
  private static void tellWorst(Trial trial, List<Attack> attacks) {
    var events = trial.history().events();
    var worst = new EnumMap<RudePeer.Rudeness, Long>(RudePeer.Rudeness.class);
    for (var attack : attacks) {
      worst.merge(attack.rudeness(), delay(events, attack.begunMs(), attack.endedMs()), Math::max);
    }
    trial.mark("worstDelayP99MsBy", worst);
  }

  // Something must be written to a peer that does not read.
  private static void fill(Trial trial, GatewayProcess gateway, Credential credential) {
    for (int i = 0; i < UNREAD_JOBS; i++) {
      var job = Job.of(2_000_000 + i, History.Mode.ASYNC, EffectClass.AT_MOST_ONCE, 1, 5_000);
      trial.site().client().dispatchAsync(gateway, job.bulky(credential), Duration.ofSeconds(4));
    }
  }

  private static void judge(Trial trial, long begunMs, long endedMs) {
    var events = trial.history().events();
    long usual = delay(events, 0, begunMs);
    long then = delay(events, begunMs, endedMs);
    trial.mark("delayP99MsBefore", usual);
    trial.mark("delayP99Ms", then, Math.max(DELAY_MS_FLOOR, Math.round(SLOWER_MAX * usual)));
    var errors = trial.errors();
    if (!errors.isEmpty()) {
      trial.violated(
          Rule.MARK, "log", errors.size() + " exceptions escaped, first " + errors.getFirst());
    }
  }

  /** The 99th percentile of the time from the call to the agent. */
  static long delay(List<Event> events, long fromMs, long toMs) {
    var asked = new HashMap<String, Long>();
    var delays = new ArrayList<Long>();
    for (var event : events) {
      if (event instanceof Event.Posted p && p.atMs() >= fromMs && p.atMs() < toMs) {
        asked.put(p.id(), p.atMs());
      }
    }
    for (var event : events) {
      if (!(event instanceof Event.Began began)) continue;
      var since = asked.remove(began.id());
      if (since != null) delays.add(began.atMs() - since);
    }
    delays.sort(null);
    return delays.isEmpty() ? 0 : delays.get((int) (delays.size() * 0.99));
  }

  private static long residentMb(Trial trial) {
    long kilobytes = 0;
    for (var gateway : trial.site().gateways()) kilobytes += residentKb(gateway.child().pid());
    return kilobytes / 1024;
  }

  private static long residentKb(long pid) {
    try (var lines = Files.lines(Path.of("/proc", Long.toString(pid), "status"))) {
      return lines
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
          .sum();
    } catch (IOException e) {
      throw new UncheckedIOException("a gateway is gone", e);
    }
  }
}
