package ai.vespid.gateway.edge;

import ai.vespid.gateway.edge.InFlight.Assignment;
import ai.vespid.kit.bus.Bus;
import ai.vespid.kit.bus.Mailbox;
import ai.vespid.kit.crypto.Envelope;
import ai.vespid.kit.crypto.SecretsUnderWay;
import ai.vespid.kit.node.HomeCalls;
import ai.vespid.kit.node.Membership;
import ai.vespid.kit.node.Node;
import ai.vespid.kit.node.Settings;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.bus.Continuations;
import ai.vespid.protocol.bus.DispatchRouter.Reconcile;
import ai.vespid.protocol.bus.DispatchRouter.Report;
import ai.vespid.protocol.bus.Done;
import ai.vespid.protocol.bus.ExecutorEdge;
import ai.vespid.protocol.bus.ExecutorEdge.Cancel;
import ai.vespid.protocol.bus.ExecutorEdge.HoldingList;
import ai.vespid.protocol.bus.ExecutorEdge.Holdings;
import ai.vespid.protocol.bus.ExecutorEdge.Offer;
import ai.vespid.protocol.bus.ExecutorEdge.Replaced;
import ai.vespid.protocol.bus.ExecutorEdge.Withdraw;
import ai.vespid.protocol.bus.Message;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.bus.SessionRegistry;
import ai.vespid.protocol.bus.SessionRegistry.Connected;
import ai.vespid.protocol.bus.SessionRegistry.Disconnected;
import ai.vespid.protocol.bus.SessionRegistry.Seen;
import ai.vespid.protocol.executor.ExecutorFrame.Held;
import ai.vespid.protocol.executor.GatewayFrame.DispatchCancel;
import ai.vespid.sql.ExecutorIdentity;
import ai.vespid.sql.ExecutorRepository;
import ai.vespid.sql.PresenceRepository;
import io.github.bucket4j.TimeMeter;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.ServerWebSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owns the sockets of agents on one shard. Any number of instances: each owns the sockets it
 * accepted.
 */
public final class ExecutorEdgeVerticle extends VerticleBase implements Neighbours {
  private static final Logger LOG = LoggerFactory.getLogger(ExecutorEdgeVerticle.class);
  private static final Duration ASK_MAX = Duration.ofSeconds(5);
  private static final long LIFE_CHECK_MS = 250;
  private static final long SEEN_MS = 5_000;
  private static final short GOING_AWAY = 1001;
  private static final int DRAINED_AT_ONCE = 250;

  private final Node node;
  private final SecretsUnderWay secrets;
  private final int shard;
  private final ExecutorRepository executors;
  private final Map<String, ExecutorSocket> sockets = new HashMap<>();
  private Membership.Listener following;
  private final AgentFacts facts;
  private Afterwards soon;
  private ExecutorEdgeSettings settings;
  private Bus bus;
  private HomeReports reports;
  private Fence fence;
  private Mailbox mailbox;
  private Conduct conduct;
  private Standstill standstill;
  private long seenSinceMs;
  private AgentCertificates certificates;
  private Signing signing;

  public ExecutorEdgeVerticle(
      Node node, int shard, ExecutorRepository executors, PresenceRepository presence) {
    this.node = node;
    this.secrets = new SecretsUnderWay(node.optional(Envelope.class));
    this.shard = shard;
    this.executors = executors;
    this.facts = new AgentFacts(presence, node.clock());
  }

