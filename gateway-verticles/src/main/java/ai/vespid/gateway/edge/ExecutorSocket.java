package ai.vespid.gateway.edge;

import ai.vespid.gateway.edge.InFlight.Assignment;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.bus.DispatchRouter.Reconcile.Reconciled;
import ai.vespid.protocol.bus.Done;
import ai.vespid.protocol.bus.ExecutorEdge.Holding;
import ai.vespid.protocol.bus.ExecutorEdge.Offer;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.executor.ExecutorFrame;
import ai.vespid.protocol.executor.Frames;
import ai.vespid.protocol.executor.GatewayFrame;
import ai.vespid.protocol.executor.GatewayFrame.Acknowledged;
import ai.vespid.protocol.executor.LegacyFrame;
import io.vertx.core.Future;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The conversation with one agent, from its hello to its close. Confined to the edge's context.
 *
 * <pre>
 *   Greeting ──hello──> Joining ──router and registry know──> Live ──> Closed
 * </pre>
 */
final class ExecutorSocket implements IdentitySweep.Holder {
  private static final Logger LOG = LoggerFactory.getLogger(ExecutorSocket.class);
  private static final long LEAVE_MS = 30_000;

  private final Link link;
  private final Wire wire;
  private final ExecutorEdgeSettings settings;
  private final Neighbours neighbours;
  private final InFlight inFlight = new InFlight();
  private final Acknowledgements acknowledgements;
  private final Cancels cancels;
  private final ResultReports reports;
  private final Refusals refusals;
  private Set<String> tags;
  private Phase phase;
  private Dialect dialect = Dialect.V2;
  private long heardMs;
  private int pingsUnanswered;
  private boolean leaving;
  private boolean doubted;

  ExecutorSocket(
      Link link, Wire wire, ExecutorEdgeSettings settings, Neighbours neighbours, long nowMs) {
    this.link = link;
    this.wire = wire;
    this.settings = settings;
    this.neighbours = neighbours;
    this.cancels = new Cancels(wire, inFlight);
    this.acknowledgements = new Acknowledgements(wire, neighbours::shortly);
    this.reports =
        new ResultReports(
            link.identity(),
            neighbours,
            inFlight,
            this::acknowledge,
            () -> phase.saysResultsOnce());
    this.refusals = new Refusals(link, wire, settings, neighbours.conduct());
    this.phase = new Phase.Greeting(nowMs);
    this.heardMs = nowMs;
    this.tags = link.identity().tags();
  }

  @Override
  public Link link() {
    return link;
  }

  long heardMs() {
    return heardMs;
  }

  /** What its agent has been given and not answered. */
  Stream<Holding> holdings() {
    var bootId = phase instanceof Phase.Live(Route route) ? route.bootId() : null;
    return inFlight.holdings(link.identity(), bootId);
  }

  /** The control-plane tags in force on this socket. */
  @Override
  public Set<String> tags() {
    return tags;
  }

  /** The control plane changed them; later hellos keep them. */
  @Override
  public void retag(Set<String> current) {
    tags = current;
    if (phase instanceof Phase.Live(Route route)) phase = new Phase.Live(route.withTags(current));
  }

  /** One whole frame. Nothing a peer sends makes this throw. */
  void received(byte[] bytes) {
    if (phase instanceof Phase.Closed) return;
    heardMs = neighbours.nowMs();
    pingsUnanswered = 0;
    if (doubted) announce();
    try {
      var type = Frames.typeOf(bytes);
      if (phase instanceof Phase.Greeting && type.equals("hello")) dialect = Dialect.V1;
      if (dialect == Dialect.V1) legacy(Frames.legacy(bytes));
      else modern(Frames.fromExecutor(bytes));
    } catch (InvalidMessage e) {
      refusals.invalid(dialect, phase instanceof Phase.Greeting, e);
    }
  }

  private void modern(ExecutorFrame frame) {
    switch (frame) {
      case ExecutorFrame.Hello hello -> hello(hello);
      // Not compared with what it was given yet: its agent says it again after the welcome.
      case ExecutorFrame.ToolResult _ when phase.tooEarlyForResults() -> {}
      case ExecutorFrame.ToolResult result ->
          reports.received(result.requestId(), result.epoch(), result.result());
      case ExecutorFrame.DispatchAck ack -> inFlight.acknowledged(ack.requestId(), ack.epoch());
      case ExecutorFrame.DispatchCanceled gone -> cancels.gone(gone.requestId(), gone.epoch());
      case ExecutorFrame.ToolEvent event -> event(event.requestId(), event.event());
      case ExecutorFrame.FrameDenied denied -> neighbours.conduct().denied(link, denied);
      case ExecutorFrame.Telemetry told -> neighbours.facts().measured(link, told.reading());
      case ExecutorFrame.SessionOpened _,
          ExecutorFrame.TurnDelta _,
          ExecutorFrame.TurnEvent _,
          ExecutorFrame.TurnFinal _,
          ExecutorFrame.TurnError _,
          ExecutorFrame.MemorySyncResult _,
          ExecutorFrame.MemoryQueryResult _ ->
          // No session was opened on this socket, so none of these can be an answer.
          refusals.tell(
              dialect, ErrorCode.ASSIGNMENT_UNKNOWN, "nothing was asked that this answers", null);
    }
  }

