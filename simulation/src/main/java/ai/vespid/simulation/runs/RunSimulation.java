package ai.vespid.simulation.runs;

import java.util.Optional;

/** Plays one seed: a minute and a half with faults, and a time in which all must come to an end. */
public final class RunSimulation {
  private static final long TROUBLE_MS = 90_000;
  private static final long QUIET_MS = 600_000;
  private static final int RUNS_MAX = 5;

  /**
   * How it ended.
   *
   * @param violation what broke, or empty
   */
  public record Outcome(long seed, Optional<String> violation, long events, String trace) {}

  private RunSimulation() {}

  public static Outcome run(long seed, RunMutant mutant) {
    return run(seed, mutant, false);
  }

  /** The same history with its trace. */
  public static Outcome explain(long seed, RunMutant mutant) {
    return run(seed, mutant, true);
  }

  private static Outcome run(long seed, RunMutant mutant, boolean tracing) {
    var world = new RunWorld(seed, tracing);
    var cluster = new RunCluster(world, mutant);
    try {
      play(world, cluster);
    } catch (RunJudge.Broken e) {
      world.say("violation", e.getMessage());
    }
    return new Outcome(seed, cluster.judge().first(), world.happened(), world.trace());
  }

  private static void play(RunWorld world, RunCluster cluster) {
    int runs = 1 + world.random.nextInt(RUNS_MAX);
    for (int i = 0; i < runs; i++) world.after(world.random.nextInt(5_000), cluster::start);
    long at = 0;
    while (at < TROUBLE_MS) {
      world.after(at, cluster::trouble);
      at += 100 + world.random.nextInt(4_000);
    }
    world.runUntil(RunWorld.START_MS + TROUBLE_MS + QUIET_MS);
    cluster.judge().whenQuiet(cluster.table().rows());
  }
}
