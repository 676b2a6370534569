package ai.vespid.simulation;

import ai.vespid.simulation.World.Violation;
import java.util.Optional;
import java.util.Set;

/** Runs one seed: a time with faults, a time to come to rest, and a last round without any. */
public final class Simulation {
  private static final long PROBES_MS = 30_000;
  private static final long SETTLED_MS = 25_000;
  private static final long ON_ITS_WAY_MS = 6_000;
  private static final long A_MOMENT_MS = 1_000;
  private static final int PROBE_NUMBERS = 1_000;

  /**
   * How a run ended.
   *
   * @param violation what broke, or empty
   */
  public record Outcome(
      long seed, Optional<String> violation, long events, int ran, String trace) {}

  private Simulation() {}

  /**
   * A run of the wanted kind: the same seed means another run in each.
   *
   * @param omitted lines of safety that are left out
   */
  static Outcome run(long seed, Set<Mutant> omitted, Plan.Bias bias) {
    return run(seed, omitted, bias, false);
  }

  /** The same run with its trace. */
  static Outcome explain(long seed, Set<Mutant> omitted, Plan.Bias bias) {
    return run(seed, omitted, bias, true);
  }

  private static Outcome run(long seed, Set<Mutant> omitted, Plan.Bias bias, boolean tracing) {
    var world = new World(seed, tracing);
    var cluster = new Cluster(world, Plan.of(world, bias), omitted);
    world.say("plan", cluster.plan.toString());
    Optional<String> violation = Optional.empty();
    try {
      play(world, cluster);
    } catch (Violation e) {
      violation = Optional.of(e.getMessage());
      world.say("violation", e.getMessage());
      if (tracing && e.getCause() != null) world.say("violation", stack(e.getCause()));
    }
    return new Outcome(seed, violation, world.happened(), cluster.history.ran(), world.trace());
  }

  private static void play(World world, Cluster cluster) {
    var checker = new Checker(cluster);
    cluster.start();
    new Nemesis(cluster).begin();
    long calmMs = World.START_MS + cluster.plan.time().faultsUntilMs() + SETTLED_MS;
    long quietMs =
        World.START_MS + cluster.plan.time().faultsUntilMs() + cluster.plan.time().quietMs();
    world.runUntil(calmMs, checker::afterEvent);
    var unsettled = checker.unsettled();
    world.runUntil(calmMs + ON_ITS_WAY_MS, checker::afterEvent);
    unsettled.retainAll(checker.unsettled());
    if (!unsettled.isEmpty()) throw new Violation("for seconds: " + unsettled);
    world.runUntil(quietMs, checker::afterEvent);
    quietMs = waitForCallers(cluster, checker, quietMs);
    checker.whenQuiet();
    probe(cluster);
    world.runUntil(quietMs + PROBES_MS, checker::afterEvent);
    checker.whenQuiet();
  }

  // A node that was told to leave last of all kept its callers waiting until its own deadline.
  private static long waitForCallers(Cluster cluster, Checker checker, long quietMs) {
    long untilMs = quietMs;
    if (!cluster.plan.faults().contains(Nemesis.Kind.GATEWAY_DRAINS)) return untilMs;
    while (cluster.caller.unanswered() > 0 && untilMs < quietMs + SimNode.DRAIN_MAX_MS) {
      untilMs += A_MOMENT_MS;
      cluster.world.runUntil(untilMs, checker::afterEvent);
    }
    return untilMs;
  }

  // As much as fits at once: what leaked is missed now.
  private static void probe(Cluster cluster) {
    int number = PROBE_NUMBERS;
    var limits = cluster.plan.limits();
    for (int org = 0; org < cluster.plan.organizations(); org++) {
      int organization = org;
      long room =
          cluster.plan.agents().stream()
              .filter(agent -> agent.organization() == organization)
              .mapToInt(Plan.Agent::maxInFlight)
              .sum();
      long count = Math.min(Math.min(room, limits.orgInFlightMax()), limits.orgQueueMax());
      for (int i = 0; i < count; i++) cluster.caller.probe(number++, organization);
    }
  }

  private static String stack(Throwable cause) {
    var text = new StringBuilder(cause.toString());
    for (var frame : cause.getStackTrace()) text.append("\n    at ").append(frame);
    return text.toString();
  }
}
