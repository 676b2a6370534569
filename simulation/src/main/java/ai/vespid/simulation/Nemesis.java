package ai.vespid.simulation;

import java.util.List;
import java.util.TreeSet;

/** What goes wrong in a run, and when; at the end it repairs everything. */
final class Nemesis {
  /** The faults there are. */
  enum Kind {
    AGENT_DIES,
    AGENT_STOPS,
    EDGE_DIES,
    EDGE_STOPS,
    ROUTER_DIES,
    GATEWAY_DIES,
    ROUTER_STOPS,
    /** The router dies while the database sits on what it was told to write. */
    WRITES_OUTLIVE_ROUTER,
    /** The router dies while what it told an edge is still on its way. */
    OFFERS_OUTLIVE_ROUTER,
    LINK_RESET,
    LINK_HALF_OPEN,
    PARTITION,
    /** An edge is heard late, and its agents go elsewhere meanwhile. */
    EDGE_LAGS,
    DATABASE_AWAY,
    DATABASE_STALLS,
    REDIS_AWAY,
    REDIS_EMPTY
  }

  // The membership notices a partition that lasts longer, if at all.
  private static final long NOTICED_MS = 5_000;

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
      long atMs = world.between(0, cluster.plan.faultsUntilMs());
      world.in(atMs, kind.name(), () -> strike(kind));
    }
    world.in(cluster.plan.faultsUntilMs(), "repair", this::repair);
  }

  private void strike(Kind kind) {
    var gateway = cluster.gateway;
    switch (kind) {
      case AGENT_DIES -> kill(anyAgent());
      case AGENT_STOPS -> stop(anyAgent().actor());
      case EDGE_DIES -> kill(anyEdge());
      case EDGE_STOPS -> stop(anyEdge().actor());
      case ROUTER_DIES -> killRouter();
      case GATEWAY_DIES -> killGateway();
      case ROUTER_STOPS -> stop(gateway.router);
      case WRITES_OUTLIVE_ROUTER -> {
        cluster.database.stall(world.between(300, 3_000));
        world.in(world.between(0, 300), "router dies", this::killRouter);
      }
      case OFFERS_OUTLIVE_ROUTER -> {
        cluster.network.lag(
            anyEdge().actor(), gateway.router, world.between(1_000, 4_500), LAST_WORDS_MS);
        world.in(LAST_WORDS_MS, "router dies", this::killRouter);
      }
      case LINK_RESET -> anyEdge().anyLink(Link::reset);
      case LINK_HALF_OPEN -> anyEdge().anyLink(Link::halfOpen);
      case PARTITION -> partition(anyEdge());
      case EDGE_LAGS -> lag(anyEdge());
      case DATABASE_AWAY -> cluster.database.goAway(world.between(100, 8_000));
      case DATABASE_STALLS -> cluster.database.stall(world.between(100, 3_000));
      case REDIS_AWAY -> cluster.redis.goAway(world.between(100, 10_000));
      case REDIS_EMPTY -> cluster.redis.loseEverything();
    }
  }

  private SimAgent anyAgent() {
    return cluster.agents.get(world.pick(cluster.agents.size()));
  }

  private SimEdge anyEdge() {
    return cluster.edges.get(world.pick(cluster.edges.size()));
  }

  private void stop(Actor actor) {
    long leftMs = World.START_MS + cluster.plan.faultsUntilMs() - world.nowMs();
    actor.stopFor(Math.min(leftMs, world.between(100, 20_000)));
  }

  private void kill(SimAgent agent) {
    if (!agent.actor().alive()) return;
    agent.dies();
    world.in(world.between(50, 6_000), "start " + agent.id(), () -> revive(agent));
  }

  private void kill(SimEdge edge) {
    if (!edge.actor().alive()) return;
    edge.dies();
    world.in(world.between(50, 6_000), "start " + edge.actor(), () -> revive(edge));
  }

  private void killRouter() {
    if (!cluster.gateway.router.alive()) return;
    cluster.gateway.routerDies();
    world.in(world.between(200, 1_000), "start router", () -> cluster.gateway.startRouter());
  }

  private void killGateway() {
    if (!cluster.gateway.node.alive()) return;
    cluster.gateway.dies();
    world.in(world.between(500, 6_000), "start gateway", this::reviveGateway);
  }

  private void partition(SimEdge edge) {
    long ms = world.between(500, 20_000);
    var node = edge.node();
    var gateway = cluster.gateway;
    cluster.network.sever(edge.actor(), gateway.node, ms);
    cluster.network.sever(edge.actor(), gateway.router, ms);
    if (ms < NOTICED_MS || world.chance(0.5)) return;
    world.in(NOTICED_MS, gateway.node, "edge left", () -> gateway.forget(node));
    world.in(ms + 100, gateway.node, "edge is back", () -> gateway.remember(node));
  }

  private void lag(SimEdge edge) {
    cluster.network.lag(edge.actor(), cluster.gateway.router, world.between(500, 4_500), 6_000);
    for (int i = 0; i < 3; i++) {
      world.in(world.between(0, 4_000), "reset", () -> edge.anyLink(Link::reset));
    }
    if (world.chance(0.3)) world.in(world.between(0, 5_000), "router dies", this::killRouter);
  }

  private static void revive(SimAgent agent) {
    if (!agent.actor().alive()) agent.start();
  }

  private static void revive(SimEdge edge) {
    if (!edge.actor().alive()) edge.start();
  }

  private void reviveGateway() {
    if (!cluster.gateway.node.alive()) cluster.gateway.start();
  }

  private void repair() {
    world.say("nemesis", "repairs everything");
    cluster.network.heal();
    cluster.database.comeBack();
    cluster.redis.comeBack();
    reviveGateway();
    cluster.gateway.startRouter();
    cluster.edges.forEach(Nemesis::revive);
    cluster.agents.forEach(Nemesis::revive);
  }
}