  private void legacy(LegacyFrame frame) {
    switch (frame) {
      case LegacyFrame.Hello hello -> {
        if (phase instanceof Phase.Greeting) join(link.route(hello, heardMs), null);
        else if (phase instanceof Phase.Live) live(link.route(hello, heardMs).withTags(tags));
      }
      case LegacyFrame.Ping ping ->
          wire.send(
              Frames.write(new LegacyFrame.Pong(ping.ts() == null ? (double) heardMs : ping.ts())));
      case LegacyFrame.ExecuteResult result ->
          reports.received(
              result.requestId(),
              null,
              new DispatchResult(result.status(), result.output(), result.error(), null));
      case LegacyFrame.ExecuteEvent event -> event(event.requestId(), event.event());
      case LegacyFrame.ExecuteReceived _ -> {}
      case LegacyFrame.Execute _, LegacyFrame.ExecuteAck _, LegacyFrame.Pong _ ->
          throw new InvalidMessage("type", "is not an agent's to send");
    }
  }

  private void hello(ExecutorFrame.Hello hello) {
    var contradiction = link.contradiction(hello).orElse(null);
    if (contradiction != null) {
      refusals.turnAway(dialect, ErrorCode.EXECUTOR_IDENTITY_MISMATCH, contradiction);
      return;
    }
    if (!wire.sealFor(hello)) {
      refusals.turnAway(
          dialect, ErrorCode.SIGNING_KEY_UNKNOWN, "no signing key of this gateway is known to it");
      return;
    }
    cancels.hello(hello.features());
    switch (phase) {
      case Phase.Greeting _ -> join(link.route(hello, heardMs), hello);
      case Phase.Live _ -> live(link.route(hello, heardMs).withTags(tags));
      case Phase.Joining _, Phase.Closed _ -> {}
    }
  }

  // The router hears first what the agent still holds, then the registry that it is there: a
  // dispatch cannot reach it in between.
  private void join(Route route, ExecutorFrame.Hello hello) {
    phase = new Phase.Joining(route);
    neighbours
        .reconcile(
            route,
            hello == null ? List.of() : hello.inFlight(),
            hello == null ? List.of() : hello.finished(),
            () -> phase instanceof Phase.Joining)
        .onSuccess(reconciled -> joined(route, reconciled, hello))
        .onFailure(cause -> {
          LOG.atWarn()
              .addKeyValue("executor", route.executorId())
              .addKeyValue("cause", cause.getMessage())
              .log("an agent could not join; it will try again");
          close(Wire.TRY_AGAIN_LATER, ErrorCode.SERVICE_UNAVAILABLE.name());
        });
  }

  private void joined(Route route, Reconciled reconciled, ExecutorFrame.Hello hello) {
    if (!(phase instanceof Phase.Joining)) return;
    neighbours.facts().arrived(link, wire.remoteAddress(), hello);
    inFlight.adopt(reconciled.adopted());
    var welcome = settings.welcome(route, reconciled.drop());
    if (dialect == Dialect.V2) wire.send(Frames.write(welcome));
    live(route);
    LOG.atInfo()
        .addKeyValue("executor", route.executorId())
        .addKeyValue("connection", route.connectionId())
        .addKeyValue("adopted", reconciled.adopted().size())
        .log("executor connected");
  }

  private void live(Route said) {
    var route = leaving ? said.toLeave() : said;
    var before = phase instanceof Phase.Live(Route known) ? known : null;
    phase = new Phase.Live(route);
    if (before == null || !before.equals(route.withLastSeenAtMs(before.lastSeenAtMs()))) {
      neighbours.connected(route);
    }
    boolean told = before != null && before.leaving();
    if (leaving && !told && route.acknowledges()) {
      wire.send(Frames.write(new GatewayFrame.Drain(LEAVE_MS)));
    }
  }

  private void acknowledge(String requestId, Integer epoch, boolean accepted) {
    if (phase instanceof Phase.Closed) return;
    if (dialect == Dialect.V1) wire.send(Frames.write(new LegacyFrame.ExecuteAck(requestId)));
    else acknowledgements.add(new Acknowledged(requestId, epoch, accepted));
  }

