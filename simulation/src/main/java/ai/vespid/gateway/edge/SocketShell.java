package ai.vespid.gateway.edge;

import ai.vespid.gateway.edge.InFlight.Assignment;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.bus.DispatchRouter.Reconcile.Reconciled;
import ai.vespid.protocol.bus.DispatchRouter.Report;
import ai.vespid.protocol.bus.ExecutorEdge.Holding;
import ai.vespid.protocol.bus.ExecutorEdge.Offer;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.executor.ExecutorFrame.Held;
import ai.vespid.protocol.executor.ExecutorFrame.ToolResult;
import ai.vespid.protocol.executor.GatewayFrame;
import ai.vespid.protocol.executor.GatewayFrame.Acknowledged;
import ai.vespid.simulation.Mutant;
import io.vertx.core.Future;
import java.util.List;
import java.util.function.BooleanSupplier;

/** As {@link ExecutorSocket}, over the same {@link InFlight}, without frames on a wire. */
public final class SocketShell {
  /** What the socket needs of the simulated world. */
  public interface Ports {
    long nowMs();

    boolean omits(Mutant line);

    void send(GatewayFrame frame);

    Future<Reconciled> reconcile(
        Route route, List<Held> inFlight, List<Held> finished, BooleanSupplier wanted);

    Future<Report.Reply> report(
        String organizationId, String requestId, int epoch, DispatchResult result);

    void doubt(String organizationId, String requestId, int epoch);

    void connected(Route route);

    void disconnected(Route route);

    void later(Runnable again);

    void close(String reason);
  }

  /** How far the conversation has come. */
  private enum Phase {
    JOINING,
    LIVE,
    CLOSED
  }

  private static final int RETRIES_MAX = 100;
  private static final long ACK_MAX_MS = 5_000;
  private static final long ACK_DOUBT_MS = 1_000;
  private static final int OUTPUT_CHARS_MAX = 10_000;

  private final Ports ports;
  private Route route;
  private final InFlight inFlight = new InFlight();
  private Phase phase = Phase.JOINING;
  private int retries;
  private boolean doubted;
  private long heardMs;
  private boolean leaving;

  public SocketShell(Ports ports, Route route) {
    this.ports = ports;
    this.route = route;
  }

  public Route route() {
    return route;
  }

  public boolean live() {
    return phase == Phase.LIVE;
  }

  /** Request ids of what it holds. */
  public List<String> held() {
    return inFlight.all().stream().map(Assignment::requestId).toList();
  }

  /** As a router that became home is told of it. */
  public List<Holding> holdings() {
    var bootId = phase == Phase.LIVE ? route.bootId() : null;
    return inFlight.all().stream()
        .map(a ->
            new Holding(
                a.requestId(),
                a.epoch(),
                route.pool(),
                a.organizationId(),
                route.executorId(),
                bootId))
        .toList();
  }

  /** This node is about to leave: the agent connects elsewhere. */
  public void leave() {
    leaving = true;
    if (!live() || route.leaving()) return;
    route = route.toLeave();
    ports.connected(route);
    if (route.acknowledges()) ports.send(new GatewayFrame.Drain(30_000L));
  }

  // Whoever says something is believed again.
  private void heard() {
    heardMs = ports.nowMs();
    if (!doubted) return;
    doubted = false;
    if (live()) ports.connected(route);
  }

  /** The first frame. */
  public void hello(List<Held> running, List<Held> finished) {
    heard();
    ports
        .reconcile(route, running, finished, () -> phase == Phase.JOINING)
        .onSuccess(this::joined)
        .onFailure(_ -> ports.close("cannot join"));
  }

  private void joined(Reconciled reconciled) {
    if (phase != Phase.JOINING) return;
    inFlight.adopt(reconciled.adopted());
    ports.send(
        new GatewayFrame.Welcome(
            route.connectionId(), 15_000, 10_000, route.maxInFlight(), 1, reconciled.drop()));
    phase = Phase.LIVE;
    if (leaving) leave();
    else ports.connected(route);
  }

  public void acknowledged(String requestId, int epoch) {
    heard();
    inFlight.acknowledged(requestId, epoch);
  }

