package ai.vespid.gateway.dispatch;

import ai.vespid.kit.bus.Bus;
import ai.vespid.kit.bus.Fault;
import ai.vespid.kit.node.Homes;
import ai.vespid.kit.node.Member;
import ai.vespid.kit.node.Node;
import ai.vespid.kit.node.Seat;
import ai.vespid.kit.node.View;
import ai.vespid.protocol.bus.DispatchRouter;
import ai.vespid.protocol.bus.DispatchRouter.HandOver;
import ai.vespid.protocol.bus.DispatchRouter.Moving;
import ai.vespid.protocol.bus.DispatchRouter.TakeOver;
import ai.vespid.protocol.bus.Done;
import ai.vespid.protocol.bus.ExecutorEdge;
import ai.vespid.protocol.bus.ExecutorEdge.Holding;
import ai.vespid.protocol.bus.ExecutorEdge.Holdings;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries changes of home out: asks what is under way for keys this router became home for, and
 * gives away what another one is home for now.
 */
final class Succession {
  private static final Logger LOG = LoggerFactory.getLogger(Succession.class);
  private static final Duration ASK_MAX = Duration.ofSeconds(2);
  private static final long AGAIN_MS = 100;
  private static final long ORPHAN_MS = 660_000;
  private static final int BATCH_MAX = 100;

  private final Vertx vertx;
  private final Node node;
  private final Bus bus;
  private final Seat self;
  private final DispatchTable table;
  private final Waiters waiters;
  private final Takeover takeover;
  private final long graceMs;
  private final Supplier<Future<Void>> readRows;
  private final Runnable changed;
  private View view;
  private boolean reading;
  private long recentUntilMs;
  private int onTheWay;

  /**
   * @param readRows takes over what stands open in the database
   * @param changed run after the table was
   */
  Succession(
      Vertx vertx,
      Node node,
      int shard,
      DispatchTable table,
      Waiters waiters,
      long graceMs,
      Supplier<Future<Void>> readRows,
      Runnable changed) {
    this.vertx = vertx;
    this.node = node;
    this.bus = new Bus(vertx, node.id());
    this.self = new Seat(node.id(), shard);
    this.table = table;
    this.waiters = waiters;
    this.takeover = new Takeover(self);
    this.graceMs = graceMs;
    this.readRows = readRows;
    this.changed = changed;
    this.view = node.membership().view();
  }

  /**
   * Whether this router may decide about a key now.
   *
   * @throws Fault NOT_HOME or UNAVAILABLE
   */
  void check(String key) {
    if (!takeover.mine(key)) throw new Fault(Fault.Code.NOT_HOME, "another router is home");
    if (takeover.waits(key)) throw new Fault(Fault.Code.UNAVAILABLE, "taking over");
  }

  /** While rows are read: whether what no edge holds was never offered. */
  boolean edgesTold() {
    return takeover.edgesTold();
  }

  boolean mine(String key) {
    return takeover.mine(key);
  }

  /** True for a grace after a takeover: agents may still come back with what nobody here knows. */
  boolean recent() {
    return takeover.settling() || node.clock().millis() < recentUntilMs;
  }

  /** Dispatches that were given away and have not arrived. */
  int onTheWay() {
    return onTheWay;
  }

  void viewChanged(View now) {
    view = now;
    table.handover().orphans().stream()
        .filter(orphan -> !now.homes().seatOf(key(orphan)).equals(self))
        .forEach(orphan -> table.handover().notHeld(orphan, node.clock().millis()));
    if (!takeover.changed(now.homes(), edges(now), routers(now))) return;
    int round = takeover.round();
    edges(now).forEach(edge -> askEdge(edge, round));
    routers(now).stream().filter(seat -> !seat.equals(self)).forEach(r -> askRouter(r, round));
    vertx.setTimer(
        graceMs,
        _ -> {
          if (round != takeover.round() || !takeover.settling()) return;
          takeover.graceOver();
          readWhenAnswered();
        });
    readWhenAnswered();
  }

  // A node that is starting has no sockets and decides about nothing yet.
  private static List<Seat> edges(View view) {
    return view.members().stream()
        .filter(member -> member.state() != Member.State.STARTING)
        .flatMap(member -> member.edgeSeats().stream())
        .toList();
  }

  private static List<Seat> routers(View view) {
    return view.members().stream()
        .filter(member -> member.state() != Member.State.STARTING)
        .flatMap(member -> member.routerSeats().stream())
        .toList();
  }

  private void askEdge(Seat edge, int round) {
    if (round != takeover.round() || !view.has(edge.node())) return;
    bus.ask(ExecutorEdge.at(edge.node(), edge.shard()), new Holdings(), ASK_MAX)
        .onSuccess(list -> {
          if (round != takeover.round()) return;
          list.holdings().forEach(this::held);
          takeover.edgeAnswered(edge);
          readWhenAnswered();
        })
        .onFailure(_ -> vertx.setTimer(AGAIN_MS, _ -> askEdge(edge, round)));
  }

  private static String key(Holding holding) {
    return Homes.queueKey(holding.pool(), holding.organizationId());
  }

  private void held(Holding holding) {
    if (!takeover.waits(key(holding))) return;
    table.handover().orphan(holding, node.clock().millis() + ORPHAN_MS);
  }

