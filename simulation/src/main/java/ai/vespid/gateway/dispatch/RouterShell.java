package ai.vespid.gateway.dispatch;

import ai.vespid.kit.node.Homes;
import ai.vespid.kit.node.Seat;
import ai.vespid.kit.node.View;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.ResultStatus;
import ai.vespid.protocol.bus.Dispatch;
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
import ai.vespid.protocol.bus.DispatchRouter.Reply;
import ai.vespid.protocol.bus.DispatchRouter.Report;
import ai.vespid.protocol.bus.DispatchRouter.Run;
import ai.vespid.protocol.bus.DispatchRouter.TakeOver;
import ai.vespid.protocol.bus.Done;
import ai.vespid.protocol.bus.Message;
import ai.vespid.protocol.bus.Route;
import ai.vespid.simulation.Mutant;
import ai.vespid.simulation.SimSurroundings;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongToIntFunction;
import java.util.stream.Collectors;

/**
 * As {@link DispatchRouterVerticle}, over the same classes, with the simulated world around it. Its
 * mutants ({@link Mutant}) take single lines out again.
 */
public final class RouterShell {
  /** Bounds of the table; see {@link DispatchTable.Rules}. */
  public record Limits(
      int dispatchesMax, int orgQueueMax, int orgInFlightMax, long graceMs, int epochMax) {}

  /** One assignment as the table has it. */
  public record Attempt(String requestId, int epoch, Route to) {}

  /** How often time is looked at; finer in production, and no different but for being late. */
  public static final long TICK_MS = 50;

  private static final long REPAIR_MS = 1_000;
  private static final long CLAIMED_MS = 900_000;

  private final RouterPorts ports;
  private final SimSurroundings here;
  private final ExecutorDirectory directory = new ExecutorDirectory();
  private final Waiters waiters = new Waiters();
  private final DispatchTable table;
  private final CarrierShell carrier;
  private final Census census;
  private final Claims claims;
  private final LostHomes lostHomes;
  private final Succession succession;
  private final Intake intake;
  private final Reports reports;
  private final Rows rows;
  private final Spoiling spoiling;

  /**
   * @param process names this process in its claims
   */
  public RouterShell(RouterPorts ports, SimSurroundings here, Limits limits, String process) {
    this.ports = ports;
    this.here = here;
    LongToIntFunction epochs = Epochs.of(new Seat(here.node(), 0));
    table =
        new DispatchTable(
            new DispatchTable.Rules(
                limits.dispatchesMax(),
                limits.orgQueueMax(),
                limits.orgInFlightMax(),
                limits.graceMs(),
                limits.epochMax()),
            directory,
            without(Mutant.EPOCHS_BEGIN_AT_ONE) ? _ -> 1 : epochs,
            key -> without(Mutant.PLACED_BY_ANYBODY) || knows(key));
    census = new Census(table, directory);
    spoiling = new Spoiling(ports, table, directory);
    rows = new Rows(ports, here, table, waiters);
    claims =
        new Claims(new SimClaims(ports, Mutant.ATTEMPT_NOT_CLAIMED), here, process, CLAIMED_MS);
    carrier =
        new CarrierShell(
            ports,
            here,
            table,
            directory,
            waiters,
            claims,
            dispatch -> elsewhere(dispatch),
            rows::open,
            this::mine);
    lostHomes = new LostHomes(here, table, waiters, carrier::carryOut, limits.graceMs());
    succession =
        new Succession(
            here,
            0,
            table,
            waiters,
            lostHomes,
            limits.graceMs(),
            rows::read,
            this::renewClaims,
            carrier::carryOut);
    rows.begin(succession, carrier::carryOut);
    intake =
        new Intake(
            here,
            table,
            waiters,
            claims,
            succession,
            lostHomes,
            _ -> true,
            new Uncounted(),
            carrier::carryOut);
    reports =
        new Reports(
            here,
            table,
            succession,
            lostHomes,
            new Claims(new SimClaims(ports, Mutant.BEGUN_NOT_TOLD), here, process, CLAIMED_MS),
            rows::read,
            carrier::settled,
            carrier::carryOut);
  }

