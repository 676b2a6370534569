package ai.vespid.worker.continuation;

import ai.vespid.kit.bus.Bus;
import ai.vespid.kit.node.Node;
import ai.vespid.kit.node.Settings;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.RequestId;
import ai.vespid.protocol.bus.Continuations;
import ai.vespid.protocol.bus.WorkflowRunner;
import ai.vespid.protocol.bus.WorkflowRunner.Bring;
import ai.vespid.sql.ApprovalRepository;
import ai.vespid.sql.ContinuationRepository;
import ai.vespid.sql.ContinuationRepository.Blocked;
import ai.vespid.sql.RunNode;
import ai.vespid.sql.UnwantedDispatchRepository;
import ai.vespid.worker.gateway.GatewayClient;
import ai.vespid.worker.gateway.UnwantedDispatches;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings results to the runs that wait for them. */
public final class ContinuationPollerVerticle extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(ContinuationPollerVerticle.class);
  private static final int DISPATCHES_MAX = 10_000;
  private static final int OWNERS_MAX = 100_000;
  private static final Duration BRING_MAX = Duration.ofSeconds(2);

  private final Node node;
  private final ContinuationRepository continuations;
  private final ApprovalRepository approvals;
  private final UnwantedDispatchRepository unwanted;
  private ContinuationPollerSettings settings;
  private GatewayClient gateway;
  private UnwantedDispatches cancels;
  private Lanes told;
  private Lanes asked;
  private Bus bus;
  // How many events each dispatch has told lately.
  private final Cache<String, Integer> events =
      Caffeine.newBuilder().maximumSize(DISPATCHES_MAX).build();
  // Which runner has claimed each run, as far as it was told.
  private final Cache<String, String> owners =
      Caffeine.newBuilder().maximumSize(OWNERS_MAX).build();
  private boolean sweeping;

  public ContinuationPollerVerticle(
      Node node,
      ContinuationRepository continuations,
      ApprovalRepository approvals,
      UnwantedDispatchRepository unwanted) {
    this.node = node;
    this.continuations = continuations;
    this.approvals = approvals;
    this.unwanted = unwanted;
  }

  @Override
  public Future<?> start() {
    settings = Settings.bind("continuation-poller", config(), ContinuationPollerSettings.class);
    gateway = new GatewayClient(vertx, settings.gatewayUrl(), settings.serviceToken());
    cancels = new UnwantedDispatches(unwanted, gateway);
    told = new Lanes(settings.concurrency(), settings.waitingMax());
    asked = new Lanes(settings.concurrency(), settings.batchMax());
    bus = new Bus(vertx, node.id());
    node.meters().gauge("vespid.workflow.continuations", told, Lanes::busy);
    vertx.setPeriodic(settings.pollMs(), _ -> sweep());
    if (settings.push() != 1) return Future.succeededFuture();
    return bus.subscribe(WorkflowRunner.NEWS, this::heard)
        .compose(_ -> bus.subscribe(Continuations.NEWS, this::heard));
  }

  private void heard(Continuations news) {
    switch (news) {
      case Continuations.Arrived(var requestId, var result) ->
          told.run(() -> bring(requestId, result)).onFailure(this::leftToTheSweep);
      case Continuations.Progressed(var requestId, var event) -> progressed(requestId, event);
    }
  }

  // Who holds the run is spared two ways to the database; it says so when it does no more.
  private Future<Void> bring(String requestId, DispatchResult result) {
    var run = RequestId.runIdOf(requestId);
    var owner = owners.getIfPresent(run);
    if (owner == null) return deliver(requestId, result, "push");
    return bus.ask(WorkflowRunner.at(owner), new Bring(run, requestId, result), BRING_MAX)
        .map(reply -> reply instanceof Bring.Taken)
        .otherwise(false)
        .compose(taken -> {
          if (taken) {
            count("hand");
            return Future.succeededFuture();
          }
          owners.invalidate(run);
          return deliver(requestId, result, "push");
        });
  }

  private void count(String how) {
    node.meters().counter("vespid.workflow.continuations.brought", "by", how).increment();
  }

  private void heard(WorkflowRunner news) {
    if (news instanceof WorkflowRunner.RunHeld(var runId, var owner)) owners.put(runId, owner);
  }

  private void leftToTheSweep(Throwable cause) {
    LOG.atDebug()
        .addKeyValue("cause", cause.getClass().getSimpleName())
        .log("a result could not be brought; it is asked for later");
  }

  private Future<Void> deliver(String requestId, DispatchResult result, String how) {
    return continuations
        .deliver(requestId, result)
        .map(delivered -> {
          delivered.ifPresent(run -> {
            count(how);
            wake(run.organizationId(), run.runId());
          });
          return null;
        });
  }

  private void wake(String organizationId, String runId) {
    bus.publish(WorkflowRunner.NEWS, new WorkflowRunner.RunQueued(organizationId, runId));
  }

  private void progressed(String requestId, RawJson event) {
    int count = events.asMap().merge(requestId, 1, Integer::sum);
    if (count > settings.remoteEventsMax()) return;
    RemoteEvents.of(event, settings.remoteEventCharsMax())
        .ifPresent(keyed ->
            told.run(() -> continuations.remoteEvent(requestId, keyed.key(), keyed.event()))
                .onFailure(this::leftToTheSweep));
  }

  private void sweep() {
    if (sweeping) return;
    sweeping = true;
    page("")
        .compose(_ -> expire())
        .compose(_ -> approvals.expire(settings.batchMax()))
        .compose(_ -> cancels.sweep(settings.batchMax()))
        .onComplete(swept -> {
          sweeping = false;
          if (swept.succeeded()) return;
          LOG.atWarn()
              .addKeyValue("cause", swept.cause().getClass().getSimpleName())
              .log("continuations could not be swept; tried again");
        });
  }

  private Future<Void> page(String after) {
    if (!gateway.configured()) return Future.succeededFuture();
    return continuations
        .waiting(after, settings.batchMax())
        .compose(rows -> {
          if (rows.isEmpty()) return Future.succeededFuture();
          var all = rows.stream().map(row -> asked.run(() -> ask(row))).toList();
          return Future.join(all)
              .otherwiseEmpty()
              .compose(_ ->
                  rows.size() < settings.batchMax()
                      ? Future.succeededFuture()
                      : page(rows.getLast().requestId()));
        });
  }

  private Future<Void> ask(Blocked row) {
    return gateway
        .result(row.requestId())
        .otherwise(Optional.empty())
        .compose(result ->
            result.isEmpty()
                ? Future.succeededFuture()
                : deliver(row.requestId(), result.get(), "sweep"));
  }

  // A run that somebody holds is not due, so its node is told; the others are claimed anyway.
  private Future<Void> expire() {
    return continuations
        .expired(settings.batchMax())
        .compose(rows -> {
          List<Future<Void>> all = rows.stream().map(this::tooLate).toList();
          return Future.join(all).mapEmpty();
        });
  }

  private Future<Void> tooLate(Blocked row) {
    if (row.kind().equals(RunNode.APPROVAL)) {
      wake(row.organizationId(), row.runId());
      return Future.succeededFuture();
    }
    var late = DispatchResult.failed(ErrorCode.NODE_EXECUTION_TIMEOUT);
    // It may have been in time while all workers were away: the gateway knows.
    return gateway
        .result(row.requestId())
        .transform(asked -> {
          if (asked.succeeded()) {
            return deliver(row.requestId(), asked.result().orElse(late), "timeout");
          }
          var enough = row.timeoutAt().plusMillis(settings.gatewayAwayMs());
          return enough.isAfter(node.clock().instant())
              ? Future.succeededFuture()
              : deliver(row.requestId(), late, "timeout");
        });
  }
}
