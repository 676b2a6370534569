package ai.vespid.gateway;

import ai.vespid.gateway.dispatch.DispatchRouterSettings;
import ai.vespid.gateway.dispatch.DispatchRouterVerticle;
import ai.vespid.gateway.edge.ExecutorEdgeSettings;
import ai.vespid.gateway.edge.ExecutorEdgeVerticle;
import ai.vespid.gateway.failover.FailoverManagerSettings;
import ai.vespid.gateway.failover.FailoverManagerVerticle;
import ai.vespid.gateway.ingress.IngressSettings;
import ai.vespid.gateway.ingress.IngressVerticle;
import ai.vespid.gateway.memory.SessionMemorySettings;
import ai.vespid.gateway.memory.SessionMemoryVerticle;
import ai.vespid.gateway.registry.SessionRegistrySettings;
import ai.vespid.gateway.registry.SessionRegistryVerticle;
import ai.vespid.gateway.results.ResultStoreSettings;
import ai.vespid.gateway.results.ResultStoreVerticle;
import ai.vespid.gateway.sessions.SessionTurnsSettings;
import ai.vespid.gateway.sessions.SessionTurnsVerticle;
import ai.vespid.gateway.upkeep.UpkeepSettings;
import ai.vespid.gateway.upkeep.UpkeepVerticle;
import ai.vespid.gateway.viewers.ClientEdgeSettings;
import ai.vespid.gateway.viewers.ClientEdgeVerticle;
import ai.vespid.gateway.workspaces.WorkspacesSettings;
import ai.vespid.gateway.workspaces.WorkspacesVerticle;
import ai.vespid.kit.node.Catalogue;
import ai.vespid.kit.node.Node;
import ai.vespid.sql.Database;
import ai.vespid.sql.DispatchRepository;
import ai.vespid.sql.ExecutorRepository;
import ai.vespid.sql.MemoryJobRepository;
import ai.vespid.sql.MemoryRepository;
import ai.vespid.sql.PresenceRepository;
import ai.vespid.sql.SessionOwnerRepository;
import ai.vespid.sql.UpkeepRepository;
import ai.vespid.sql.WorkspaceRepository;
import java.util.List;

/** The verticles of the gateway proper: the table of contents of this module. */
public final class GatewayCatalogue implements Catalogue {
  @Override
  public List<Entry> entries() {
    return List.of(
        new Entry(
            "session-registry",
            SessionRegistrySettings.class,
            (node, _) -> new SessionRegistryVerticle(node, executors(node))),
        new Entry(
            "result-store",
            ResultStoreSettings.class,
            (node, _) -> new ResultStoreVerticle(node, dispatches(node))),
        new Entry(
            "dispatch-router",
            DispatchRouterSettings.class,
            (node, shard) ->
                new DispatchRouterVerticle(node, shard, dispatches(node), workspaces(node))),
        new Entry(
            "failover-manager",
            FailoverManagerSettings.class,
            (node, _) -> new FailoverManagerVerticle(node, dispatches(node))),
        new Entry(
            "upkeep",
            UpkeepSettings.class,
            (node, _) ->
                new UpkeepVerticle(node, new UpkeepRepository(node.service(Database.class)))),
        new Entry(
            "session-turns",
            SessionTurnsSettings.class,
            (node, shard) ->
                new SessionTurnsVerticle(
                    node,
                    shard,
                    new SessionOwnerRepository(node.service(Database.class).gateway()))),
        new Entry(
            "session-memory",
            SessionMemorySettings.class,
            (node, _) ->
                new SessionMemoryVerticle(
                    node,
                    new MemoryRepository(node.service(Database.class)),
                    new MemoryJobRepository(node.service(Database.class)))),
        new Entry(
            "client-edge",
            ClientEdgeSettings.class,
            (node, shard) -> new ClientEdgeVerticle(node, shard)),
        new Entry("ingress", IngressSettings.class, (node, _) -> new IngressVerticle(node)),
        new Entry(
            "workspaces",
            WorkspacesSettings.class,
            (node, _) -> new WorkspacesVerticle(node, workspaces(node))),
        new Entry(
            "executor-edge",
            ExecutorEdgeSettings.class,
            (node, shard) ->
                new ExecutorEdgeVerticle(
                    node,
                    shard,
                    executors(node),
                    new PresenceRepository(node.service(Database.class)))));
  }

  private static ExecutorRepository executors(Node node) {
    return new ExecutorRepository(node.service(Database.class));
  }

  private static DispatchRepository dispatches(Node node) {
    return new DispatchRepository(node.service(Database.class).gateway());
  }

  private static WorkspaceRepository workspaces(Node node) {
    return new WorkspaceRepository(node.service(Database.class).gateway());
  }
}
