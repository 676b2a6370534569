package ai.vespid.bench.fault;

import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/** Every scenario, by the rows of the plan. */
final class Scenarios {
  private static final long DEAD_MS = 3_000;
  // At least; longer with more seconds of load.
  private static final long STOP_MS_MAX = 30_000;
  private static final long PARTITION_MS = 30_000;
  // Three programs start at once on what the callers leave of the machine; see "cluster" for a
  // start alone.
  private static final long FORMED_MS_MAX = 20_000;
  private static final long STARVED_MS = 15_000;
  // What callers have waited for meanwhile is done first, or given up, on all that the machine has.
  private static final long STEADY_MS_MAX = 30_000;
  private static final long LOOK_MS = 50;

  static final List<Scenario> ALL =
      List.of(
          Scenario.of("kill-gateway", Tolerance.LOST_MEMORY, Scenarios::killGateway),
          Scenario.ofCluster("kill-home", Tolerance.LOST_MEMORY, Scenarios::killHome),
          Scenario.of("kill-agent", Tolerance.LOST_AGENT, Scenarios::killAgent),
          Scenario.of("kill-redis", Tolerance.NONE, Scenarios::killRedis),
          Scenario.of("kill-postgres", Tolerance.NONE, Scenarios::killPostgres),
          Scenario.of("stop-gateway", Tolerance.STANDSTILL, Scenarios::stopGateway),
          Scenario.of("stop-redis", Tolerance.NONE, Scenarios::stopRedis),
          Scenario.of("stop-postgres", Tolerance.NONE, Scenarios::stopPostgres),
          Scenario.ofCluster(
              "partition", Tolerance.STANDSTILL.or(Tolerance.LOST_AGENT), Scenarios::partition),
          Scenario.ofCluster("cold-start", Tolerance.LOST_MEMORY, Scenarios::coldStart),
          Scenario.of("half-open-agent", Tolerance.SILENT_AGENT, HalfOpenAgent::happen),
          new Scenario(
              "rolling-restart", 1, Scenario.BUSY, Tolerance.NONE, Scenarios::rollingRestart),
          new Scenario("starve", 1, Scenario.BUSY, Tolerance.STANDSTILL, Scenarios::starve),
          AgentsGone.SCENARIO,
          HostilePeer.SCENARIO);

  private Scenarios() {}

  static Scenario named(String name) {
    return ALL.stream()
        .filter(scenario -> scenario.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException("no scenario " + name + "; there are all, " + names()));
  }

  static String names() {
    return String.join(", ", ALL.stream().map(Scenario::name).toList());
  }

  private static void killGateway(Trial trial) throws InterruptedException {
    var gateways = trial.site().gateways();
    kill(trial, gateways.get(ThreadLocalRandom.current().nextInt(gateways.size())));
  }

  // Which one owns the organization's dispatches is not public; who counts them is.
  private static void killHome(Trial trial) throws InterruptedException {
    var client = trial.site().client();
    var gateways = trial.site().gateways();
    var before = gateways.stream().map(gateway -> submitted(client, gateway)).toList();
    trial.pause(1_000);
    int home = 0;
    double most = -1;
    for (int i = 0; i < gateways.size(); i++) {
      double grown = submitted(client, gateways.get(i)) - before.get(i);
      if (grown > most) home = i;
      most = Math.max(most, grown);
    }
    trial.mark("home", gateways.get(home).name());
    kill(trial, gateways.get(home));
  }

  private static double submitted(GatewayClient client, GatewayProcess gateway) {
    return client.metric(gateway, "vespid_dispatch_submitted_total");
  }

  private static void kill(Trial trial, GatewayProcess gateway) throws InterruptedException {
    trial.homesLost();
    gateway.child().kill();
    if (trial.site().gateways().size() > 1) {
      // The others carry on at once.
      trial.mended();
      trial.pause(DEAD_MS);
    }
    gateway.start();
    gateway.awaitReady();
    if (trial.site().gateways().size() == 1) trial.mended();
  }

