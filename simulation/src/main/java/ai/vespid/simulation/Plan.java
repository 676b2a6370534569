package ai.vespid.simulation;

import ai.vespid.gateway.dispatch.RouterShell;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What one seed simulates. Not every fault happens in every run: bugs hide behind each other.
 *
 * @param alone one gateway that will never have another one beside it
 * @param unfelt gateways leave as they should and nothing goes wrong: nobody may notice
 * @param faultsUntilMs when faults stop; after {@code quietMs} everything must have come to rest
 */
record Plan(
    List<Node> nodes,
    boolean alone,
    boolean unfelt,
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
  /** True when there is room for everything at once. */
  boolean ample() {
    int room = agents.stream().mapToInt(Agent::maxInFlight).min().orElse(0);
    return Math.min(room, limits.orgInFlightMax()) >= dispatches;
  }

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
    SPLITS,
    /** Three gateways that leave, die and come back, so that homes move under everything. */
    MOVES,
    /** Three gateways that are told to leave and are started again; nothing else goes wrong. */
    DEPLOYS
  }

  private static final int DISPATCHES_MAX = 90;

  static Plan of(World world, Bias bias) {
    return switch (bias) {
      case NONE -> any(world);
      case SPLITS -> splits(world);
      case MOVES -> moves(world);
      case DEPLOYS -> deploys(world);
    };
  }

  private static Plan splits(World world) {
    var faults = EnumSet.of(Nemesis.Kind.SPLIT, Nemesis.Kind.LINK_RESET);
    if (world.chance(0.5)) faults.add(Nemesis.Kind.GATEWAY_LAGS);
    if (world.chance(0.3)) faults.add(Nemesis.Kind.LINK_HALF_OPEN);
    return small(world, 2 + world.pick(2), faults, 10 + world.pick(30));
  }

  private static Plan moves(World world) {
    var faults =
        EnumSet.of(
            Nemesis.Kind.GATEWAY_DRAINS,
            Nemesis.Kind.GATEWAY_DIES,
            Nemesis.Kind.ROUTER_CRASHES,
            Nemesis.Kind.WORDS_OUTLIVE_HOME);
    faults.removeIf(_ -> world.chance(0.3));
    faults.add(world.chance(0.5) ? Nemesis.Kind.LINK_RESET : Nemesis.Kind.GATEWAY_LAGS);
    return small(world, 3, faults, 6 + world.pick(14));
  }

  private static Plan deploys(World world) {
    var agents = new ArrayList<Agent>();
    int size = 1 + world.pick(5);
    // Where there is room for everything, nothing may fail for want of it.
    boolean ample = world.chance(0.5);
    for (int i = 0; i < size; i++) {
      agents.add(new Agent(i, 0, ample ? DISPATCHES_MAX : 2 + world.pick(4), false));
    }
    return new Plan(
        Collections.nCopies(3, new Node(true, true)),
        false,
        true,
        agents,
        30 + world.pick(DISPATCHES_MAX - 30),
        world.chance(0.3) ? 0.5 : 0,
        1,
        new RouterShell.Limits(1_000, 1_000, ample ? DISPATCHES_MAX : 50, 10_000, 10),
        new Network.Weather(0, 0, world.chance(0.5) ? 0 : 0.1, 300),
        EnumSet.of(Nemesis.Kind.GATEWAY_DRAINS),
        3 + world.pick(6),
        20_000,
        60_000);
  }

  private static Plan small(World world, int gateways, Set<Nemesis.Kind> faults, int count) {
    var agents = new ArrayList<Agent>();
    int size = 2 + world.pick(2);
    for (int i = 0; i < size; i++) agents.add(new Agent(i, 0, 1 + world.pick(2), false));
    return new Plan(
        Collections.nCopies(gateways, new Node(true, true)),
        false,
        false,
        agents,
        30 + world.pick(40),
        0.1,
        1,
        new RouterShell.Limits(1_000, 1_000, 50, world.chance(0.5) ? 2_000 : 10_000, 10),
        new Network.Weather(
            world.chance(0.5) ? 0 : 0.03, 0.1, world.chance(0.5) ? 0.1 : 0.4, 4_000),
        faults,
        count,
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
        false,
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