  private void elsewhere(Dispatch dispatch) {
    ports.say("leaves to another home", dispatch.requestId());
    lostHomes.suspend(dispatch);
  }

  private boolean knows(String key) {
    return succession.knows(key);
  }

  private record Uncounted() implements Intake.Counts {
    @Override
    public void submitted(boolean async) {}

    @Override
    public void refused(ErrorCode code) {}
  }

  private boolean without(Mutant line) {
    return ports.omits(line);
  }

  private boolean mine(String key) {
    return here.view().homes().isHome(here.node(), key);
  }

  private void renewClaims() {
    if (!without(Mutant.CLAIMS_NOT_RENEWED)) claims.renew();
    if (!without(Mutant.FILES_NOT_READ_AGAIN)) table.forgetHeads();
  }

  /** Begins with what the registry knows. */
  public void start(List<Route> routes) {
    routes.forEach(directory::up);
    here.later(TICK_MS, this::tick);
    here.later(REPAIR_MS, this::repair);
  }

  /** The members of the cluster changed, or this router is there now. */
  public void viewChanged(View now) {
    renewClaims();
    ports.say("sees", now.homes().routers());
    succession.viewChanged(
        without(Mutant.NOT_HOME_NOT_ANSWERED)
            ? new View(now.members(), new Homes(List.of(new Seat(here.node(), 0))))
            : now);
  }

  /** Answers what other actors ask. */
  public Future<? extends Message> receive(DispatchRouter<?> request) {
    return switch (request) {
      case Run run -> submit(run.dispatch(), false);
      case Accept accept -> submit(accept.dispatch(), true);
      case Await again -> intake.await(again);
      case Report report -> decide(report);
      case Doubt doubt -> reports.doubt(doubt);
      case Reconcile hello -> reconcile(hello);
      // Nobody cancels in the simulation yet.
      case Cancel _ -> Future.succeededFuture(new Done());
      case Explain _ -> Future.succeededFuture(new Explanation(null));
      case HandOver to -> handOver(to);
      case TakeOver over -> succession.takeOver(spoiling.takenOver(over));
      case Adopt open -> rows.adopt(open);
    };
  }

  private Future<Reply> submit(Dispatch dispatch, boolean async) {
    if (without(Mutant.OPEN_ID_NOT_JOINED)) waiters.moved(dispatch.requestId());
    return intake.submit(dispatch, async);
  }

  private Future<Done> handOver(HandOver to) {
    ports.say("hands over to", to.node(), to.homes());
    if (without(Mutant.NOTHING_HANDED_OVER)) return Future.succeededFuture(new Done());
    return succession.handOver(to);
  }

  private Future<Report.Reply> decide(Report said) {
    var before = table.find(said.requestId());
    var report =
        without(Mutant.REPORT_EPOCH_UNCHECKED)
            ? before.map(e -> Spoiling.as(said, e)).orElse(said)
            : said;
    int epoch = before.map(entry -> entry.epoch).orElse(0);
    var executorId = before.map(Entry::executorId).orElse(null);
    boolean open = before.filter(Entry::held).isPresent();
    var answer = reports.decide(report);
    var now = table.find(said.requestId()).map(entry -> entry.state);
    boolean decided =
        open && now.filter(state -> !(state instanceof Entry.State.Settling)).isEmpty();
    ports.say("hears", said.requestId(), "e" + said.epoch(), "from", said.executorId(), decided);
    if (decided) {
      ports.history().decided(said.requestId(), epoch, executorId, said.epoch(), said.executorId());
    }
    return without(Mutant.ACKNOWLEDGED_BEFORE_SETTLED) && decided
        ? Future.succeededFuture(new Report.Settled())
        : answer;
  }

