package ai.vespid.worker.workflow;

import ai.vespid.kit.bus.Bus;
import ai.vespid.kit.crypto.Envelope;
import ai.vespid.kit.crypto.SecretsUnderWay;
import ai.vespid.kit.node.Node;
import ai.vespid.kit.node.Settings;
import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.bus.WorkflowRunner;
import ai.vespid.protocol.bus.WorkflowRunner.Bring;
import ai.vespid.protocol.workflow.Definition;
import ai.vespid.protocol.workflow.InvalidDefinition;
import ai.vespid.sql.RunEvent;
import ai.vespid.sql.RunRepository;
import ai.vespid.sql.RunRepository.Claimed;
import ai.vespid.sql.RunStatus;
import ai.vespid.sql.SecretRepository;
import ai.vespid.sql.UnwantedDispatchRepository;
import ai.vespid.worker.agents.AgentLoop;
import ai.vespid.worker.gateway.GatewayClient;
import ai.vespid.worker.gateway.UnwantedDispatches;
import ai.vespid.worker.nodes.LocalNodes;
import ai.vespid.worker.nodes.RemoteNodes;
import ai.vespid.worker.outbound.Outbound;
import ai.vespid.worker.outbound.OutboundRules;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import java.net.InetAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Claims runs that are due and holds them until they wait or end. */
public final class WorkflowRunnerVerticle extends VerticleBase implements HeldRun.Ends {
  private static final Logger LOG = LoggerFactory.getLogger(WorkflowRunnerVerticle.class);
  private static final int DEFINITIONS_MAX = 1_000;
  private static final int BROUGHT_MAX = 10_000;
  private static final long LEAVE_LOOK_MS = 20;

  private final Node node;
  private final String owner;
  private final RunRepository runs;
  private final SecretRepository secrets;
  private final UnwantedDispatchRepository unwanted;
  private final Map<String, HeldRun> held = new HashMap<>();
  // A published workflow never changes.
  private final Cache<String, Definition> definitions =
      Caffeine.newBuilder().maximumSize(DEFINITIONS_MAX).build();
  private WorkflowRunnerSettings settings;
  private Carriers carriers;
  private Bus bus;
  private int claiming;
  private boolean stopping;

  public WorkflowRunnerVerticle(
      Node node,
      int shard,
      RunRepository runs,
      SecretRepository secrets,
      UnwantedDispatchRepository unwanted) {
    this.node = node;
    this.owner = node.id() + '/' + shard;
    this.runs = runs;
    this.secrets = secrets;
    this.unwanted = unwanted;
  }

  @Override
  public Future<?> start() {
    settings = Settings.bind("workflow-runner", config(), WorkflowRunnerSettings.class);
    carriers = carriers();
    node.occupancy().counts("runs", held::size);
    node.meters().gaugeMapSize("vespid.workflow.runs.held", List.of(), held);
    vertx.setPeriodic(settings.sweepMs(), _ -> sweep());
    vertx.setPeriodic(Math.max(1, settings.leaseMs() / 3), _ -> renew());
    bus = new Bus(vertx, node.id());
    return bus.subscribe(WorkflowRunner.NEWS, this::heard)
        .compose(_ -> bus.serve(WorkflowRunner.at(owner), BROUGHT_MAX, this::bring));
  }

  private RunnerCarriers carriers() {
    var rules = OutboundRules.of(settings.httpHosts(), settings.httpPrivateAllowed());
    var outbound =
        new Outbound(
            vertx, rules, InetAddress::getAllByName, node.clock(), settings.responseBytesMax());
    var here = Surroundings.of(vertx, node);
    var underWay = new SecretsUnderWay(node.optional(Envelope.class));
    var services =
        Map.of("github", settings.githubApiBaseUrl(), "slack", settings.slackApiBaseUrl());
    var gateway = new GatewayClient(vertx, settings.gatewayUrl(), settings.serviceToken());
    return new RunnerCarriers(
        vertx,
        node.clock(),
        runs,
        new Secrets(secrets, node.service(Envelope.class)),
        new LocalNodes(outbound, services),
        new RemoteNodes(settings.githubApiBaseUrl()),
        gateway,
        new UnwantedDispatches(unwanted, gateway),
        new AgentLoop(here, settings.engines(vertx, here, underWay)),
        underWay,
        Duration.ofMillis(settings.leaseMs()),
        settings.lingerMs(),
        settings.agentWaitMs());
  }

  // Whoever is there goes on at once; what cannot be given back is claimed at the end of its lease.
  @Override
  public Future<?> stop() {
    stopping = true;
    leave();
    if (held.isEmpty()) return Future.succeededFuture();
    var left = Promise.<Void>promise();
    long limit = node.clock().millis() + settings.leaveMs();
    vertx.setPeriodic(
        LEAVE_LOOK_MS,
        timer -> {
          if (!held.isEmpty() && node.clock().millis() < limit) return;
          vertx.cancelTimer(timer);
          List.copyOf(held.values()).forEach(run -> run.drop("the worker stops"));
          left.complete();
        });
    return left.future();
  }

  private void leave() {
    List.copyOf(held.values()).forEach(HeldRun::leave);
  }

  private void heard(WorkflowRunner news) {
    switch (news) {
      case WorkflowRunner.RunQueued(String _, String runId) -> wake(runId);
      case WorkflowRunner.RunCanceled(String _, String runId) -> {
        var mine = held.get(runId);
        if (mine != null) mine.cancel();
        else wake(runId);
      }
      case WorkflowRunner.RunHeld _ -> {}
    }
  }

