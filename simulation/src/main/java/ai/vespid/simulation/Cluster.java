package ai.vespid.simulation;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Who is there in one run, and what all of them share. */
final class Cluster {
  private static final long TOLD_MS = 3_000;

  final World world;
  final Network network;
  final SimBus bus;
  final SimMembers members;
  final History history;
  final Set<Mutant> omitted;
  final Plan plan;
  final SimDatabase database;
  final SimRedis redis;
  final List<SimNode> nodes = new ArrayList<>();
  final List<SimAgent> agents = new ArrayList<>();
  private final Set<SimAgent> met = new HashSet<>();
  private long metMs = Long.MAX_VALUE;
  final SimCaller caller;

  /** True when this line of safety is left out. */
  boolean omits(Mutant line) {
    return omitted.contains(line);
  }

  Cluster(World world, Plan plan, Set<Mutant> omitted) {
    this.world = world;
    this.plan = plan;
    this.omitted = omitted;
    network = new Network(world, plan.weather());
    bus = new SimBus(world, network);
    members = new SimMembers(world, nodes);
    history = new History(world, plan.alone(), this::agreed);
    database = new SimDatabase(world, network, history, omitted);
    redis = new SimRedis(world, network, history, omitted);
    for (int i = 0; i < plan.nodes().size(); i++) {
      var node = plan.nodes().get(i);
      nodes.add(new SimNode(this, "gw" + i, node.decides(), node.sockets()));
    }
    for (int i = 0; i < plan.agents().size(); i++) {
      agents.add(new SimAgent(this, plan.agents().get(i)));
    }
    caller = new SimCaller(this);
  }

  void start() {
    nodes.forEach(SimNode::start);
    agents.forEach(SimAgent::start);
    caller.start();
  }

  /** An agent was welcomed. */
  void met(SimAgent agent) {
    if (met.add(agent) && met.size() == agents.size()) metMs = world.nowMs() + TOLD_MS;
  }

  /** Since when every agent has been there once, and every gateway has heard of it. */
  long metMs() {
    return metMs;
  }

  private boolean agreed() {
    return 1
        >= nodes.stream()
            .filter(node -> node.process.alive())
            .map(node -> node.view().homes())
            .distinct()
            .count();
  }

  /** Nodes that take sockets of agents. */
  List<SimNode> edges() {
    return nodes.stream().filter(SimNode::hasSockets).toList();
  }

  /** Nodes that decide. */
  List<SimNode> brains() {
    return nodes.stream().filter(SimNode::decides).toList();
  }

  SimNode anyNode() {
    return nodes.get(world.pick(nodes.size()));
  }
}
