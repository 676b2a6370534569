package ai.vespid.simulation;

import java.util.ArrayList;
import java.util.List;

/** Who is there in one run, and what all of them share. */
final class Cluster {
  final World world;
  final Network network;
  final History history;
  final Mutant mutant;
  final Plan plan;
  final SimDatabase database;
  final SimRedis redis;
  final SimGateway gateway;
  final List<SimEdge> edges = new ArrayList<>();
  final List<SimAgent> agents = new ArrayList<>();
  final SimCaller caller;

  Cluster(World world, Plan plan, Mutant mutant) {
    this.world = world;
    this.plan = plan;
    this.mutant = mutant;
    network = new Network(world, plan.weather());
    history = new History(world);
    database = new SimDatabase(world, network, history, mutant);
    redis = new SimRedis(world, network, history);
    gateway = new SimGateway(this);
    for (int i = 0; i < plan.edges(); i++) edges.add(new SimEdge(this, "edge" + i));
    for (int i = 0; i < plan.agents().size(); i++) {
      agents.add(new SimAgent(this, plan.agents().get(i)));
    }
    caller = new SimCaller(this);
  }

  void start() {
    gateway.start();
    edges.forEach(SimEdge::start);
    agents.forEach(SimAgent::start);
    caller.start();
  }

  SimEdge edge(String node) {
    return edges.stream().filter(edge -> edge.node().equals(node)).findFirst().orElse(null);
  }
}
