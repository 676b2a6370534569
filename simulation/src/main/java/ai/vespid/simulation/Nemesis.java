package ai.vespid.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** What goes wrong in a run, and when; at the end it repairs everything. */
final class Nemesis {
  /** The faults there are. */
  enum Kind {
    AGENT_DIES,
    AGENT_STOPS,
    GATEWAY_DIES,
    /** The process is stopped; the others may take it for dead meanwhile. */
    GATEWAY_STOPS,
    /** A gateway is told to leave, and is started again. */
    GATEWAY_DRAINS,
    /** The verticle crashes and its supervisor starts it again. */
    ROUTER_CRASHES,
    /** A home dies while the database sits on what it was told to write. */
    WRITES_OUTLIVE_HOME,
    /** A home dies while what it told the others is still on its way. */
    WORDS_OUTLIVE_HOME,
    LINK_RESET,
    LINK_HALF_OPEN,
    /** Two gateways hear nothing of each other. */
    PAIR_PARTS,
    /** The gateways fall into two halves, each with its own view. */
    SPLIT,
    /** The gateways take each other for gone, in two halves, while all that they say arrives. */
    OUT_OF_SIGHT,
    /** A gateway is heard late, and agents move meanwhile. */
    GATEWAY_LAGS,
    DATABASE_AWAY,
    DATABASE_STALLS,
    REDIS_AWAY,
    REDIS_EMPTY
  }

  private static final long LAST_WORDS_MS = 400;

  private final Cluster cluster;
  private final World world;

  Nemesis(Cluster cluster) {
    this.cluster = cluster;
    this.world = cluster.world;
  }

  void begin() {
    var kinds = List.copyOf(new TreeSet<>(cluster.plan.faults()));
    for (int i = 0; i < cluster.plan.faultCount() && !kinds.isEmpty(); i++) {
      var kind = kinds.get(world.pick(kinds.size()));
      long atMs = world.between(0, cluster.plan.time().faultsUntilMs());
      world.in(atMs, kind.name(), () -> strike(kind));
    }
    world.in(cluster.plan.time().faultsUntilMs(), "repair", this::repair);
  }

  private void strike(Kind kind) {
    switch (kind) {
      case AGENT_DIES -> kill(anyAgent());
      case AGENT_STOPS -> anyAgent().actor().stopFor(stopMs());
      case GATEWAY_DIES -> kill(cluster.anyNode());
      case GATEWAY_STOPS -> stop(cluster.anyNode());
      case GATEWAY_DRAINS -> drain(cluster.anyNode());
      case ROUTER_CRASHES -> crash(anyBrain());
      case WRITES_OUTLIVE_HOME -> {
        cluster.database.stall(world.between(300, 3_000));
        var home = anyBrain();
        world.in(world.between(0, 300), "home dies", () -> killOrCrash(home));
      }
      case WORDS_OUTLIVE_HOME -> {
        var home = anyBrain();
        cluster.network.lag(
            anyEdge().process, home.process, world.between(1_000, 4_500), LAST_WORDS_MS);
        world.in(LAST_WORDS_MS, "home dies", () -> killOrCrash(home));
      }
      case LINK_RESET -> ofAnyLink(Link::reset);
      case LINK_HALF_OPEN -> ofAnyLink(Link::halfOpen);
      case PAIR_PARTS -> {
        var one = cluster.anyNode();
        part(List.of(one), List.of(other(one)));
      }
      case SPLIT -> halves(this::part);
      case OUT_OF_SIGHT -> halves(this::hide);
      case GATEWAY_LAGS -> lag(anyEdge());
      case DATABASE_AWAY -> cluster.database.goAway(world.between(100, 8_000));
      case DATABASE_STALLS -> cluster.database.stall(world.between(100, 3_000));
      case REDIS_AWAY -> cluster.redis.goAway(world.between(100, 10_000));
      case REDIS_EMPTY -> cluster.redis.loseEverything();
    }
  }

  private SimAgent anyAgent() {
    return cluster.agents.get(world.pick(cluster.agents.size()));
  }

  private SimNode anyEdge() {
    var edges = cluster.edges();
    return edges.get(world.pick(edges.size()));
  }

