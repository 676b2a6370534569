package ai.vespid.simulation.sessions;

import ai.vespid.simulation.runs.RunSimulation.Outcome;
import ai.vespid.simulation.runs.RunWorld;

/** Plays one seed: a minute and a half with faults, and a time in which all must come to an end. */
public final class SessionSimulation {
  static final long TROUBLE_MS = 90_000;
  private static final long QUIET_MS = 300_000;

  private SessionSimulation() {}

  public static Outcome run(long seed, SessionMutant mutant) {
    return run(seed, mutant, false);
  }

  /** The same history with its trace. */
  public static Outcome explain(long seed, SessionMutant mutant) {
    return run(seed, mutant, true);
  }

  private static Outcome run(long seed, SessionMutant mutant, boolean tracing) {
    var world = new RunWorld(seed, tracing);
    var site = new SessionSite(world, mutant);
    try {
      play(world, site);
    } catch (SessionJudge.Broken e) {
      world.say("violation", e.getMessage());
    }
    return new Outcome(seed, site.judge().first(), world.happened(), world.trace());
  }

  private static void play(RunWorld world, SessionSite site) {
    long at = 2_000;
    while (at < TROUBLE_MS) {
      world.after(at, site::trouble);
      at += 100 + world.random.nextInt(4_000);
    }
    world.after(TROUBLE_MS, site::repair);
    world.runUntil(RunWorld.START_MS + TROUBLE_MS + QUIET_MS);
    site.judge().whenQuiet(site.table().rows(), site.viewers());
  }
}
