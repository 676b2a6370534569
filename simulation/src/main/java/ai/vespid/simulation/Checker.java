package ai.vespid.simulation;

import ai.vespid.simulation.World.Violation;

/** What must hold after every event, and what must hold once a run is quiet. */
final class Checker {
  private final Cluster cluster;
  private final Iterable<String> executorIds;

  Checker(Cluster cluster) {
    this.cluster = cluster;
    this.executorIds = cluster.agents.stream().map(SimAgent::id).toList();
  }

  void afterEvent() {
    cluster
        .gateway
        .shell()
        .flatMap(router -> router.miscount(executorIds))
        .ifPresent(wrong -> {
          throw new Violation(wrong);
        });
  }

  /** Faults stopped long ago and every deadline has passed. */
  void whenQuiet() {
    for (var row : cluster.database.rows()) {
      if (row.result() == null) {
        throw new Violation(row.dispatch().requestId() + " is still open in the database");
      }
    }
    for (var life : cluster.history.lives()) {
      if (life.accepted && life.stored == null) {
        throw new Violation(life.dispatch.requestId() + " was accepted and has no result");
      }
    }
    require(cluster.caller.unanswered() == 0, "a caller still waits");
    var router = cluster.gateway.shell().orElse(null);
    require(router != null, "the router does not serve");
    require(router.open() == 0, "the router still holds " + router.open());
    for (var edge : cluster.edges) {
      for (var id : edge.held()) {
        require(cluster.history.mayLinger(id), edge.actor() + " still believes in " + id);
      }
    }
    for (var agent : cluster.agents) require(agent.idle(), agent.id() + " is not idle");
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) throw new Violation("when quiet: " + otherwise);
  }
}