  private SimNode anyBrain() {
    var brains = cluster.brains();
    return brains.get(world.pick(brains.size()));
  }

  private SimNode other(SimNode than) {
    var others = cluster.nodes.stream().filter(node -> node != than).toList();
    return others.isEmpty() ? than : others.get(world.pick(others.size()));
  }

  private void ofAnyLink(Consumer<Link> happening) {
    var node = anyEdge();
    if (node.process.alive()) node.edge().anyLink(happening);
  }

  private long stopMs() {
    long leftMs = World.START_MS + cluster.plan.time().faultsUntilMs() - world.nowMs();
    return Math.min(leftMs, world.between(100, 20_000));
  }

  private void stop(SimNode node) {
    long ms = stopMs();
    node.process.stopFor(ms);
    node.router.stopFor(ms);
    cluster.history.homesMoved();
    var others = cluster.nodes.stream().filter(one -> one != node).toList();
    cluster.members.part(List.of(node), others, ms);
  }

  private void kill(SimAgent agent) {
    if (!agent.actor().alive()) return;
    agent.dies();
    world.in(world.between(50, 6_000), "start " + agent.id(), () -> revive(agent));
  }

  private void kill(SimNode node) {
    if (!node.process.alive()) return;
    node.dies();
    world.in(world.between(200, 6_000), "start " + node, () -> revive(node));
  }

  private void drain(SimNode node) {
    if (!node.serving()) return;
    // One after the other, as a deploy does.
    if (cluster.plan.unfelt() && !cluster.nodes.stream().allMatch(SimNode::serving)) return;
    node.leave();
    world.in(world.between(1_000, 10_000), "start " + node, () -> reviveWhenLeft(node));
  }

  private void reviveWhenLeft(SimNode node) {
    if (node.process.alive() && node.draining()) {
      world.in(1_000, "start " + node, () -> reviveWhenLeft(node));
    } else revive(node);
  }

  private void crash(SimNode node) {
    if (!node.router.alive() || !node.process.alive()) return;
    node.routerDies();
    world.in(world.between(200, 1_000), "start router of " + node, node::startRouter);
  }

  private void killOrCrash(SimNode node) {
    if (world.chance(0.5)) kill(node);
    else crash(node);
  }

  // PostgreSQL and Redis are reached from both sides.
  private void part(List<SimNode> some, List<SimNode> others) {
    long ms = world.between(500, 20_000);
    for (var one : some) {
      for (var other : others) cluster.network.sever(one.process, other.process, ms);
    }
    cluster.history.homesMoved();
    cluster.members.part(some, others, ms);
  }

  // Heartbeats stay away and nothing else does: whoever sends them is busy.
  private void hide(List<SimNode> some, List<SimNode> others) {
    cluster.history.homesMoved();
    cluster.members.part(some, others, SimMembers.SILENT_MS + world.between(50, 12_000));
  }

  private void halves(BiConsumer<List<SimNode>, List<SimNode>> happening) {
    var some = new ArrayList<SimNode>();
    var others = new ArrayList<SimNode>();
    for (var node : cluster.nodes) (world.chance(0.5) ? some : others).add(node);
    happening.accept(some, others);
  }

  private void lag(SimNode edge) {
    var home = anyBrain();
    cluster.network.lag(edge.process, home.process, world.between(500, 4_500), 6_000);
    for (int i = 0; i < 3; i++) {
      world.in(
          world.between(0, 4_000),
          "reset",
          () -> {
            if (edge.process.alive()) edge.edge().anyLink(Link::reset);
          });
    }
    if (world.chance(0.3)) world.in(world.between(0, 5_000), "crash", () -> crash(home));
  }

  private static void revive(SimAgent agent) {
    if (!agent.actor().alive()) agent.start();
  }

  private static void revive(SimNode node) {
    if (!node.process.alive()) node.start();
  }

  private void repair() {
    world.say("nemesis", "repairs everything");
    cluster.network.heal();
    cluster.database.comeBack();
    cluster.redis.comeBack();
    cluster.members.heal();
    cluster.nodes.forEach(Nemesis::revive);
    cluster.nodes.forEach(SimNode::startRouter);
    cluster.agents.forEach(Nemesis::revive);
  }
}
