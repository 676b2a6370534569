package ai.vespid.gateway.dispatch;

import ai.vespid.kit.bus.Bus;
import ai.vespid.kit.bus.Fault;
import ai.vespid.kit.bus.Mailbox;
import ai.vespid.kit.crypto.Envelope;
import ai.vespid.kit.node.Membership;
import ai.vespid.kit.node.Node;
import ai.vespid.kit.node.Seat;
import ai.vespid.kit.node.Settings;
import ai.vespid.kit.node.Surroundings;
import ai.vespid.kit.node.View;
import ai.vespid.kit.redis.RedisLink;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.bus.DispatchRouter;
import ai.vespid.protocol.bus.DispatchRouter.Accept;
import ai.vespid.protocol.bus.DispatchRouter.Adopt;
import ai.vespid.protocol.bus.DispatchRouter.Await;
import ai.vespid.protocol.bus.DispatchRouter.Cancel;
import ai.vespid.protocol.bus.DispatchRouter.Doubt;
import ai.vespid.protocol.bus.DispatchRouter.Explain;
import ai.vespid.protocol.bus.DispatchRouter.Explanation;
import ai.vespid.protocol.bus.DispatchRouter.HandOver;
import ai.vespid.protocol.bus.DispatchRouter.Reconcile;
import ai.vespid.protocol.bus.DispatchRouter.Report;
import ai.vespid.protocol.bus.DispatchRouter.Run;
import ai.vespid.protocol.bus.DispatchRouter.TakeOver;
import ai.vespid.protocol.bus.Done;
import ai.vespid.protocol.bus.Message;
import ai.vespid.protocol.bus.SessionRegistry;
import ai.vespid.protocol.bus.SessionRegistry.Change;
import ai.vespid.protocol.bus.SessionRegistry.RouteDown;
import ai.vespid.protocol.bus.SessionRegistry.RouteUp;
import ai.vespid.sql.DispatchRepository;
import ai.vespid.sql.WorkspaceRepository;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.redis.client.RedisOptions;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Feeds events into {@link DispatchTable} and lets {@link Carrier} carry its decisions out. One
 * instance a shard; a key's dispatches are all in one shard, so nothing here is locked. Rebuilt
 * from {@code dispatches} and from hellos.
 */
