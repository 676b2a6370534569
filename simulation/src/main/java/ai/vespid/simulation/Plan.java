package ai.vespid.simulation;

import ai.vespid.gateway.dispatch.RouterShell;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What one seed simulates. Not every fault happens in every run: bugs hide behind each other.
 *
 * @param alone one gateway that will never have another one beside it
 * @param faultsUntilMs when faults stop; after {@code quietMs} everything must have come to rest
 */
record Plan(
    List<Node> nodes,
    boolean alone,
    List<Agent> agents,
    int dispatches,
    double withFiles,
    int organizations,
    RouterShell.Limits limits,
    Network.Weather weather,
    Set<Nemesis.Kind> faults,
    int faultCount,
    long faultsUntilMs,
    long quietMs) {
  /** One gateway process: it decides, has sockets, or both. */
  record Node(boolean decides, boolean sockets) {}

  /** One agent; a plain one speaks protocol v2 without our extensions. */
  record Agent(int number, int organization, int maxInFlight, boolean plain) {}

  /** Which runs are wanted. */
  enum Bias {
    /** Of every kind. */
    NONE,
    /**
     * Two or three gateways that lose sight of each other again and again, while agents of ours
     * move between them: where repeated offers, late answers and late hellos meet.
     */
    SPLITS
  }

  static Plan of(World world, Bias bias) {
    return bias == Bias.SPLITS ? splits(world) : any(world);
  }

  private static Plan splits(World world) {
    var agents = new ArrayList<Agent>();
    int count = 2 + world.pick(2);
    for (int i = 0; i < count; i++) agents.add(new Agent(i, 0, 1 + world.pick(2), false));
    var nodes = new ArrayList<Node>();
    int gateways = 2 + world.pick(2);
    for (int i = 0; i < gateways; i++) nodes.add(new Node(true, true));
    var faults = EnumSet.of(Nemesis.Kind.SPLIT, Nemesis.Kind.LINK_RESET);
    if (world.chance(0.5)) faults.add(Nemesis.Kind.GATEWAY_LAGS);
    if (world.chance(0.3)) faults.add(Nemesis.Kind.LINK_HALF_OPEN);
    return new Plan(
        nodes,
        false,
        agents,
        30 + world.pick(40),
        0.1,
        1,
        new RouterShell.Limits(1_000, 1_000, 50, world.chance(0.5) ? 2_000 : 10_000, 10),
        new Network.Weather(
            world.chance(0.5) ? 0 : 0.03, 0.1, world.chance(0.5) ? 0.1 : 0.4, 4_000),
        faults,
        10 + world.pick(30),
        20_000,
        60_000);
  }

  private static Plan any(World world) {
    int organizations = 1 + world.pick(2);
    var agents = new ArrayList<Agent>();
    int count = 1 + world.pick(5);
    for (int i = 0; i < count; i++) {
      agents.add(new Agent(i, i % organizations, 1 + world.pick(3), world.chance(0.25)));
    }
    // Many different faults, or a few again and again.
    boolean focused = world.chance(0.4);
    var faults = EnumSet.noneOf(Nemesis.Kind.class);
    for (var kind : Nemesis.Kind.values()) if (world.chance(focused ? 0.15 : 0.4)) faults.add(kind);
    var limits =
        new RouterShell.Limits(
            world.chance(0.1) ? 5 : 1_000,
            world.chance(0.1) ? 2 : 1_000,
            world.chance(0.2) ? 2 : 50,
            List.of(200, 2_000, 10_000).get(world.pick(3)),
            world.chance(0.1) ? 2 : 10);
    var weather =
        new Network.Weather(
            world.chance(0.5) ? 0 : 0.03,
            world.chance(0.5) ? 0 : 0.1,
            world.chance(0.3) ? 0 : world.chance(0.6) ? 0.1 : 0.4,
            world.chance(0.5) ? 300 : 4_000);
    var nodes = nodes(world);
    return new Plan(
        nodes,
        nodes.size() == 1,
        agents,
        5 + world.pick(world.chance(0.5) ? 20 : 80),
        world.chance(0.3) ? 0.7 : 0.1,
        organizations,
        limits,
        weather,
        faults,
        focused ? 10 + world.pick(30) : 1 + world.pick(10),
        20_000,
        60_000);
  }

  private static List<Node> nodes(World world) {
    int shape = world.pick(10);
    if (shape == 0) return List.of(new Node(true, true));
    var nodes = new ArrayList<Node>();
    if (shape < 4) {
      nodes.add(new Node(true, false));
      int edges = 1 + world.pick(3);
      for (int i = 0; i < edges; i++) nodes.add(new Node(false, true));
      return nodes;
    }
    int both = 2 + world.pick(3);
    for (int i = 0; i < both; i++) nodes.add(new Node(true, true));
    if (world.chance(0.3)) nodes.add(new Node(world.chance(0.5), true));
    return nodes;
  }
}
