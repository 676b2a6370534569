package ai.vespid.agent.link;

import ai.vespid.agent.AgentFailure;
import ai.vespid.agent.trust.GatewayTrust;
import ai.vespid.agent.trust.LinkFault;
import ai.vespid.agent.trust.Proxy;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Limits;
import ai.vespid.protocol.executor.ExecutorFrame;
import ai.vespid.protocol.executor.Frames;
import ai.vespid.protocol.executor.GatewayFrame;
import ai.vespid.protocol.executor.GatewayFrame.Welcome;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.UpgradeRejectedException;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agent's connection: dials out, says hello, keeps both directions alive and comes back when it
 * is lost, for ever. A refusal is told with its code. When the gateway drains, the next connection
 * stands before this one is closed. Confined to one context.
 */
public final class Link {
  private static final Logger LOG = LoggerFactory.getLogger(Link.class);
  private static final long CONNECT_TIMEOUT_MS = 10_000;
  private static final long HEARTBEAT_MS_MIN = 1_000;
  private static final long LASTED_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Vertx vertx;
  private final Context context;
  private final Target target;
  private final Pace pace;
  private final Listener listener;
  private final Backoff backoff;
  // Kept in a field: a client that becomes unreachable closes its sockets.
  private final WebSocketClient client;
  private WebSocket socket;
  private long openedNanos;
  private boolean connecting;
  private boolean draining;
  private boolean stopped;
  private int pingsUnanswered;
  private long heartbeat = -1;
  private String fault;

  /**
   * Where to connect.
   *
   * @param token the executor's credential
   * @param trust what the gateway's certificate has to be, for wss
   * @param proxy null for none
   */
  public record Target(String url, String token, GatewayTrust trust, Proxy proxy) {
    @Override
    public String toString() {
      return "Target[" + url + "]";
    }
  }

  /**
   * How often the link speaks when there is nothing to say.
   *
   * @param heartbeatMs until the gateway's welcome says otherwise
   * @param unansweredMax pings in a row that may stay unanswered
   */
  public record Pace(long pingMs, long heartbeatMs, int unansweredMax) {
    public static final Pace USUAL = new Pace(10_000, 15_000);

    public Pace(long pingMs, long heartbeatMs) {
      this(pingMs, heartbeatMs, 3);
    }
  }

  /** What the link tells its agent, all on the link's context. */
  public interface Listener {
    /** The hello for a new connection or heartbeat. */
    ExecutorFrame.Hello hello();

    /** A connection stands; {@code send} works. */
    void opened();

    void received(GatewayFrame frame);

    /** No connection came about, and no other attempt is made. */
    default void gaveUp(String code) {}

    /** What may be read of a frame: all, a part, or null when it is not to be believed. */
    default byte[] believed(byte[] frame) {
      return frame;
    }
  }

  public Link(Vertx vertx, Target target, Pace pace, Listener listener, Backoff backoff) {
    this.pace = pace;
    this.vertx = vertx;
    this.context = vertx.getOrCreateContext();
    this.target = target;
    this.listener = listener;
    this.backoff = backoff;
    var options =
        new WebSocketClientOptions()
            .setMaxFrameSize(Limits.FRAME_BYTES_MAX)
            .setMaxMessageSize(Limits.FRAME_BYTES_MAX)
            .setConnectTimeout((int) CONNECT_TIMEOUT_MS);
    client = vertx.createWebSocketClient(options);
    vertx.setPeriodic(pace.pingMs(), _ -> run(this::ping));
  }

  /** Runs on the link's context, where all state lives. */
  public void run(Runnable action) {
    context.runOnContext(_ -> action.run());
  }

  public void start() {
    run(this::connect);
  }

  private void connect() {
    if (stopped || connecting) return;
    WebSocketConnectOptions options;
    try {
      options = way();
    } catch (AgentFailure e) {
      failed(e);
      return;
    }
    connecting = true;
    client
        .connect(options)
        .onComplete(connected -> {
          connecting = false;
          // At once: a frame that comes before there is a handler would be lost.
          if (connected.succeeded()) opened(connected.result());
          else failed(connected.cause());
        });
  }

  // Read anew each time: certificates are renewed while the agent runs.
  private WebSocketConnectOptions way() {
    var options =
        new WebSocketConnectOptions()
            .setAbsoluteURI(target.url())
            .setTimeout(CONNECT_TIMEOUT_MS)
            .addHeader(HttpHeaders.AUTHORIZATION, "Bearer " + target.token());
    if (options.isSsl()) options.setSslOptions(target.trust().options());
    if (target.proxy() != null) options.setProxyOptions(target.proxy().options());
    return options;
  }

  private void opened(WebSocket fresh) {
    if (stopped) {
      fresh.close();
      return;
    }
    var before = socket;
    socket = fresh;
    openedNanos = System.nanoTime();
    fault = null;
    backoff.met();
    draining = false;
    pingsUnanswered = 0;
    fresh.textMessageHandler(
        text -> run(() -> received(fresh, text.getBytes(StandardCharsets.UTF_8))));
    fresh.binaryMessageHandler(bytes -> run(() -> received(fresh, bytes.getBytes())));
    fresh.pongHandler(_ -> run(() -> pingsUnanswered = 0));
    fresh.exceptionHandler(cause ->
        LOG.atDebug().addKeyValue("cause", cause.getClass().getSimpleName()).log("socket failed"));
    fresh.closeHandler(_ -> run(() -> lost(fresh, fresh.closeReason())));
    LOG.atInfo().addKeyValue("gateway", target.url()).log("executor_connected");
    listener.opened();
    send(listener.hello());
    heartbeatEvery(pace.heartbeatMs());
    if (before != null) before.close((short) 1000, "MOVED");
  }