  private void askRouter(Seat former, int round) {
    if (round != takeover.round() || !view.has(former.node())) return;
    var seats =
        view.homes().routers().stream().map(seat -> seat.node() + '/' + seat.shard()).toList();
    bus.ask(
            DispatchRouter.at(former.node(), former.shard()),
            new HandOver(self.node(), self.shard(), seats),
            ASK_MAX)
        .onSuccess(_ -> {
          if (round != takeover.round()) return;
          takeover.routerAnswered(former);
          readWhenAnswered();
        })
        .onFailure(_ -> vertx.setTimer(AGAIN_MS, _ -> askRouter(former, round)));
  }

  /**
   * Looks again whether orphans are still held: what a former home decided while it was asked about
   * stays listed until its edge hears of it.
   */
  void checkOrphans() {
    var doubted = table.handover().orphans();
    if (doubted.isEmpty() || takeover.settling() || view.homes().routers().isEmpty()) return;
    var lists =
        edges(view).stream()
            .map(edge ->
                bus.ask(ExecutorEdge.at(edge.node(), edge.shard()), new Holdings(), ASK_MAX))
            .toList();
    // Without an answer of all nothing is known of any.
    Future.all(lists)
        .onSuccess(_ -> {
          var held =
              lists.stream()
                  .flatMap(list -> list.result().holdings().stream())
                  .map(holding -> holding.requestId() + '/' + holding.epoch())
                  .collect(Collectors.toSet());
          doubted.stream()
              .filter(orphan -> !held.contains(orphan.requestId() + '/' + orphan.epoch()))
              .forEach(orphan -> table.handover().notHeld(orphan, node.clock().millis()));
          changed.run();
        });
  }

  private void readWhenAnswered() {
    if (!takeover.settling() || !takeover.answered() || reading) return;
    int round = takeover.round();
    reading = true;
    readRows
        .get()
        .onComplete(read -> {
          reading = false;
          if (read.succeeded() && round == takeover.round()) {
            takeover.done();
            recentUntilMs = node.clock().millis() + graceMs;
            changed.run();
          } else {
            vertx.setTimer(AGAIN_MS, _ -> readWhenAnswered());
          }
        });
  }

  /** Gives the new home everything of its keys; done when it has it. */
  Future<Done> handOver(HandOver to) {
    var homes = new Homes(to.homes().stream().map(Succession::seat).toList());
    var heir = new Seat(to.node(), to.shard());
    if (heir.equals(self)) return Future.succeededFuture(new Done());
    takeover.yielded(heir, homes);
    vertx.setTimer(graceMs, _ -> takeover.heirLost(heir));
    var given = Promise.<Done>promise();
    giveAll(key -> homes.seatOf(key).equals(heir), heir, given);
    return given.future();
  }

  private static Seat seat(String text) {
    int slash = text.lastIndexOf('/');
    return new Seat(text.substring(0, slash), Integer.parseInt(text.substring(slash + 1)));
  }

  private void giveAll(Predicate<String> heirs, Seat heir, Promise<Done> given) {
    var ids = table.handover().movable(heirs);
    var batches = new ArrayList<Future<?>>();
    for (int i = 0; i < ids.size(); i += BATCH_MAX) {
      var batch = new ArrayList<Moving>();
      for (var id : ids.subList(i, Math.min(ids.size(), i + BATCH_MAX))) {
        batch.add(table.handover().give(id, node.clock().millis()));
        waiters.moved(id);
      }
      batches.add(send(batch, heir));
    }
    changed.run();
    Future.join(batches)
        .onComplete(_ -> {
          // What is being written can only follow when it is written.
          if (!table.handover().holdsAny(heirs)) given.complete(new Done());
          else vertx.setTimer(AGAIN_MS, _ -> giveAll(heirs, heir, given));
        });
  }

  // Until it arrived, or the heir is gone and it is whose home it is then.
  private Future<Void> send(List<Moving> batch, Seat heir) {
    onTheWay += batch.size();
    var arrived = Promise.<Void>promise();
    attempt(batch, heir, arrived);
    return arrived.future().onComplete(_ -> onTheWay -= batch.size());
  }

  private void attempt(List<Moving> batch, Seat heir, Promise<Void> arrived) {
    if (heir.equals(self) || !view.has(heir.node())) {
      reclaim(batch);
      arrived.complete();
      return;
    }
    bus.ask(DispatchRouter.at(heir.node(), heir.shard()), new TakeOver(batch), ASK_MAX)
        .onSuccess(_ -> arrived.complete())
        .onFailure(_ -> vertx.setTimer(AGAIN_MS, _ -> attempt(batch, heir, arrived)));
  }

  private void reclaim(List<Moving> batch) {
    LOG.atWarn()
        .addKeyValue("dispatches", batch.size())
        .log("the new home was gone before they arrived: they stay");
    take(batch);
  }

  Future<Done> takeOver(TakeOver over) {
    take(over.moving());
    return Future.succeededFuture(new Done());
  }

  private void take(List<Moving> batch) {
    for (var moving : batch) {
      if (table.find(moving.dispatch().requestId()).isPresent()) continue;
      var line = waiters.open(moving.dispatch(), moving.durable());
      if (moving.durable()) line.accepted();
      table.handover().resume(moving, node.clock().millis());
    }
    changed.run();
  }
}