  private Future<Reconcile.Reconciled> reconcile(Reconcile hello) {
    var believed = without(Mutant.BOOT_ID_IGNORED) ? spoiling.sameProcess(hello) : hello;
    if (without(Mutant.OVERTAKEN_HELLO_BELIEVED)) believed = Spoiling.newest(believed);
    ports.say("reconciles", hello.connectionId(), hello.inFlight(), hello.finished());
    var unstored = spoiling.unstored(hello);
    var reconciled = reports.reconcile(believed);
    return without(Mutant.SETTLING_RESULT_DROPPED)
        ? reconciled.map(answer -> Spoiling.dropping(unstored, answer))
        : reconciled;
  }

  public void routeUp(Route route) {
    ports.say("route up", route.connectionId());
    table.routeUp(route, here.nowMs());
    carrier.carryOut();
  }

  public void routeDown(String executorId, String connectionId) {
    ports.say("route down", connectionId);
    table.routeDown(executorId, connectionId, here.nowMs());
    carrier.carryOut();
  }

  private void tick() {
    here.later(TICK_MS, this::tick);
    if (without(Mutant.DEADLINES_NOT_WATCHED)) return;
    table.tick(here.nowMs());
    lostHomes.tick();
    carrier.carryOut();
  }

  private void repair() {
    here.later(REPAIR_MS, this::repair);
    if (without(Mutant.ORPHANS_FORGOTTEN)) forgetOrphans();
    succession.checkOrphans();
    if (!without(Mutant.STRAYS_KEPT)) succession.giveStrays();
    if (!without(Mutant.LONG_HELD_NOT_LOOKED_UP)) reports.checkLongHeld();
  }

  private void forgetOrphans() {
    for (var orphan : table.handover().orphans()) table.handover().notHeld(orphan, here.nowMs());
  }

  /** This router stops on purpose: whoever waits asks the next one. */
  public void stop() {
    waiters.abandon();
  }

  /** What keeps its node from leaving. */
  public int occupancy() {
    return table.size() + succession.onTheWay();
  }

  /** What is not over yet, for a person; empty when nothing is. */
  public Optional<String> unrest() {
    var text =
        "%d dispatches, %d on their way, %d orphans, %d suspended, %d awaited"
            .formatted(
                table.size(),
                succession.onTheWay(),
                table.handover().orphans().size(),
                lostHomes.waiting(),
                waiters.size());
    return text.matches("(0 [a-z ]+(, )?)+") ? Optional.empty() : Optional.of(text);
  }

  /** The connections over which it could give something to these executors. */
  public Set<String> connections(Collection<String> executorIds) {
    return executorIds.stream()
        .flatMap(id -> directory.route(id).stream())
        .map(Route::connectionId)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** What it believes to be with an executor that is connected. */
  public List<Attempt> assigned() {
    return table.all().stream()
        .filter(entry -> entry.state instanceof Entry.State.Assigned)
        .map(entry ->
            new Attempt(entry.id(), entry.epoch, ((Entry.State.Assigned) entry.state).to()))
        .toList();
  }

  /** Something that is here and another router is home for. */
  public Optional<String> stray() {
    return table.all().stream()
        .filter(entry -> !succession.mine(entry.demand.queueKey()))
        .map(entry -> entry.id() + " in " + entry.state)
        .findFirst();
  }

  /** True when the attempt is believed to be with this executor, or its result is not stored. */
  public boolean awaits(String requestId, int epoch, String executorId) {
    return table
        .find(requestId)
        .filter(entry -> succession.knows(entry.demand.queueKey()))
        .filter(entry -> entry.epoch == epoch && executorId.equals(entry.executorId()))
        .filter(entry -> entry.held() || entry.durable && unstoredSuccess(entry))
        .isPresent();
  }

  private static boolean unstoredSuccess(Entry entry) {
    return entry.state instanceof Entry.State.Settling settling
        && settling.result().status() == ResultStatus.SUCCEEDED;
  }

  /** Check 4: the capacity in use is the live assignments. */
  public Optional<String> miscount(Iterable<String> executorIds) {
    return census.miscount(executorIds);
  }
}