  @Override
  public Future<?> start() {
    settings = Settings.bind("executor-edge", config(), ExecutorEdgeSettings.class);
    bus = new Bus(vertx, node.id());
    reports = new HomeReports(HomeCalls.of(vertx, node), node.id());
    conduct = new Conduct(settings.coolDown(), System::nanoTime, node.meters());
    node.meters().gauge("vespid.edge.sockets", sockets, Map::size);
    node.occupancy().counts("sockets/" + shard, sockets::size);
    var context = vertx.getOrCreateContext();
    fence = new Fence(node.membership().view());
    following =
        (_, now) ->
            context.runOnContext(_ -> {
              fence.viewChanged(now, nowMs());
              drainWhenLeaving();
            });
    node.membership().listen(following);
    standstill = new Standstill(LIFE_CHECK_MS, nowMs());
    vertx.setPeriodic(LIFE_CHECK_MS, _ -> checkLife());
    soon = new Afterwards(vertx, node.clock());
    vertx.setPeriodic(AgentFacts.WRITE_MS, _ -> facts.write());
    vertx.setPeriodic(settings.pingEvery().toMillis(), _ -> all().forEach(ExecutorSocket::ping));
    vertx.setPeriodic(SEEN_MS, _ -> tellSeen());
    var identities = new IdentitySweep(executors::identities, this::all, this::tell);
    vertx.setPeriodic(settings.sweepEvery().toMillis(), _ -> identities.sweep());
    signing = Signing.of(settings);
    certificates = AgentCertificates.watched(vertx, settings);
    var handshake =
        new Handshake(
            executors,
            () -> !node.membership().draining() && sockets.size() < settings.connectionsMax(),
            new AcceptRate(
                settings.handshakesPerSecMax(),
                TimeMeter.SYSTEM_MILLISECONDS,
                node.meters().counter("vespid.edge.handshakes.deferred")),
            conduct,
            certificates,
            this::admit);
    AgentCertificates.tls(settings).ifPresent(tls -> node.ports().secure(settings.port(), tls));
    node.ports()
        .mountSockets(
            vertx, settings.host(), settings.port(), "GATEWAY_PORT", "/ws", handshake::handle);
    return bus.subscribe(ExecutorEdge.REVOKED, revoked -> close(revoked.executorId()))
        .compose(_ ->
            bus.subscribe(
                SessionRegistry.started(node.id()), _ -> all().forEach(ExecutorSocket::announce)))
        .compose(_ ->
            bus.serve(ExecutorEdge.at(node.id(), shard), settings.inFlightMax(), this::receive))
        .onSuccess(opened -> mailbox = opened);
  }

  @Override
  public Future<?> stop() {
    node.membership().forget(following);
    if (mailbox == null) return Future.succeededFuture();
    all().forEach(socket -> socket.close(GOING_AWAY, "GATEWAY_SHUTDOWN"));
    var max = settings.drainMax();
    return mailbox.drain(max).eventually(() -> facts.writeLast(max));
  }

  private Future<? extends Message> receive(ExecutorEdge<?> request) {
    return switch (request) {
      case Offer offer -> offer(offer);
      case Withdraw attempt -> withdraw(attempt);
      case Cancel cancel -> cancel(cancel);
      case Replaced replaced -> replace(replaced);
      case Holdings question -> holdings(question);
    };
  }

  private Future<HoldingList> holdings(Holdings question) {
    fence.agree(question.homes());
    return Future.succeededFuture(
        new HoldingList(all().stream().flatMap(ExecutorSocket::holdings).toList()));
  }

  private Future<Offer.Reply> offer(Offer offer) {
    fence.check(offer.home(), nowMs());
    var socket = sockets.get(offer.connectionId());
    // What cannot be opened here another edge may have the key for.
    var opened = socket == null ? Optional.<Offer>empty() : opened(offer);
    return Future.succeededFuture(
        opened.isEmpty() ? new Offer.NotHere() : socket.offer(opened.get()));
  }

  private Optional<Offer> opened(Offer offer) {
    var sealed = offer.dispatch().secret();
    if (sealed == null) return Optional.of(offer);
    try {
      return Optional.of(offer.withSecret(secrets.open(sealed)));
    } catch (IllegalStateException e) {
      LOG.atError()
          .addKeyValue("request", offer.dispatch().requestId())
          .log("the secret of a dispatch cannot be opened; was the KEK changed?");
      return Optional.empty();
    }
  }

  private Future<Offer.Reply> withdraw(Withdraw attempt) {
    var socket = sockets.get(attempt.connectionId());
    return Future.succeededFuture(
        socket == null
            ? new Offer.NotHere()
            : socket.withdraw(attempt.requestId(), attempt.epoch()));
  }

  private Future<Done> cancel(Cancel cancel) {
    var frame = new DispatchCancel(cancel.requestId(), cancel.epoch(), cancel.reason());
    var gone =
        all().stream()
            .filter(socket -> socket.link().identity().executorId().equals(cancel.executorId()))
            .map(socket -> socket.cancel(frame))
            .toList();
    return Future.join(gone).map(_ -> new Done());
  }