  private static void killAgent(Trial trial) throws InterruptedException {
    var victims = trial.fleet().victims();
    trial.mended();
    for (var victim : victims) {
      trial.fleet().run(victim::die);
      trial.pause(500);
      trial.fleet().run(victim::comeBack);
    }
  }

  private static void killRedis(Trial trial) throws InterruptedException {
    Child.kill(trial.site().stores().redisPid());
    trial.mended();
    trial.pause(DEAD_MS / 2);
    trial.site().stores().restartRedis();
  }

  private static void killPostgres(Trial trial) throws InterruptedException {
    Child.kill(trial.site().stores().postgresPid());
    trial.pause(DEAD_MS / 2);
    trial.site().stores().restartPostgres();
    trial.mended();
  }

  private static void stopGateway(Trial trial) throws InterruptedException {
    trial.homesLost();
    var gateways = trial.site().gateways();
    var stopped = gateways.get(ThreadLocalRandom.current().nextInt(gateways.size()));
    if (gateways.size() > 1) trial.mended();
    stop(trial, List.of(stopped.child().pid()));
    if (gateways.size() == 1) trial.mended();
  }

  private static void stopRedis(Trial trial) throws InterruptedException {
    trial.mended();
    stop(trial, List.of(trial.site().stores().redisPid()));
  }

  private static void stopPostgres(Trial trial) throws InterruptedException {
    stop(trial, trial.site().stores().postgresPids());
    trial.mended();
  }

  private static void stop(Trial trial, List<Long> processes) throws InterruptedException {
    long max = Math.max(STOP_MS_MAX, trial.loadMs());
    long ms = ThreadLocalRandom.current().nextLong(1_000, max);
    trial.mark("stoppedMs", ms);
    processes.forEach(pid -> Child.signal(pid, "STOP"));
    try {
      trial.pause(ms);
    } finally {
      processes.forEach(pid -> Child.signal(pid, "CONT"));
    }
  }

  private static void partition(Trial trial) throws InterruptedException {
    trial.homesLost();
    var gateways = trial.site().gateways();
    var alone = gateways.get(ThreadLocalRandom.current().nextInt(gateways.size()));
    trial.mark("isolated", alone.name());
    trial.site().isolate(alone.name());
    try {
      trial.pause(Math.max(PARTITION_MS, trial.loadMs()));
    } finally {
      trial.site().rejoin();
    }
    trial.mended();
    RouteTables.compare(trial);
  }

  // As after a loss of power: what was in memory is gone, and the cluster forms anew.
  private static void coldStart(Trial trial) throws InterruptedException {
    trial.homesLost();
    var gateways = trial.site().gateways();
    gateways.forEach(gateway -> gateway.child().kill());
    long begun = trial.history().nowMs();
    gateways.forEach(GatewayProcess::start);
    gateways.forEach(GatewayProcess::awaitReady);
    var client = trial.site().client();
    while (!client.formed(gateways)) {
      if (trial.history().nowMs() - begun > 2 * FORMED_MS_MAX) break;
      trial.pause(LOOK_MS);
    }
    trial.mark("formedMs", trial.history().nowMs() - begun, FORMED_MS_MAX);
    trial.mended();
  }

  private static void rollingRestart(Trial trial) throws InterruptedException {
    trial.homesLost();
    // A single one is away itself for a moment, and its agents come back to it after that.
    if (trial.site().gateways().size() > 1) trial.forbidRefusals();
    // What is deployed has served for a while; starting all at once is cold-start's.
    trial.pause(10_000);
    for (var gateway : trial.site().gateways()) {
      gateway.child().terminate();
      gateway.start();
      gateway.awaitReady();
      trial.pause(1_000);
    }
    trial.mended();
    trial.forbidSecondRuns();
  }

  // As on a machine that others take, and give back: the load goes on, and callers repeat.
  private static void starve(Trial trial) throws InterruptedException {
    trial.homesLost();
    trial.pause(10_000);
    new Starvation(trial.site()).last(STARVED_MS);
    trial.mended(STEADY_MS_MAX);
    trial.pause(STEADY_MS_MAX + 10_000);
  }
}
