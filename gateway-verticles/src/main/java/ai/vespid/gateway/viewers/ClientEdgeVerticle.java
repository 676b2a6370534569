package ai.vespid.gateway.viewers;

import ai.vespid.kit.auth.AccessTokens;
import ai.vespid.kit.bus.Bus;
import ai.vespid.kit.bus.Mailbox;
import ai.vespid.kit.node.HomeCalls;
import ai.vespid.kit.node.Membership;
import ai.vespid.kit.node.Node;
import ai.vespid.kit.node.Seat;
import ai.vespid.kit.node.Settings;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.bus.ClientEdge;
import ai.vespid.protocol.bus.ClientEdge.Happened;
import ai.vespid.protocol.bus.ClientEdge.StateChanged;
import ai.vespid.protocol.bus.ClientEdge.Streamed;
import ai.vespid.protocol.bus.Done;
import ai.vespid.protocol.bus.Message;
import ai.vespid.sql.AccountRepository;
import ai.vespid.sql.Database;
import ai.vespid.sql.OrganizationRepository;
import ai.vespid.sql.SessionRepository;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.ServerWebSocket;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Owns the sockets of viewers; exactly one instance a node. Sockets live on whichever context took
 * them, what they say is carried out on this one.
 */
public final class ClientEdgeVerticle extends VerticleBase {
  private static final Duration DRAIN_MAX = Duration.ofSeconds(2);
  private static final int IN_FLIGHT_MAX = 100_000;
  private static final int PINGS_MISSED_MAX = 3;

  private final Node node;
  private final Seat self;
  private final Set<ViewerSocket> sockets = new LinkedHashSet<>();
  private ClientEdgeSettings settings;
  private Context context;
  private Feeds feeds;
  private HomeCalls homes;
  private SessionRepository sessions;
  private Admission admission;
  private Membership.Listener following;
  private Mailbox mailbox;

  public ClientEdgeVerticle(Node node, int shard) {
    this.node = node;
    this.self = new Seat(node.id(), shard);
  }

  @Override
  public Future<?> start() {
    settings = Settings.bind("client-edge", config(), ClientEdgeSettings.class);
    var database = node.service(Database.class);
    context = vertx.getOrCreateContext();
    homes = HomeCalls.of(vertx, node);
    feeds = new Feeds(self, homes);
    sessions = new SessionRepository(database);
    node.meters().gauge("vespid.viewers.sockets", sockets, Set::size);
    node.meters().gauge("vespid.viewers.sessions", feeds, Feeds::size);
    admission =
        new Admission(
            new AccountRepository(database),
            new OrganizationRepository(database),
            new AccessTokens(vertx, node.clock(), settings.authTokenSecret(), 1),
            settings,
            () -> !node.membership().draining() && sockets.size() < settings.viewersMax(),
            this::admit);
    following = (_, _) -> context.runOnContext(_ -> leaveWhenDraining());
    node.membership().listen(following);
    vertx.setPeriodic(settings.watchEvery().toMillis(), _ -> feeds.watchAgain());
    vertx.setPeriodic(settings.pingEvery().toMillis(), _ -> checkLife());
    vertx.setPeriodic(settings.recheckEvery().toMillis(), _ -> recheck());
    node.ports()
        .mount(
            vertx,
            settings.host(),
            settings.port(),
            "GATEWAY_PORT",
            "/ws/client",
            admission::handle);
    return new Bus(vertx, node.id())
        .serve(ClientEdge.at(self.node(), self.shard()), IN_FLIGHT_MAX, this::receive)
        .onSuccess(opened -> mailbox = opened);
  }

  @Override
  public Future<?> stop() {
    node.membership().forget(following);
    all().forEach(socket -> socket.close(Wire.GOING_AWAY, "GATEWAY_SHUTDOWN"));
    return mailbox == null ? Future.succeededFuture() : mailbox.drain(DRAIN_MAX);
  }

  private Future<? extends Message> receive(ClientEdge<?> news) {
    switch (news) {
      case Happened happened -> feeds.happened(happened);
      case Streamed piece -> feeds.streamed(piece);
      case StateChanged change -> feeds.stateChanged(change);
    }
    return Future.succeededFuture(new Done());
  }

  private List<ViewerSocket> all() {
    return List.copyOf(sockets);
  }

  // On the socket's own context: nothing it says may be missed.
  private void admit(Viewer viewer, ServerWebSocket webSocket) {
    webSocket.setWriteQueueMaxSize(settings.writeQueueBytesMax());
    var socket =
        new ViewerSocket(
            viewer,
            Wire.of(webSocket),
            feeds,
            homes,
            sessions,
            (delayMs, action) -> vertx.setTimer(delayMs, _ -> action.run()),
            settings.slowAfter().toMillis());
    webSocket.textMessageHandler(text ->
        here(() -> received(socket, text.getBytes(java.nio.charset.StandardCharsets.UTF_8))));
    webSocket.binaryMessageHandler(bytes -> here(() -> received(socket, bytes.getBytes())));
    webSocket.pongHandler(_ -> here(() -> socket.heard(node.clock().millis())));
    webSocket.exceptionHandler(_ -> {});
    webSocket.closeHandler(_ -> here(() -> gone(socket)));
    here(() -> {
      socket.heard(node.clock().millis());
      sockets.add(socket);
      if (webSocket.isClosed()) gone(socket);
    });
  }

  private void here(Runnable action) {
    context.runOnContext(_ -> action.run());
  }

  private void received(ViewerSocket socket, byte[] frame) {
    socket.heard(node.clock().millis());
    socket.received(frame);
  }

  private void gone(ViewerSocket socket) {
    sockets.remove(socket);
    socket.closed();
  }

  private void checkLife() {
    long silentMs = settings.pingEvery().toMillis() * PINGS_MISSED_MAX;
    for (var socket : all()) {
      if (node.clock().millis() - socket.heardMs() > silentMs) {
        socket.close(Wire.GOING_AWAY, "SILENT");
      } else {
        socket.ping();
      }
    }
  }

  // A login that ended or a membership that was taken away ends what it opened.
  private void recheck() {
    for (var socket : all()) {
      admission
          .again(socket.viewer())
          .onSuccess(now ->
              now.ifPresentOrElse(
                  socket::became,
                  () ->
                      socket.refuse(
                          Wire.POLICY_VIOLATION,
                          ErrorCode.UNAUTHORIZED,
                          "the login or the membership is over")));
    }
  }

  // Their next gateway goes on at what they saw last.
  private void leaveWhenDraining() {
    if (!node.membership().draining()) return;
    all().forEach(socket -> socket.close(Wire.SERVICE_RESTART, "DRAINING"));
  }
}
