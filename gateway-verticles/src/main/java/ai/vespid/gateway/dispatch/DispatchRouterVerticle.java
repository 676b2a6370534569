package ai.vespid.gateway.dispatch;

import ai.vespid.kit.bus.Bus;
import ai.vespid.kit.bus.Fault;
import ai.vespid.kit.bus.Mailbox;
import ai.vespid.kit.crypto.Envelope;
import ai.vespid.kit.node.Membership;
import ai.vespid.kit.node.Node;
import ai.vespid.kit.node.Settings;
import ai.vespid.kit.redis.RedisLink;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.EffectClass;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.bus.Dispatch;
import ai.vespid.protocol.bus.DispatchRouter;
import ai.vespid.protocol.bus.DispatchRouter.Accept;
import ai.vespid.protocol.bus.DispatchRouter.Adopt;
import ai.vespid.protocol.bus.DispatchRouter.Await;
import ai.vespid.protocol.bus.DispatchRouter.Doubt;
import ai.vespid.protocol.bus.DispatchRouter.Explain;
import ai.vespid.protocol.bus.DispatchRouter.Explanation;
import ai.vespid.protocol.bus.DispatchRouter.Finished;
import ai.vespid.protocol.bus.DispatchRouter.HandOver;
import ai.vespid.protocol.bus.DispatchRouter.Reconcile;
import ai.vespid.protocol.bus.DispatchRouter.Refused;
import ai.vespid.protocol.bus.DispatchRouter.Reply;
import ai.vespid.protocol.bus.DispatchRouter.Report;
import ai.vespid.protocol.bus.DispatchRouter.Run;
import ai.vespid.protocol.bus.DispatchRouter.TakeOver;
import ai.vespid.protocol.bus.Done;
import ai.vespid.protocol.bus.Message;
import ai.vespid.protocol.bus.ResultStore;
import ai.vespid.protocol.bus.SessionRegistry;
import ai.vespid.protocol.bus.SessionRegistry.Change;
import ai.vespid.protocol.bus.SessionRegistry.RouteDown;
import ai.vespid.protocol.bus.SessionRegistry.RouteUp;
import ai.vespid.sql.DispatchRepository;
import ai.vespid.sql.WorkspaceRepository;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.redis.client.Redis;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
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
  private final Hellos hellos = new Hellos();
  private DispatchTable table;
  private DurableLog log;
  private RouterMeters meters;
  private Carrier carrier;
  private RedisLink redis;
  private Claims claims;
  private Succession succession;
  private LostHomes lostHomes;
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
    table = new DispatchTable(settings.rules(), directory);
    meters = new RouterMeters(node.meters(), table, directory);
    log = new DurableLog(vertx, dispatches, workspaces, node.optional(Envelope.class));
    node.meters().gauge("vespid.dispatch.commits.waiting", log, DurableLog::waiting);
    carrier =
        new Carrier(
            vertx,
            node,
            settings,
            table,
            log,
            waiters,
            meters,
            id -> adopt(new Adopt(List.of(id))));
    redis = new RedisLink(vertx, node.service(Redis.class));
    claims = new Claims(redis, bus, ResultStore.at(node.id()), settings.resultsTtlSec() * 1_000L);
    vertx.setPeriodic(DispatchTable.TICK_MS, _ -> tick());
    vertx.setPeriodic(ORPHANS_MS, _ -> succession.checkOrphans());
    vertx.setPeriodic(settings.expireEvery().toMillis(), _ -> expire());
    lostHomes = new LostHomes(node, bus, table, waiters, carrier, settings.rules().graceMs());
    succession =
        new Succession(
            vertx,
            node,
            shard,
            table,
            waiters,
            settings.rules().graceMs(),
            () -> log.eachOpen(this::recover),
            carrier::carryOut);
    node.occupancy().counts("dispatches/" + shard, () -> table.size() + succession.onTheWay());
    var context = vertx.getOrCreateContext();
    following = (_, now) -> context.runOnContext(_ -> succession.viewChanged(now));
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
        .onSuccess(_ -> succession.viewChanged(node.membership().view()));
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
      case Run run -> submit(run.dispatch(), false);
      case Accept accept -> submit(accept.dispatch(), true);
      case Await again -> await(again);
      case Report report -> decide(report);
      case Doubt doubt -> doubt(doubt);
      case Reconcile hello -> reconcile(hello);
      case Explain question -> explain(question);
      case HandOver to -> succession.handOver(to);
      case TakeOver over -> succession.takeOver(over);
      case Adopt rows -> adopt(rows);
    };
  }

  private Future<Reply> await(Await again) {
    succession.check(again.key());
    var open = waiters.join(again.requestId(), again.organizationId());
    if (open != null) return open;
    return bus.ask(ResultStore.at(node.id()), new ResultStore.Get(again.requestId()), ASK_MAX)
        .map(found -> {
          if (found instanceof ResultStore.Get.Found(String organizationId, DispatchResult result)
              && organizationId.equals(again.organizationId())) {
            return new Finished(result, true);
          }
          throw new Fault(Fault.Code.NOT_FOUND, "never handed in here");
        });
  }

  private Future<Reply> submit(Dispatch dispatch, boolean async) {
    meters.submitted(async);
    succession.check(Demand.of(dispatch).queueKey());
    var open = waiters.join(dispatch, async);
    if (open != null) return open;
    var adopted = async ? Optional.<Future<Reply>>empty() : lostHomes.adopted(dispatch);
    if (adopted.isPresent()) return adopted.get();
    if (async && !log.canStore(dispatch)) {
      return refused(ErrorCode.SECRETS_NOT_CONFIGURED, "set SECRETS_KEK_BASE64 to store secrets");
    }
    var line = waiters.open(dispatch, async);
    claims
        .claim(dispatch.requestId(), dispatch.timeoutMs())
        .onSuccess(answer -> claimed(dispatch, async, answer));
    return line.answer(async);
  }

  private void claimed(Dispatch dispatch, boolean async, Claims.Answer answer) {
    switch (answer) {
      case Claims.Answer.Decided decided -> {
        if (decided.organizationId().equals(dispatch.organizationId())) {
          waiters.close(dispatch.requestId(), new Finished(decided.result(), true));
        } else {
          Waiters.conflict().onSuccess(no -> waiters.close(dispatch.requestId(), no));
        }
      }
      // A row decides for durable ones. In memory only the holder knew whether it was begun.
      case Claims.Answer.Taken _ when !async && dispatch.effect() == EffectClass.AT_MOST_ONCE ->
          suspend(dispatch);
      case Claims.Answer.Taken _, Claims.Answer.Granted _ -> take(dispatch, async);
    }
  }

  private void suspend(Dispatch dispatch) {
    if (!lostHomes.resumed(dispatch)) lostHomes.suspend(dispatch);
  }

  private void take(Dispatch dispatch, boolean async) {
    if (!async && lostHomes.resumed(dispatch)) return;
    var refusal = table.refusal(dispatch);
    if (refusal.isPresent()) {
      meters.refused(refusal.get());
      claims.release(dispatch.requestId());
      waiters.close(dispatch.requestId(), new Refused(refusal.get(), text(refusal.get())));
      return;
    }
    table.submit(dispatch, async, node.clock().millis());
    carrier.carryOut();
  }

  private static String text(ErrorCode refusal) {
    return refusal == ErrorCode.NO_AGENT_AVAILABLE
        ? "no connected executor can take this dispatch"
        : "too many dispatches wait already";
  }

  private Future<Reply> refused(ErrorCode code, String message) {
    meters.refused(code);
    return Future.succeededFuture(new Refused(code, message));
  }

  private Future<Report.Reply> decide(Report report) {
    succession.check(report.key());
    if (table
        .handover()
        .orphanEnded(
            report.requestId(), report.epoch(), report.executorId(), node.clock().millis())) {
      carrier.carryOut();
      return lostHomes.keepUnlessKnown(report);
    }
    var verdict =
        table.report(
            report.requestId(),
            report.epoch(),
            report.executorId(),
            report.result(),
            node.clock().millis());
    carrier.carryOut();
    return switch (verdict) {
      case DECIDED, SETTLING -> carrier.settled(report.requestId()).map(_ -> new Report.Settled());
      case UNWANTED -> {
        meters.unwanted();
        yield Future.succeededFuture(new Report.Unwanted());
      }
    };
  }

  private Future<Done> doubt(Doubt doubt) {
    succession.check(doubt.key());
    table.doubt(doubt.requestId(), doubt.epoch(), doubt.executorId(), node.clock().millis());
    carrier.carryOut();
    return Future.succeededFuture(new Done());
  }

  private Future<Reconcile.Reconciled> reconcile(Reconcile hello) {
    succession.check(hello.key());
    if (!hellos.isNewest(hello)) {
      throw new Fault(Fault.Code.BAD_REQUEST, "a later connection of this executor is known");
    }
    lostHomes.adopt(hello, succession.recent());
    var reconciled = table.reconcile(hello, node.clock().millis());
    carrier.carryOut();
    return Future.succeededFuture(reconciled);
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
    if (!succession.mine(row.queueKey()) || table.find(row.requestId()).isPresent()) return;
    if (open.dispatch() == null) {
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
            row.executorId(),
            row.bootId(),
            succession.edgesTold(),
            row.deadline().toEpochMilli(),
            node.clock().millis());
  }

  private Future<Done> adopt(Adopt rows) {
    var unknown = rows.requestIds().stream().filter(id -> table.find(id).isEmpty()).toList();
    if (unknown.isEmpty()) return Future.succeededFuture(new Done());
    return log.eachOpenAmong(unknown, this::recover)
        .onSuccess(_ -> carrier.carryOut())
        .map(_ -> new Done());
  }

  private void tick() {
    table.tick(node.clock().millis());
    lostHomes.tick();
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