  public void result(ToolResult said) {
    if (phase == Phase.CLOSED) return;
    heard();
    // Answered as unwanted, the agent would forget what the router waits for.
    boolean early = phase == Phase.JOINING && route.acknowledges();
    if (early && !ports.omits(Mutant.RESULT_BEFORE_WELCOME_REFUSED)) return;
    var result = new DispatchResult(said.status(), said.output(), said.error(), said.workspace());
    var assignment = inFlight.answeredBy(said.requestId(), said.epoch()).orElse(null);
    if (assignment == null) acknowledge(said.requestId(), said.epoch(), false);
    else report(assignment, result);
  }

  private void report(Assignment assignment, DispatchResult result) {
    ports
        .report(assignment.organizationId(), assignment.requestId(), assignment.epoch(), result)
        .onSuccess(reply -> {
          inFlight.remove(assignment);
          acknowledge(assignment.requestId(), assignment.epoch(), reply instanceof Report.Settled);
        })
        .onFailure(_ -> {
          if (live() && !route.acknowledges() && ++retries <= RETRIES_MAX) {
            ports.later(() -> report(assignment, result));
          }
        });
  }

  private void acknowledge(String requestId, Integer epoch, boolean accepted) {
    if (phase == Phase.CLOSED) return;
    ports.send(GatewayFrame.ResultAck.of(List.of(new Acknowledged(requestId, epoch, accepted))));
  }

  public Offer.Reply offer(Offer offer) {
    if (phase != Phase.LIVE) return new Offer.NotHere();
    var dispatch = offer.dispatch();
    boolean known = inFlight.holds(dispatch.requestId(), offer.epoch());
    if (known && !ports.omits(Mutant.OFFER_NOT_RECOGNISED)) return new Offer.Accepted();
    // Taken, it would replace the later attempt, whose result would not be believed any more.
    boolean overtaken =
        inFlight
            .answeredBy(dispatch.requestId(), null)
            .filter(a -> a.epoch() > offer.epoch())
            .isPresent();
    if (overtaken && !ports.omits(Mutant.OVERTAKEN_OFFER_TAKEN)) return new Offer.Accepted();
    boolean over = inFlight.endedSince(dispatch.requestId(), offer.epoch());
    if (over && !ports.omits(Mutant.ENDED_OFFER_TAKEN)) return new Offer.Accepted();
    if (!route.takesMore()) return new Offer.Draining();
    int room = 2 * route.maxInFlight();
    boolean admitted = inFlight.admits(dispatch.requestId(), offer.epoch(), room);
    boolean again = ports.omits(Mutant.REFUSED_OFFER_TAKEN) && inFlight.size() < room;
    if (!admitted && !again) return new Offer.Full();
    inFlight.add(new Assignment(dispatch.requestId(), offer.epoch(), dispatch.organizationId()));
    if (route.acknowledges()) inFlight.awaitAck(dispatch.requestId(), ports.nowMs());
    ports.send(Invokes.of(offer, OUTPUT_CHARS_MAX));
    return new Offer.Accepted();
  }

  public Offer.Reply withdraw(String requestId, int epoch) {
    if (!live()) return new Offer.NotHere();
    return inFlight.withdraw(requestId, epoch) ? new Offer.Full() : new Offer.Accepted();
  }

  public void cancel(String requestId, int epoch, String reason) {
    if (!inFlight.end(requestId, epoch)) return;
    if (live() && route.acknowledges()) {
      ports.send(new GatewayFrame.DispatchCancel(requestId, epoch, reason));
    }
  }

  public void checkLife() {
    for (var late : inFlight.doubtful(ACK_DOUBT_MS, heardMs, ports.nowMs())) {
      doubted = true;
      ports.doubt(late.organizationId(), late.requestId(), late.epoch());
    }
    if (live() && route.leaving() && !route.acknowledges() && inFlight.size() == 0) {
      ports.close("GATEWAY_DRAINING");
    }
    if (live() && inFlight.silentFor(ACK_MAX_MS, ports.nowMs())) ports.close("ACK_TIMEOUT");
  }

  public void closed() {
    var before = phase;
    phase = Phase.CLOSED;
    if (before == Phase.LIVE) ports.disconnected(route);
  }
}
