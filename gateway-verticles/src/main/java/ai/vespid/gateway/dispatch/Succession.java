package ai.vespid.gateway.dispatch;

import ai.vespid.kit.bus.Fault;
import ai.vespid.kit.node.Homes;
import ai.vespid.kit.node.Member;
import ai.vespid.kit.node.Member.State;
import ai.vespid.kit.node.Seat;
import ai.vespid.kit.node.Surroundings;
import ai.vespid.kit.node.View;
import ai.vespid.protocol.bus.DispatchRouter;
import ai.vespid.protocol.bus.DispatchRouter.HandOver;
import ai.vespid.protocol.bus.DispatchRouter.TakeOver;
import ai.vespid.protocol.bus.Done;
import ai.vespid.protocol.bus.ExecutorEdge;
import ai.vespid.protocol.bus.ExecutorEdge.Holding;
import ai.vespid.protocol.bus.ExecutorEdge.Holdings;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
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
  // Views agree in less, or the heir is gone.
  private static final long YIELDED_MS = 10_000;
  private static final int GONE_MAX = 1_000;
  private static final long ORPHAN_MS = 660_000;

  private final Surroundings here;
  private final Seat self;
  private final DispatchTable table;
  private final LostHomes lostHomes;
  private final Takeover takeover;
  private final Giving giving;
  private final Receiving receiving;
  private final OrphanCare orphanCare;
  private final long graceMs;
  private final Supplier<Future<Void>> readRows;
  private final Runnable changed;
  private final Set<Seat> asked = new HashSet<>();
  private final LinkedHashSet<String> gone = new LinkedHashSet<>();
  private View view;
  private boolean reading;
  private long askedMs;
  private long answeredMs;
  private long recentUntilMs;

  /**
   * @param readRows takes over what stands open in the database
   * @param givingAway run before something is given to another home
   * @param changed run after the table was
   */
  Succession(
      Surroundings here,
      int shard,
      DispatchTable table,
      Waiters waiters,
      LostHomes lostHomes,
      long graceMs,
      Supplier<Future<Void>> readRows,
      Runnable givingAway,
      Runnable changed) {
    this.here = here;
    this.self = new Seat(here.node(), shard);
    this.table = table;
    this.lostHomes = lostHomes;
    this.takeover = new Takeover(self);
    this.orphanCare = new OrphanCare(here, table.handover(), this::holdings, changed);
    this.receiving = new Receiving(here, table, waiters, lostHomes, changed);
    this.giving =
        new Giving(
            here,
            self,
            table,
            waiters,
            receiving::takeBack,
            takeover::mine,
            receiving::arrivingAny,
            givingAway,
            changed);
    this.graceMs = graceMs;
    this.readRows = readRows;
    this.changed = changed;
    this.view = here.view();
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

  boolean mine(String key) {
    return takeover.mine(key);
  }

  /** True when this router is home and knows everything that is under way. */
  boolean knows(String key) {
    return takeover.mine(key) && !takeover.waits(key);
  }

  /** True while what is not known of this key may still arrive from another router. */
  boolean unsure(String key) {
    return takeover.unsure(key);
  }

  /** True for a grace after a takeover: agents may still come back with what nobody here knows. */
  boolean recent() {
    return takeover.settling() || here.nowMs() < recentUntilMs;
  }

  /** Gives what another router is home for to that one. */
  void giveStrays() {
    giving.strays(view.homes());
  }

  /** Dispatches that were given away and have not arrived. */
  int onTheWay() {
    return giving.onTheWay();
  }

  void viewChanged(View now) {
    for (var member : view.members()) gone.add(member.id());
    for (var member : now.members()) gone.remove(member.id());
    while (gone.size() > GONE_MAX) gone.removeFirst();
    view = now;
    table.handover().orphans().stream()
        .filter(orphan -> !now.homes().isHome(self.node(), key(orphan)))
        .forEach(orphan -> table.handover().notHeld(orphan, here.nowMs()));
    lostHomes.keepOnly(takeover::mine);
    if (!takeover.changed(now.homes(), now.edges(), now.routers(), now.routersBegun())) {
      askArrivals();
      return;
    }
    int round = takeover.round();
    askedMs = here.nowMs();
    // Who starts is asked, too: it may serve already, and have said so on a slow way.
    now.edges().forEach(edge -> askEdge(edge, round));
    now.routers().stream().filter(seat -> !seat.equals(self)).forEach(r -> askRouter(r, round));
    here.later(
        graceMs,
        () -> {
          if (round != takeover.round() || !takeover.settling()) return;
          LOG.atWarn()
              .addKeyValue("unanswered", takeover.unanswered())
              .log("not everybody tells what this new home takes over; it goes on");
          takeover.graceOver();
          readWhenAnswered();
        });
    readWhenAnswered();
  }

  // Two halves of a split meet: both were home for everything.
  private void askArrivals() {
    for (var router : takeover.arrivals()) {
      if (!asked.add(router)) continue;
      askArrival(router);
      here.later(graceMs, () -> arrivalAnswered(router));
    }
  }

  private void askArrival(Seat router) {
    if (!takeover.arrivals().contains(router)) {
      asked.remove(router);
      return;
    }
    here.ask(DispatchRouter.at(router.node(), router.shard()), handOver(), ASK_MAX)
        .onSuccess(_ -> arrivalAnswered(router))
        .onFailure(_ -> here.later(AGAIN_MS, () -> askArrival(router)));
  }

  private void arrivalAnswered(Seat router) {
    takeover.arrivalAnswered(router);
    asked.remove(router);
  }

  private HandOver handOver() {
    var seats = view.homes().routers().stream().map(Seat::text).toList();
    return new HandOver(self.node(), self.shard(), seats);
  }

  // Nobody is there yet: it has no sockets and decides about nothing.
  private boolean onlyStarts(String node, Throwable cause) {
    boolean starting =
        view.member(node).filter(member -> member.state() == State.STARTING).isPresent();
    return starting && Fault.of(cause).code() == Fault.Code.UNAVAILABLE;
  }

  private void askEdge(Seat edge, int round) {
    if (round != takeover.round() || !view.has(edge.node())) return;
    here.ask(ExecutorEdge.at(edge.node(), edge.shard()), seen(), ASK_MAX)
        .onSuccess(list -> edgeAnswered(edge, list.holdings(), round))
        .onFailure(cause -> {
          if (onlyStarts(edge.node(), cause)) edgeAnswered(edge, List.of(), round);
          else here.later(AGAIN_MS, () -> askEdge(edge, round));
        });
  }

  private void edgeAnswered(Seat edge, List<Holding> holdings, int round) {
    if (round != takeover.round()) return;
    holdings.forEach(this::held);
    takeover.edgeAnswered(edge);
    readWhenAnswered();
  }

  private Holdings seen() {
    return new Holdings(view.members().stream().map(Member::id).toList());
  }

  private static String key(Holding holding) {
    return Homes.queueKey(holding.pool(), holding.organizationId());
  }

  private void held(Holding holding) {
    if (!takeover.waits(key(holding))) return;
    table.handover().orphan(holding, here.nowMs() + ORPHAN_MS);
  }

  private void askRouter(Seat former, int round) {
    if (round != takeover.round() || !view.has(former.node())) return;
    here.ask(DispatchRouter.at(former.node(), former.shard()), handOver(), ASK_MAX)
        .onSuccess(_ -> routerAnswered(former, round))
        .onFailure(cause -> {
          if (onlyStarts(former.node(), cause)) routerAnswered(former, round);
          else here.later(AGAIN_MS, () -> askRouter(former, round));
        });
  }

  private void routerAnswered(Seat former, int round) {
    if (round != takeover.round()) return;
    takeover.routerAnswered(former);
    readWhenAnswered();
  }

  /** Looks again whether orphans are still held, and wanted. */
  void checkOrphans() {
    if (!takeover.settling() && !view.homes().routers().isEmpty()) orphanCare.check();
  }

  /**
   * What edges hold of these ids is known from now on, and is not taken for lost. Fails when not
   * all of them answer: then nothing may be taken over.
   */
  Future<Void> tellHoldings(List<String> requestIds) {
    return holdings()
        .map(holdings -> {
          holdings.stream()
              .filter(holding -> requestIds.contains(holding.requestId()))
              .forEach(holding -> table.handover().orphan(holding, here.nowMs() + ORPHAN_MS));
          return null;
        });
  }

  // Without an answer of all edges nothing is known of any.
  private Future<List<Holding>> holdings() {
    var lists =
        view.members().stream()
            .filter(member -> member.state() != State.STARTING)
            .flatMap(member -> member.edgeSeats().stream())
            .map(edge ->
                here.ask(ExecutorEdge.at(edge.node(), edge.shard()), new Holdings(null), ASK_MAX))
            .toList();
    return Future.all(lists)
        .map(_ -> lists.stream().flatMap(list -> list.result().holdings().stream()).toList());
  }

  private void readWhenAnswered() {
    if (!takeover.settling() || !takeover.answered() || reading) return;
    int round = takeover.round();
    if (takeover.looksAgain(view.edges())) {
      view.edges().forEach(edge -> askEdge(edge, round));
      return;
    }
    reading = true;
    answeredMs = here.nowMs();
    readRows
        .get()
        .onComplete(read -> {
          reading = false;
          if (read.succeeded() && round == takeover.round()) {
            takeover.done();
            LOG.atInfo()
                .addKeyValue("askedMs", answeredMs - askedMs)
                .addKeyValue("readMs", here.nowMs() - answeredMs)
                .log("took over as home");
            recentUntilMs = here.nowMs() + graceMs;
            if (othersDecided()) table.handover().homeMoved(here.nowMs());
            changed.run();
          } else {
            here.later(AGAIN_MS, () -> readWhenAnswered());
          }
        });
  }

  private boolean othersDecided() {
    return view.routersBegun().size() > 1 || !gone.isEmpty();
  }

  /** Gives the new home everything of its keys; done when it has it. */
  Future<Done> handOver(HandOver to) {
    var homes = new Homes(to.homes().stream().map(Seat::of).toList());
    var heir = new Seat(to.node(), to.shard());
    if (heir.equals(self)) return Future.succeededFuture(new Done());
    // The last words of a dead one: its keys are ours now, and we were asked about them.
    if (gone.contains(heir.node())) throw new Fault(Fault.Code.NOT_HOME, "not seen here");
    boolean leaves = view.has(heir.node()) && !view.mayBeHome(heir);
    if (leaves) throw new Fault(Fault.Code.NOT_HOME, "it leaves");
    // It sees fewer than we do: it may have asked long ago, and the views will agree shortly.
    if (!homes.routers().containsAll(view.homes().routers())) {
      throw new Fault(Fault.Code.NOT_HOME, "more homes are seen here");
    }
    takeover.yielded(heir, homes);
    here.later(
        YIELDED_MS,
        () -> {
          if (takeover.heirLost(heir)) viewChanged(view);
        });
    return giving.everything(key -> homes.seatOf(key).equals(heir), heir);
  }

  /** True while it arrives from another home. */
  boolean arriving(String requestId) {
    return receiving.arriving(requestId);
  }

  Future<Done> takeOver(TakeOver over) {
    return receiving.takeOver(over);
  }
}
