package ai.vespid.worker.schedule;

import ai.vespid.kit.bus.Bus;
import ai.vespid.kit.node.Node;
import ai.vespid.kit.node.Settings;
import ai.vespid.protocol.bus.WorkflowRunner;
import ai.vespid.sql.Database;
import ai.vespid.sql.RunQuota;
import ai.vespid.sql.RunStartRepository;
import ai.vespid.sql.TriggerRepository;
import ai.vespid.sql.TriggerRepository.Subscription;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks for due slots again and again. */
public final class SchedulerVerticle extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(SchedulerVerticle.class);

  private final Node node;
  private final Database database;
  private Clockwork clockwork;
  private Bus bus;
  private boolean looking;

  public SchedulerVerticle(Node node, Database database) {
    this.node = node;
    this.database = database;
  }

  @Override
  public Future<?> start() {
    var settings = Settings.bind("scheduler", config(), SchedulerSettings.class);
    bus = new Bus(vertx, node.id());
    clockwork =
        new Clockwork(
            new TriggerRepository(database),
            new RunStartRepository(database, RunQuota.ofTier(settings.runQuotaTier())),
            new Slots(bound -> ThreadLocalRandom.current().nextInt(bound)),
            settings,
            this::started,
            this::disabled);
    vertx.setPeriodic(settings.pollMs(), _ -> look());
    return Future.succeededFuture();
  }

  private void started(RunStartRepository.Outcome.Started started) {
    var run = started.run();
    node.meters().counter("vespid.workflow.triggers.fired", "type", run.triggerType()).increment();
    bus.publish(WorkflowRunner.NEWS, new WorkflowRunner.RunQueued(run.organizationId(), run.id()));
  }

  private void disabled(Subscription trigger) {
    node.meters()
        .counter(
            "vespid.workflow.triggers.disabled",
            "type",
            trigger.triggerType(),
            "cause",
            trigger.lastError())
        .increment();
  }

  private void look() {
    if (looking || node.membership().draining()) return;
    looking = true;
    clockwork
        .look(node.clock().instant())
        .onComplete(looked -> {
          looking = false;
          if (looked.succeeded()) return;
          LOG.atWarn()
              .addKeyValue("cause", looked.cause().getClass().getSimpleName())
              .log("triggers could not be fired; tried again");
        });
  }
}
