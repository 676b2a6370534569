package ai.vespid.bench.fault;

import ai.vespid.bench.fault.GatewayClient.Answer;
import ai.vespid.bench.fault.History.Event;
import ai.vespid.bench.fault.History.Mode;
import ai.vespid.protocol.EffectClass;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;

/**
 * Is all room free again, exactly? Takes every place of every agent at once, none of which may
 * wait: each must be had, and one more must be refused.
 */
final class RoomProbe {
  private static final int FIRST_NUMBER = 1_000_000;
  private static final int TIMEOUT_MS = 20_000;
  private static final Duration TAKE_MAX = Duration.ofSeconds(8);
  private static final long LOOK_NANOS = 20_000_000;

  private final Trial trial;

  RoomProbe(Trial trial) {
    this.trial = trial;
  }

  void run() {
    var fleet = trial.fleet();
    int room = fleet.room();
    hoard(true);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < room; i++) {
        var job = job(i);
        threads.submit(() -> trial.caller().call(job));
      }
      int taken = taken(room);
      if (taken != room) explain();
      boolean refused = taken == room && oneMoreIsRefused(room);
      trial
          .history()
          .add(new Event.Probed(trial.history().nowMs(), room, taken, taken != room || refused));
      hoard(false);
    }
  }

  // Whether an agent is missing altogether, or some of its places.
  private void explain() {
    var fleet = trial.fleet();
    var places = new TreeMap<String, Integer>();
    fleet.run(() -> fleet.agents().forEach(agent -> places.put(agent.name(), agent.running())));
    trial.mark("placesTaken", places);
    var routes = new TreeMap<String, Integer>();
    var counts = new TreeMap<String, Map<String, Double>>();
    for (var gateway : trial.site().gateways()) {
      if (gateway.isAlive()) counts.put(gateway.name(), counts(gateway));
      var known = trial.site().client().routes(gateway, trial.target().organizationId());
      routes.put(gateway.name(), known.size());
    }
    trial.mark("routesKnown", routes);
    trial.mark("counts", counts);
  }

  private Map<String, Double> counts(GatewayProcess gateway) {
    var counts = new TreeMap<String, Double>();
    for (var what : List.of("open", "queued", "orphans")) {
      counts.put(what, trial.site().client().metric(gateway, "vespid_dispatch_" + what));
    }
    return counts;
  }

  private void hoard(boolean hoarding) {
    trial.fleet().run(() -> trial.fleet().agents().forEach(agent -> agent.hoard(hoarding)));
  }

  private static Job job(int number) {
    return Job.of(FIRST_NUMBER + number, Mode.SYNC, EffectClass.AT_MOST_ONCE, 1, TIMEOUT_MS)
        .withoutWaiting();
  }

  private int taken(int room) {
    long limit = System.nanoTime() + TAKE_MAX.toNanos();
    int taken = trial.fleet().running();
    while (taken < room && System.nanoTime() < limit) {
      LockSupport.parkNanos(LOOK_NANOS);
      taken = trial.fleet().running();
    }
    return taken;
  }

  private boolean oneMoreIsRefused(int room) {
    var gateway = trial.site().gateways().getFirst();
    var body = job(room).body(trial.target());
    var answer = trial.site().client().dispatch(gateway, body, Duration.ofSeconds(5));
    return answer instanceof Answer.Result(Outcome outcome)
        && "EXECUTOR_OVER_CAPACITY".equals(outcome.error());
  }
}