  private void received(WebSocket from, byte[] sealed) {
    if (from == socket) pingsUnanswered = 0;
    var bytes = listener.believed(sealed);
    if (bytes == null) return;
    GatewayFrame frame;
    try {
      frame = Frames.fromGateway(bytes);
    } catch (InvalidMessage e) {
      // A frame of a later gateway, or nonsense: neither may stop the agent.
      LOG.atDebug().addKeyValue("cause", e.getMessage()).log("a frame was ignored");
      return;
    }
    if (from != socket && !outlivesItsSocket(frame)) return;
    switch (frame) {
      case Welcome welcome -> {
        if (welcome.heartbeatMs() != null) {
          heartbeatEvery(Math.max(HEARTBEAT_MS_MIN, welcome.heartbeatMs()));
        }
      }
      case GatewayFrame.Refusal refusal ->
          LOG.atWarn()
              .addKeyValue("code", refusal.code())
              .addKeyValue("cause", refusal.message())
              .log("the gateway refused what the agent said");
      case GatewayFrame.Drain _ -> {
        LOG.atInfo().log("the gateway drains; connecting elsewhere");
        draining = true;
        connect();
      }
      default -> {}
    }
    try {
      listener.received(frame);
    } catch (InvalidMessage e) {
      // The frame lacks what its answer needs.
      LOG.atDebug().addKeyValue("cause", e.getMessage()).log("a frame was ignored");
    }
  }

  // The hello on the next socket has told what we hold: work given on the last one after that
  // counts as undelivered there, and would run twice.
  private static boolean outlivesItsSocket(GatewayFrame frame) {
    return frame instanceof GatewayFrame.ResultAck || frame instanceof GatewayFrame.DispatchCancel;
  }

  private void failed(Throwable cause) {
    long wait;
    if (cause instanceof UpgradeRejectedException refused) {
      wait = waitAfter(refused);
      var code = LinkFault.codeOf(refused);
      fault = code == null ? "GATEWAY_REFUSED_" + refused.getStatus() : code;
      LOG.atWarn()
          .addKeyValue("status", refused.getStatus())
          .addKeyValue("code", code)
          .addKeyValue("retryMs", wait)
          .log("the gateway did not let the agent in");
    } else {
      wait = backoff.lostMs();
      fault = LinkFault.codeOf(cause, target.proxy() != null);
      LOG.atWarn()
          .addKeyValue("gateway", target.url())
          .addKeyValue("code", fault)
          .addKeyValue("cause", cause.getClass().getSimpleName())
          .addKeyValue("retryMs", wait)
          .log("the gateway cannot be reached");
    }
    if (backoff.hopeless(cause instanceof UpgradeRejectedException no && LinkFault.forGood(no))) {
      stopped = true;
      listener.gaveUp(fault);
      return;
    }
    again(wait);
  }

  private long waitAfter(UpgradeRejectedException refused) {
    if (refused.getStatus() == 401 || refused.getStatus() == 403) return backoff.refusedMs();
    var headers = refused.getHeaders();
    var told = headers == null ? null : headers.get(HttpHeaders.RETRY_AFTER);
    // The other form, a date, is none that a gateway uses.
    return told != null && told.matches("\\d{1,9}")
        ? backoff.toldMs(Long.parseLong(told))
        : backoff.lostMs();
  }

  private void lost(WebSocket which, String cause) {
    if (which != socket) return;
    socket = null;
    if (System.nanoTime() - openedNanos > LASTED_NANOS) backoff.held();
    heartbeatEvery(0);
    if (stopped) return;
    fault = cause == null || !cause.matches("[A-Z_]+") ? "LINK_LOST" : cause;
    long wait = backoff.lostMs();
    LOG.atWarn()
        .addKeyValue("cause", cause)
        .addKeyValue("retryMs", wait)
        .log("executor_disconnected");
    again(wait);
  }

  private void again(long waitMs) {
    if (!stopped) {
      vertx.setTimer(
          waitMs,
          _ ->
              run(() -> {
                if (socket == null || draining) connect();
              }));
    }
  }

  private void heartbeatEvery(long everyMs) {
    if (heartbeat >= 0) vertx.cancelTimer(heartbeat);
    heartbeat =
        everyMs <= 0 ? -1 : vertx.setPeriodic(everyMs, _ -> run(() -> send(listener.hello())));
  }

  private void ping() {
    if (!open()) return;
    if (++pingsUnanswered > pace.unansweredMax()) {
      var dead = socket;
      lost(dead, "PINGS_UNANSWERED");
      dead.close();
    } else {
      socket.writePing(Buffer.buffer("v"));
    }
  }

  /** Sends when connected; otherwise the frame is lost and must be told again later. */
  public void send(ExecutorFrame frame) {
    if (open()) socket.writeTextMessage(new String(Frames.write(frame), StandardCharsets.UTF_8));
  }

  // A gateway that said that it closes, and whose connection stays, is not there any more either:
  // nothing tells it but the socket itself.
  private boolean open() {
    if (socket != null && socket.isClosed()) lost(socket, socket.closeReason());
    return socket != null;
  }

  public boolean connected() {
    return socket != null;
  }

  /** Why there is no connection, by its code; null when there is one, or none was tried yet. */
  public String fault() {
    return fault;
  }

  /** True when connected and what was sent before is on its way. */
  public boolean writable() {
    return socket != null && !socket.writeQueueFull();
  }

  /** Closes the connection after what was written is sent; it does not come back. */
  public Future<Void> stop() {
    stopped = true;
    return socket == null ? Future.succeededFuture() : socket.close((short) 1001, "AGENT_STOPPED");
  }
}
