package ai.vespid.bench.fault;

import ai.vespid.bench.Pauses;
import ai.vespid.protocol.executor.ExecutorFrame;
import ai.vespid.protocol.executor.ExecutorFrame.Hello;
import ai.vespid.protocol.executor.Frames;
import ai.vespid.protocol.executor.GatewayFrame;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * An agent's connection to one gateway of several: when it is lost, the next one is tried, after a
 * pause with jitter; when the gateway drains, the next connection stands before this one closes.
 * Confined to the fleet's loop.
 */
final class AgentLink {
  private static final long HEARTBEAT_MS = 5_000;
  private static final long PING_MS = 2_000;
  private static final int PINGS_UNANSWERED_MAX = 3;
  private static final long CONNECT_MS_MAX = 3_000;
  private static final long PAUSE_MS_FIRST = 200;
  private static final long PAUSE_MS_MAX = 4_000;

  /** What the link tells its agent. */
  interface Listener {
    Hello hello();

    void opened();

    void received(GatewayFrame frame);
  }

  private final Vertx vertx;
  private final String token;
  private final List<String> urls;
  private final Listener listener;
  // Kept in a field: a client that nobody holds closes its connections when it is collected.
  private final WebSocketClient client;
  private final Pauses pauses = new Pauses(PAUSE_MS_FIRST, PAUSE_MS_MAX);
  private WebSocket socket;
  private int next;
  private int pingsUnanswered;
  // Counts up whenever what is under way shall not count any more.
  private int life;
  private boolean wanted;

  /**
   * @param first the address it begins with
   */
  AgentLink(Vertx vertx, String token, List<String> urls, int first, Listener listener) {
    this.vertx = vertx;
    this.token = token;
    this.urls = urls;
    this.listener = listener;
    this.next = first;
    this.client =
        vertx.createWebSocketClient(
            new WebSocketClientOptions().setConnectTimeout((int) CONNECT_MS_MAX));
    vertx.setPeriodic(HEARTBEAT_MS, _ -> send(listener.hello()));
    vertx.setPeriodic(PING_MS, _ -> ping());
  }

  void start() {
    wanted = true;
    connect();
  }

  /** Closes as one does who leaves. */
  void stop() {
    var left = socket;
    abandon();
    if (left != null) left.close();
  }

  /** Knows its connection no more, and does not close it. */
  void abandon() {
    wanted = false;
    life++;
    socket = null;
  }

  void send(ExecutorFrame frame) {
    if (socket == null || socket.isClosed()) return;
    socket.writeTextMessage(new String(Frames.write(frame), StandardCharsets.UTF_8));
  }

  private void connect() {
    int mine = life;
    var options =
        new WebSocketConnectOptions()
            .setAbsoluteURI(urls.get(next++ % urls.size()))
            .setTimeout(CONNECT_MS_MAX)
            .addHeader("Authorization", "Bearer " + token);
    client
        .connect(options)
        .onSuccess(opened -> {
          if (mine == life) opened(opened);
          else opened.close();
        })
        .onFailure(cause -> {
          if (mine == life) again(pauses.nextMs(cause));
        });
  }

  private void again(long waitMs) {
    int mine = life;
    vertx.setTimer(
        waitMs,
        _ -> {
          if (mine == life && wanted) connect();
        });
  }

  private void opened(WebSocket fresh) {
    var before = socket;
    socket = fresh;
    pingsUnanswered = 0;
    fresh.textMessageHandler(text -> received(fresh, text));
    fresh.pongHandler(_ -> pingsUnanswered = 0);
    // The close that follows says all there is to say.
    fresh.exceptionHandler(_ -> {});
    fresh.closeHandler(_ -> lost(fresh));
    listener.opened();
    send(listener.hello());
    if (before != null) before.close();
  }

  private void received(WebSocket from, String text) {
    var frame = Frames.fromGateway(text.getBytes(StandardCharsets.UTF_8));
    // The hello on the next socket has told what we hold: what is given on the last one after that
    // counts as undelivered. Thanks and cancellations count wherever they come.
    boolean always =
        frame instanceof GatewayFrame.ResultAck || frame instanceof GatewayFrame.DispatchCancel;
    if (from != socket && !(always && wanted)) return;
    pingsUnanswered = 0;
    switch (frame) {
      case GatewayFrame.Welcome _ -> pauses.held();
      case GatewayFrame.Drain _ -> connect();
      default -> {}
    }
    listener.received(frame);
  }

  private void lost(WebSocket which) {
    if (which != socket) return;
    socket = null;
    if (wanted) again(pauses.nextMs());
  }

  private void ping() {
    if (socket == null) return;
    if (++pingsUnanswered <= PINGS_UNANSWERED_MAX) {
      socket.writePing(Buffer.buffer("v"));
      return;
    }
    var dead = socket;
    lost(dead);
    dead.close();
  }
}