  private Future<Done> replace(Replaced replaced) {
    var socket = sockets.get(replaced.connectionId());
    if (socket != null) socket.close((short) 1000, "REPLACED");
    return Future.succeededFuture(new Done());
  }

  private void admit(ExecutorIdentity identity, ServerWebSocket webSocket) {
    var link = new Link(identity, UUID.randomUUID().toString(), node.id(), shard, nowMs());
    var holder = new ExecutorSocket[1];
    var wire =
        new Wire(vertx, webSocket, settings, signing, conduct, bytes -> holder[0].received(bytes));
    var socket = new ExecutorSocket(link, wire, settings, this, nowMs());
    holder[0] = socket;
    sockets.put(link.connectionId(), socket);
    // Let in a moment before this node was told to leave.
    if (node.membership().draining()) socket.leave();
    webSocket.pongHandler(_ -> socket.pong());
    webSocket.exceptionHandler(cause ->
        LOG.atDebug()
            .addKeyValue("executor", identity.executorId())
            .addKeyValue("cause", cause.getClass().getSimpleName())
            .log("socket failed"));
    certificates.admitted(link, webSocket, socket::closeRevoked);
    webSocket.closeHandler(_ -> {
      sockets.remove(link.connectionId());
      certificates.gone(link);
      socket.closed(webSocket.closeStatusCode(), webSocket.closeReason());
    });
  }

  private void close(String executorId) {
    all().stream()
        .filter(socket -> socket.link().identity().executorId().equals(executorId))
        .forEach(ExecutorSocket::closeRevoked);
  }

  // A part at a time: the nodes they go to have work besides.
  private void drainWhenLeaving() {
    if (!node.membership().draining()) return;
    var untold = all().stream().filter(socket -> !socket.leaving()).toList();
    untold.stream().limit(DRAINED_AT_ONCE).forEach(ExecutorSocket::leave);
    if (untold.size() > DRAINED_AT_ONCE) vertx.setTimer(LIFE_CHECK_MS, _ -> drainWhenLeaving());
  }

  private void checkLife() {
    long now = nowMs();
    if (standstill.justEnded(now)) return;
    all().forEach(socket -> socket.checkLife(now));
  }

  private void tellSeen() {
    long since = seenSinceMs;
    seenSinceMs = nowMs();
    var seen =
        all().stream()
            .filter(socket -> socket.heardMs() >= since)
            .map(socket -> socket.link().identity().executorId())
            .toList();
    if (!seen.isEmpty()) tell(new Seen(seen, seenSinceMs));
  }

  private List<ExecutorSocket> all() {
    return new ArrayList<>(sockets.values());
  }

  private void tell(SessionRegistry<Done> news) {
    bus.ask(SessionRegistry.at(node.id()), news, ASK_MAX)
        .onFailure(cause -> LOG.atWarn().setCause(cause).log("the registry did not answer"));
  }

  @Override
  public long nowMs() {
    return node.clock().millis();
  }

  @Override
  public Future<Reconcile.Reconciled> reconcile(
      Route route, List<Held> inFlight, List<Held> finished, BooleanSupplier wanted) {
    return reports.reconcile(route, inFlight, finished, wanted);
  }

  @Override
  public Future<Report.Reply> report(
      ExecutorIdentity identity, Assignment assignment, DispatchResult result) {
    return reports.report(identity, assignment, result);
  }

  @Override
  public void doubt(ExecutorIdentity identity, List<Assignment> assignments) {
    conduct.late(identity.executorId(), assignments.size());
    assignments.forEach(assignment -> reports.doubt(identity, assignment));
  }

  @Override
  public AgentFacts facts() {
    return facts;
  }

  @Override
  public Conduct conduct() {
    return conduct;
  }

  @Override
  public void connected(Route route) {
    tell(new Connected(route));
  }

  @Override
  public void disconnected(Route route) {
    tell(new Disconnected(route.executorId(), route.connectionId()));
  }

  @Override
  public void shortly(Runnable action) {
    soon.add(action);
  }

  @Override
  public void later(Runnable again) {
    vertx.setTimer(LIFE_CHECK_MS, _ -> again.run());
  }

  @Override
  public void progressed(Assignment assignment, RawJson event) {
    if (reports.toldSession(assignment, event)) return;
    bus.publish(Continuations.NEWS, new Continuations.Progressed(assignment.requestId(), event));
  }
}