public final class DispatchRouterVerticle extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(DispatchRouterVerticle.class);
  private static final long ORPHANS_MS = 1_000;
  private static final Duration ASK_MAX = Duration.ofSeconds(5);

  private final Node node;
  private final int shard;
  private final DispatchRepository dispatches;
  private final WorkspaceRepository workspaces;
  private final ExecutorDirectory directory = new ExecutorDirectory();
  private final Waiters waiters = new Waiters();
  private DispatchTable table;
  private DurableLog log;
  private RouterMeters meters;
  private Carrier carrier;
  private RedisLink redis;
  private Claims claims;
  private Succession succession;
  private LostHomes lostHomes;
  private Intake intake;
  private Reports reports;
  private Membership.Listener following;
  private Bus bus;
  private DispatchRouterSettings settings;
  private Mailbox mailbox;

  public DispatchRouterVerticle(
      Node node, int shard, DispatchRepository dispatches, WorkspaceRepository workspaces) {
    this.node = node;
    this.shard = shard;
    this.dispatches = dispatches;
    this.workspaces = workspaces;
  }

  @Override
  public Future<?> start() {
    settings = Settings.bind("dispatch-router", config(), DispatchRouterSettings.class);
    bus = new Bus(vertx, node.id());
    var here = Surroundings.of(vertx, node);
    var epochs = Epochs.of(new Seat(node.id(), shard));
    table = new DispatchTable(settings.rules(), directory, epochs, key -> succession.knows(key));
    meters = new RouterMeters(node.meters(), table, directory);
    log = new DurableLog(vertx, dispatches, workspaces, node.optional(Envelope.class));
    node.meters().gauge("vespid.dispatch.commits.waiting", log, DurableLog::waiting);
    redis = new RedisLink(vertx, node.service(RedisOptions.class));
    claims =
        new Claims(
            new RedisClaims(redis),
            here,
            UUID.randomUUID().toString(),
            settings.resultsTtlSec() * 1_000L);
    carrier =
        new Carrier(
            vertx,
            node,
            settings,
            table,
            log,
            waiters,
            meters,
            claims,
            dispatch -> lostHomes.suspend(dispatch),
            this::openRow);
    vertx.setPeriodic(DispatchTable.TICK_MS, _ -> tick());
    vertx.setPeriodic(ORPHANS_MS, _ -> repair());
    vertx.setPeriodic(settings.expireEvery().toMillis(), _ -> expire());
    long graceMs = settings.rules().graceMs();
    lostHomes = new LostHomes(here, table, waiters, carrier::carryOut, graceMs);
    succession =
        new Succession(
            here,
            shard,
            table,
            waiters,
            lostHomes,
            graceMs,
            () -> log.eachOpen(this::recover),
            claims::renew,
            carrier::carryOut);
    intake =
        new Intake(
            here,
            table,
            waiters,
            claims,
            succession,
            lostHomes,
            log::canStore,
            meters,
            carrier::carryOut);
    reports =
        new Reports(
            here,
            table,
            succession,
            lostHomes,
            claims,
            this::readRows,
            carrier::settled,
            carrier::carryOut);
    node.occupancy().counts("dispatches/" + shard, () -> table.size() + succession.onTheWay());
    var context = vertx.getOrCreateContext();
    following = (_, now) -> context.runOnContext(_ -> viewChanged(now));
    node.membership().listen(following);
    return redis
        .open()
        .compose(_ -> bus.subscribe(SessionRegistry.changes(node.id()), this::routeChanged))
        .compose(
            _ -> bus.ask(SessionRegistry.at(node.id()), new SessionRegistry.Snapshot(), ASK_MAX))
        .onSuccess(snapshot -> snapshot.routes().forEach(directory::up))
        .compose(_ ->
            bus.serve(DispatchRouter.at(node.id(), shard), settings.inFlightMax(), this::receive))
        .onSuccess(opened -> mailbox = opened)
        .onSuccess(_ -> viewChanged(node.membership().view()));
  }

  private void viewChanged(View now) {
    claims.renew();
    table.forgetHeads();
    succession.viewChanged(now);
  }

  private void repair() {
    succession.checkOrphans();
    succession.giveStrays();
    reports.checkLongHeld();
  }

  @Override
  public Future<?> stop() {
    node.membership().forget(following);
    waiters.abandon();
    if (mailbox == null) return Future.succeededFuture();
    return mailbox.drain(settings.drainMax()).eventually(redis::close);
  }

  private Future<? extends Message> receive(DispatchRouter<?> request) {
    return switch (request) {
      case Run run -> intake.submit(run.dispatch(), false);
      case Accept accept -> intake.submit(accept.dispatch(), true);
      case Await again -> intake.await(again);
      case Report report ->
          reports
              .decide(report)
              .onSuccess(reply -> {
                if (reply instanceof Report.Unwanted) meters.unwanted();
              });
      case Doubt doubt -> reports.doubt(doubt);
      case Reconcile hello -> reports.reconcile(hello);
      case Cancel cancel -> cancel(cancel);
      case Explain question -> explain(question);
      case HandOver to -> succession.handOver(to);
      case TakeOver over -> succession.takeOver(over);
      case Adopt rows -> adopt(rows);
    };
  }

  private Future<Done> cancel(Cancel unwanted) {
    succession.check(unwanted.key());
    intake.cancel(unwanted.requestId(), unwanted.organizationId());
    return carrier.stopped(unwanted.requestId());
  }

  private Future<Explanation> explain(Explain question) {
    var answer =
        table
            .find(question.requestId())
            .map(entry ->
                new Explainer(directory, table.queue()).explain(entry, node.clock().millis()))
            .orElse(null);
    return Future.succeededFuture(new Explanation(answer));
  }

  private void routeChanged(Change change) {
    switch (change) {
      case RouteUp up -> table.routeUp(up.route(), node.clock().millis());
      case RouteDown down ->
          table.routeDown(down.executorId(), down.connectionId(), node.clock().millis());
    }
    carrier.carryOut();
  }

  private void recover(DurableLog.Open open) {
    var row = open.row();
    if (!succession.mine(row.queueKey())) return;
    if (open.dispatch() == null) {
      if (table.find(row.requestId()).isPresent()) return;
      log.finish(
          row.requestId(),
          row.epoch(),
          DispatchResult.failed("SECRETS_DECRYPT_FAILED", null),
          node.clock().instant().plusSeconds(settings.resultsTtlSec()),
          () -> succession.mine(row.queueKey()));
      return;
    }
    waiters.open(open.dispatch(), true).accepted();
    table
        .handover()
        .recover(
            open.dispatch(),
            row.epoch(),
            row.holder(),
            row.deadline().toEpochMilli(),
            node.clock().millis());
  }

  // It was accepted before. Whoever waits for its result asks its home again unless that is here.
  private Future<?> openRow(String requestId) {
    var ids = List.of(requestId);
    Future<?> read = table.find(requestId).isPresent() ? readRows(ids) : adopt(new Adopt(ids));
    return read.onComplete(_ -> {
      carrier.carryOut();
      if (table.find(requestId).isEmpty()) waiters.moved(requestId);
    });
  }

  private Future<Done> adopt(Adopt rows) {
    var unknown = rows.requestIds().stream().filter(id -> table.find(id).isEmpty()).toList();
    if (unknown.isEmpty()) return Future.succeededFuture(new Done());
    return succession
        .tellHoldings(unknown)
        .compose(_ -> readRows(unknown))
        .onSuccess(_ -> carrier.carryOut())
        .map(_ -> new Done());
  }

  private Future<Void> readRows(List<String> requestIds) {
    return log.eachOpenAmong(requestIds, this::recoverSettled)
        .recover(
            _ -> Future.failedFuture(new Fault(Fault.Code.UNAVAILABLE, "the database is away")));
  }

  // While this router takes over it reads every row itself, and knows more when it does.
  private void recoverSettled(DurableLog.Open open) {
    if (succession.knows(open.row().queueKey())) recover(open);
  }

  private void tick() {
    table.tick(node.clock().millis());
    lostHomes.tick();
    log.tick();
    carrier.carryOut();
  }

  private void expire() {
    log.expire(node.clock().instant())
        .onFailure(cause ->
            LOG.atWarn()
                .addKeyValue("cause", cause.getClass().getSimpleName())
                .log("expired results were not deleted; it will be tried again"));
  }
}