  private Future<Bring.Reply> bring(Bring brought) {
    var mine = held.get(brought.runId());
    boolean taken = mine != null && mine.bring(brought.requestId(), brought.result());
    return Future.succeededFuture(taken ? new Bring.Taken() : new Bring.NotMine());
  }

  private void wake(String runId) {
    var mine = held.get(runId);
    if (mine != null) {
      mine.look();
      return;
    }
    if (room() <= 0) return;
    claiming++;
    long askedAt = node.clock().millis();
    runs.claim(owner, carriers.lease(), runId)
        .onComplete(claimed -> {
          claiming--;
          if (claimed.succeeded()) claimed.result().ifPresent(run -> take(run, askedAt));
        });
  }

  private boolean leaving() {
    return stopping || node.membership().draining();
  }

  private int room() {
    return leaving() ? 0 : settings.runsMax() - held.size() - claiming;
  }

  private void sweep() {
    if (leaving()) leave();
    int room = room();
    if (room <= 0) return;
    claiming += room;
    long askedAt = node.clock().millis();
    runs.claimDue(owner, carriers.lease(), room)
        .onComplete(claimed -> {
          claiming -= room;
          if (claimed.failed()) {
            LOG.atWarn()
                .addKeyValue("cause", claimed.cause().getClass().getSimpleName())
                .log("runs cannot be claimed; tried again");
            return;
          }
          claimed.result().forEach(run -> take(run, askedAt));
        });
  }

  private void take(Claimed claimed, long askedAtMs) {
    var run = claimed.run();
    definition(run.workflowId())
        .onSuccess(definition -> hold(definition, claimed, askedAtMs))
        .onFailure(cause -> {
          if (cause instanceof InvalidDefinition invalid) giveUp(claimed, invalid.code().name());
          else if (cause instanceof InvalidMessage) giveUp(claimed, "INVALID_NODE_CONFIG");
        });
  }

  private Future<Definition> definition(String workflowId) {
    var known = definitions.getIfPresent(workflowId);
    if (known != null) return Future.succeededFuture(known);
    return runs.dsl(workflowId)
        .map(dsl -> {
          var definition = Definition.of(dsl.orElseThrow());
          definitions.put(workflowId, definition);
          return definition;
        });
  }

  private void hold(Definition definition, Claimed claimed, long askedAtMs) {
    var machine =
        new RunMachine(
            definition,
            claimed.run(),
            claimed.cursor(),
            settings.rules(),
            settings.policy(claimed.policy()));
    var run = new HeldRun(carriers, definition, claimed, machine, askedAtMs, this);
    var before = held.get(run.id());
    // It was claimed again by ourselves: what the older claim does is refused.
    if (before != null) before.drop("it was claimed again");
    held.put(run.id(), run);
    LOG.atDebug().addKeyValue("run", run.id()).log("workflow_run_claimed");
    bus.publish(WorkflowRunner.NEWS, new WorkflowRunner.RunHeld(run.id(), owner));
    run.begin(claimed);
    // It was claimed while we began to leave.
    if (leaving()) run.leave();
  }

  // What was published under other rules than today's cannot run; it says so and ends.
  private void giveUp(Claimed claimed, String error) {
    var run = claimed.run();
    var failed = RunEvent.New.ofRun("run_failed", RunEvent.Level.ERROR, error, null);
    runs.advance(
        new RunRepository.Advance(
            run.id(),
            claimed.epoch(),
            RunStatus.FAILED,
            run.attemptCount(),
            null,
            null,
            null,
            error,
            List.of(),
            List.of(failed),
            List.of(),
            List.of(),
            new RunRepository.Finished()));
  }

  private void renew() {
    if (held.isEmpty()) return;
    var mine = List.copyOf(held.values());
    long askedAt = node.clock().millis();
    runs.renew(carriers.lease(), mine.stream().map(HeldRun::held).toList())
        .onComplete(renewed -> {
          for (var run : mine) {
            if (renewed.failed()) run.fenced();
            else if (renewed.result().canceled().contains(run.id())) run.cancel();
            else {
              var wakeSeq = renewed.result().kept().get(run.id());
              if (wakeSeq != null) run.renewed(askedAt, wakeSeq);
              else if (held.get(run.id()) == run) run.drop("another runner has it");
            }
          }
        });
  }

  @Override
  public void released(HeldRun run, Turn last, boolean wanted) {
    held.remove(run.id(), run);
    if (last.status().terminal()) {
      node.meters()
          .counter("vespid.workflow.runs.ended", "status", last.status().text())
          .increment();
      LOG.atInfo()
          .addKeyValue("run", run.id())
          .addKeyValue("cause", last.error())
          .log("workflow_run_" + last.status().text());
    } else if (last.status() == RunStatus.QUEUED && last.error() != null) {
      LOG.atWarn()
          .addKeyValue("run", run.id())
          .addKeyValue("cause", last.error())
          .log("workflow_run_retried");
    }
    if (!wanted) return;
    if (!leaving()) wake(run.id());
    else {
      var due = new WorkflowRunner.RunQueued(run.organizationId(), run.id());
      bus.publish(WorkflowRunner.NEWS, due);
    }
  }

  @Override
  public void dropped(HeldRun run, String why) {
    held.remove(run.id(), run);
    node.meters().counter("vespid.workflow.runs.dropped").increment();
    LOG.atWarn()
        .addKeyValue("run", run.id())
        .addKeyValue("cause", why)
        .log("a run is dropped; it is claimed again at its last step");
  }
}
