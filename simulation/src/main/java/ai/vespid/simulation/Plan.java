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
 * @param longWork chance that an agent needs seconds for a dispatch
 * @param unfelt gateways leave as they should and nothing goes wrong: nobody may notice
 */
record Plan(
    List<Node> nodes,
    boolean alone,
    boolean unfelt,
    List<Agent> agents,
    int dispatches,
    double withFiles,
    double longWork,
    int organizations,
    RouterShell.Limits limits,
    Network.Weather weather,
    Set<Nemesis.Kind> faults,
    int faultCount,
    Time time) {
  private static final double LONG_WORK = 0.15;

  // The other one has runs of its own.
  private static final Set<Nemesis.Kind> ANY =
      EnumSet.complementOf(EnumSet.of(Nemesis.Kind.OUT_OF_SIGHT));

  /** True when there is room for everything at once. */
  boolean ample() {
    int room = agents.stream().mapToInt(Agent::maxInFlight).min().orElse(0);
    return Math.min(room, limits.orgInFlightMax()) >= dispatches;
  }

  /**
   * How long things take.
   *
   * @param faultsUntilMs when faults stop; after {@code quietMs} everything must have come to rest
   * @param timeoutMsMax how long the most patient dispatch may take
   */
  record Time(long faultsUntilMs, long quietMs, int timeoutMsMax) {
    static final Time SHORT = new Time(20_000, 60_000, 20_000);

    /** What waits in vain is seen to, long before its deadline. */
    static final Time PATIENT = new Time(20_000, 90_000, 70_000);
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
    /**
     * Gateways between which much is lost, late, in pieces, or not sent at all because the bus has
     * lost the way: where an offer comes when nobody expects it any more.
     */
    LOSSES,
    /** Three gateways that are told to leave and are started again; nothing else goes wrong. */
    DEPLOYS,
    /**
     * Gateways that take each other for gone while all that they say arrives, or that stand still,
     * and work that has time to wait for the end of that.
     */
    SIGHTS
  }

  private static final int DISPATCHES_MAX = 90;

  static Plan of(World world, Bias bias) {
    return switch (bias) {
      case NONE -> any(world);
      case SPLITS -> splits(world);
      case MOVES -> moves(world);
      case LOSSES -> losses(world);
      case DEPLOYS -> deploys(world);
      case SIGHTS -> sights(world);
    };
  }

  private static Plan splits(World world) {
    var faults = EnumSet.of(Nemesis.Kind.SPLIT, Nemesis.Kind.LINK_RESET);
    if (world.chance(0.5)) faults.add(Nemesis.Kind.GATEWAY_LAGS);
    if (world.chance(0.3)) faults.add(Nemesis.Kind.LINK_HALF_OPEN);
    return small(world, 2 + world.pick(2), faults, 10 + world.pick(30), Time.SHORT);
  }

  private static Plan sights(World world) {
    var faults =
        EnumSet.of(world.chance(0.5) ? Nemesis.Kind.OUT_OF_SIGHT : Nemesis.Kind.GATEWAY_STOPS);
    if (world.chance(0.7)) faults.add(Nemesis.Kind.LINK_RESET);
    if (world.chance(0.3)) faults.add(Nemesis.Kind.GATEWAY_LAGS);
    return small(world, 2 + world.pick(3), faults, 4 + world.pick(14), Time.PATIENT);
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
    return small(world, 3, faults, 6 + world.pick(14), Time.SHORT);
  }

  // Ways are lost where nothing else mends what that does.
  private static Plan losses(World world) {
    boolean ways = world.chance(0.2);
    var faults = EnumSet.of(ways ? Nemesis.Kind.PAIR_PARTS : Nemesis.Kind.LINK_RESET);
    if (!ways && world.chance(0.6)) faults.add(Nemesis.Kind.GATEWAY_DRAINS);
    var agents = new ArrayList<Agent>();
    int size = 2 + world.pick(3);
    for (int i = 0; i < size; i++) {
      agents.add(new Agent(i, 0, 2 + world.pick(3), !ways && world.chance(0.2)));
    }
    return new Plan(
        Collections.nCopies(3, new Node(true, true)),
        false,
        false,
        agents,
        50 + world.pick(50),
        0.1,
        0.5,
        1,
        new RouterShell.Limits(
            1_000, 1_000, 50, List.of(200, 2_000, 10_000).get(world.pick(3)), 10),
        ways
            ? new Network.Weather(0, 0, 0.1, 300, 0.1, 0)
            : new Network.Weather(world.chance(0.5) ? 0.2 : 0.3, 0.1, 0.2, 4_000, 0, 0.4),
        faults,
        ways ? world.pick(4) : 4 + world.pick(10),
        Time.SHORT);
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
        LONG_WORK,
        1,
        new RouterShell.Limits(1_000, 1_000, ample ? DISPATCHES_MAX : 50, 10_000, 10),
        new Network.Weather(0, 0, world.chance(0.5) ? 0 : 0.1, 300),
        EnumSet.of(Nemesis.Kind.GATEWAY_DRAINS),
        3 + world.pick(6),
        Time.SHORT);
  }

  private static Plan small(
      World world, int gateways, Set<Nemesis.Kind> faults, int count, Time time) {
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
        LONG_WORK,
        1,
        new RouterShell.Limits(1_000, 1_000, 50, world.chance(0.5) ? 2_000 : 10_000, 10),
        new Network.Weather(
            world.chance(0.5) ? 0 : 0.03, 0.1, world.chance(0.5) ? 0.1 : 0.4, 4_000),
        faults,
        count,
        time);
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
    for (var kind : ANY) if (world.chance(focused ? 0.15 : 0.4)) faults.add(kind);
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
        LONG_WORK,
        organizations,
        limits,
        weather,
        faults,
        focused ? 10 + world.pick(30) : 1 + world.pick(10),
        Time.SHORT);
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
