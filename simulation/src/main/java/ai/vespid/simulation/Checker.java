package ai.vespid.simulation;

import ai.vespid.gateway.dispatch.RouterShell;
import ai.vespid.protocol.WorkspaceUse;
import ai.vespid.simulation.World.Violation;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What must hold after every event, and what must hold once a run is quiet. */
final class Checker {
  private final Cluster cluster;
  private final List<String> executorIds;

  Checker(Cluster cluster) {
    this.cluster = cluster;
    this.executorIds = cluster.agents.stream().map(SimAgent::id).toList();
  }

  void afterEvent() {
    var last = cluster.world.last();
    for (var node : cluster.nodes) {
      if (last != node.process && last != node.router) continue;
      node.shell()
          .flatMap(router -> router.miscount(executorIds))
          .ifPresent(wrong -> {
            throw new Violation(node + ": " + wrong);
          });
    }
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
    if (cluster.plan.unfelt()) cluster.history.lives().forEach(this::notFelt);
    require(cluster.caller.unanswered() == 0, "a caller still waits");
    for (var agent : cluster.agents) require(agent.idle(), agent.id() + " is not idle");
    var live = new TreeSet<String>();
    cluster.edges().forEach(node -> live.addAll(node.edge().live()));
    for (var node : cluster.nodes) atRest(node, live);
  }

  // It ran once, and failed only by its own fault.
  private void notFelt(History.Life life) {
    var id = life.dispatch.requestId();
    require(life.runs.size() <= 1, id + " ran twice");
    require(!life.refused || early(life), id + " was refused");
    var error = life.seen == null ? null : life.seen.error();
    require(error == null || mayFail(life, error.split(":")[0]), id + " failed with " + error);
  }

  // Not all agents had come yet when it was asked for.
  private boolean early(History.Life life) {
    return life.submittedMs < cluster.metMs();
  }

  private boolean mayFail(History.Life life, String error) {
    boolean waits = early(life) || !cluster.plan.ample();
    boolean usesFiles = life.dispatch.workspace() != WorkspaceUse.NONE;
    return switch (error) {
      case "HOST_EXIT_CODE" -> true;
      case "NO_AGENT_AVAILABLE" -> early(life);
      // Its time was over while it waited for its files, at a home that was new.
      case "EXECUTOR_OVER_CAPACITY" -> waits || usesFiles;
      case "WORKSPACE_LOCKED" -> usesFiles;
      // Or while they were looked up, after it had waited for them.
      case "WORKSPACE_UNAVAILABLE" ->
          usesFiles && life.seenMs - life.submittedMs >= life.dispatch.timeoutMs();
      case "NODE_EXECUTION_TIMEOUT" -> waits || usesFiles || !life.runs.isEmpty();
      default -> false;
    };
  }

  private void atRest(SimNode node, Set<String> live) {
    require(node.serving(), node + " does not serve");
    var members = node.view().members();
    require(members.size() == cluster.nodes.size(), node + " sees only " + members);
    var routes = new TreeSet<String>();
    node.registry().all().forEach(route -> routes.add(route.connectionId()));
    require(routes.equals(live), node + " has routes " + routes + " but live are " + live);
    if (node.hasSockets()) {
      for (var id : node.edge().held()) {
        require(cluster.history.mayLinger(id), node + " still believes in " + id);
      }
    }
    if (!node.decides()) return;
    var router = node.shell().orElse(null);
    require(router != null, "the router of " + node + " does not serve");
    router.unrest().ifPresent(rest -> require(false, node + " still has " + rest));
    var reached = router.connections(executorIds);
    require(reached.equals(live), node + " could give to " + reached + " but live are " + live);
  }

  /**
   * Some time after the last fault: everything is with its home, and what a home believes to be
   * with an agent is.
   *
   * @return what is not, which may be on its way
   */
  Set<String> unsettled() {
    var wrong = new TreeSet<String>();
    for (var node : cluster.nodes) {
      var router = node.shell().orElse(null);
      if (router == null) continue;
      router.stray().ifPresent(stray -> wrong.add(node + " is not home of " + stray));
      for (var attempt : router.assigned()) {
        if (!held(attempt)) {
          wrong.add(
              "%s believes %s of epoch %d to be on %s"
                  .formatted(
                      node, attempt.requestId(), attempt.epoch(), attempt.to().connectionId()));
        }
      }
    }
    return wrong;
  }

  private boolean held(RouterShell.Attempt attempt) {
    return cluster.edges().stream()
        .anyMatch(node ->
            node.edge().holds(attempt.to().connectionId(), attempt.requestId(), attempt.epoch()));
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) throw new Violation("when quiet: " + otherwise);
  }
}