  private void event(String requestId, RawJson event) {
    if (reports.progressed(requestId, event)) return;
    neighbours.conduct().unbelieved();
    refusals.tell(
        dialect, ErrorCode.ASSIGNMENT_UNKNOWN, "this socket does not hold the dispatch", requestId);
  }

  /** Gives the agent a dispatch. Idempotent by request id and epoch. */
  Offer.Reply offer(Offer offer) {
    if (!(phase instanceof Phase.Live(Route route))) return new Offer.NotHere();
    var dispatch = offer.dispatch();
    // Given already, under this epoch or a later one that overtook it on its way, and maybe over.
    if (inFlight.knows(dispatch.requestId(), offer.epoch())) return new Offer.Accepted();
    if (!route.takesMore()) return new Offer.Draining();
    int room = wire.full() ? 0 : 2 * route.maxInFlight();
    if (!inFlight.admits(dispatch.requestId(), offer.epoch(), room)) return new Offer.Full();
    inFlight.add(new Assignment(dispatch.requestId(), offer.epoch(), dispatch.organizationId()));
    if (route.acknowledges()) inFlight.awaitAck(dispatch.requestId(), neighbours.nowMs());
    acknowledgements.send();
    wire.send(
        dialect == Dialect.V1
            ? Frames.write(Invokes.legacy(dispatch))
            : Frames.write(Invokes.of(offer, settings.toolOutputCharsMax())));
    return new Offer.Accepted();
  }

  Offer.Reply withdraw(String requestId, int epoch) {
    if (!(phase instanceof Phase.Live)) return new Offer.NotHere();
    return inFlight.withdraw(requestId, epoch) ? new Offer.Full() : new Offer.Accepted();
  }

  Future<Done> cancel(GatewayFrame.DispatchCancel cancel) {
    boolean listens = phase instanceof Phase.Live(Route route) && route.acknowledges();
    return cancels.cancel(cancel, listens, neighbours.nowMs());
  }

  /** Looks whether the other end is still there. */
  void checkLife(long nowMs) {
    cancels.expire(nowMs);
    var late = inFlight.doubtful(settings.ackDoubt().toMillis(), heardMs, nowMs);
    if (!late.isEmpty()) neighbours.doubt(link.identity(), late);
    doubted |= !late.isEmpty();
    var silence = new Silence(settings, nowMs);
    if (phase instanceof Phase.Greeting(long sinceMs) && silence.greeting(sinceMs)) {
      refusals.turnAway(dialect, ErrorCode.HELLO_REQUIRED, "no hello arrived in time");
    } else if (phase instanceof Phase.Live(Route route)) {
      var missing = silence.of(heardMs, inFlight).orElse(null);
      boolean done = leaving && Silence.nothingToLose(route, inFlight);
      if (missing != null) lost(missing);
      else if (done) close(Wire.SERVICE_RESTART, "GATEWAY_DRAINING");
    }
  }

  void ping() {
    if (phase instanceof Phase.Closed) return;
    if (++pingsUnanswered > 3) lost("PING_TIMEOUT");
    else wire.ping();
  }

  void pong() {
    pingsUnanswered = 0;
  }

  /** Says again that the agent is there: the registry is new, or the agent had been doubted. */
  void announce() {
    doubted = false;
    if (phase instanceof Phase.Live(Route route)) neighbours.connected(route);
  }

  boolean leaving() {
    return leaving;
  }

  /**
   * This node is about to leave: the agent connects elsewhere first, then this socket ends. Until
   * then it is given work as before.
   */
  void leave() {
    leaving = true;
    if (phase instanceof Phase.Live(Route route)) live(route);
  }

  // Who is gone does not answer a close: what it holds is looked after before that is given up.
  private void lost(String reason) {
    closed(Wire.POLICY_VIOLATION, reason);
    close(Wire.POLICY_VIOLATION, reason);
  }

  void close(short status, String reason) {
    wire.close(status, reason);
  }

  @Override
  public void closeRevoked() {
    refusals.turnAway(dialect, ErrorCode.EXECUTOR_REVOKED, "the executor was revoked");
  }

  /** The socket is closed, whoever closed it. */
  void closed(Short status, String reason) {
    var before = phase;
    phase = new Phase.Closed();
    cancels.closed();
    if (!(before instanceof Phase.Live(Route route))) return;
    LOG.atInfo()
        .addKeyValue("executor", route.executorId())
        .addKeyValue("connection", route.connectionId())
        .addKeyValue("status", status)
        .addKeyValue("cause", reason)
        .addKeyValue("held", inFlight.size())
        .log("executor disconnected");
    neighbours.facts().left(link, status, reason);
    neighbours.disconnected(route);
  }
}
