package ai.vespid.worker;

import ai.vespid.kit.node.Catalogue;
import ai.vespid.kit.node.Node;
import ai.vespid.sql.ApprovalRepository;
import ai.vespid.sql.ContinuationRepository;
import ai.vespid.sql.Database;
import ai.vespid.sql.RunRepository;
import ai.vespid.sql.SecretRepository;
import ai.vespid.sql.UnwantedDispatchRepository;
import ai.vespid.worker.continuation.ContinuationPollerSettings;
import ai.vespid.worker.continuation.ContinuationPollerVerticle;
import ai.vespid.worker.schedule.SchedulerSettings;
import ai.vespid.worker.schedule.SchedulerVerticle;
import ai.vespid.worker.workflow.WorkflowRunnerSettings;
import ai.vespid.worker.workflow.WorkflowRunnerVerticle;
import java.util.List;

/** The verticles of workers: the table of contents of this module. */
public final class WorkerCatalogue implements Catalogue {
  @Override
  public List<Entry> entries() {
    return List.of(
        new Entry(
            "workflow-runner",
            WorkflowRunnerSettings.class,
            (node, shard) ->
                new WorkflowRunnerVerticle(
                    node,
                    shard,
                    new RunRepository(database(node).worker()),
                    new SecretRepository(database(node)),
                    new UnwantedDispatchRepository(database(node).worker()))),
        new Entry(
            "continuation-poller",
            ContinuationPollerSettings.class,
            (node, _) ->
                new ContinuationPollerVerticle(
                    node,
                    new ContinuationRepository(database(node).worker()),
                    new ApprovalRepository(database(node)),
                    new UnwantedDispatchRepository(database(node).worker()))),
        new Entry(
            "scheduler",
            SchedulerSettings.class,
            (node, _) -> new SchedulerVerticle(node, database(node))));
  }

  private static Database database(Node node) {
    return node.service(Database.class);
  }
}
