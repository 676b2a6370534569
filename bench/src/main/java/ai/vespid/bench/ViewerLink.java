package ai.vespid.bench;

import ai.vespid.protocol.Json;
import ai.vespid.protocol.session.ClientFrame;
import ai.vespid.protocol.session.ViewerFrame;
import io.vertx.core.Vertx;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;

/**
 * A viewer's connection to one session through one gateway of several: when it is lost the next one
 * is tried, and told what was seen last. Confined to one loop.
 */
public final class ViewerLink {
  private static final long CONNECT_MS_MAX = 3_000;
  private static final int PAUSE_MS_MAX = 300;
  private static final int MESSAGE_BYTES_MAX = 8 * 1024 * 1024;

  /** What a viewer is told. */
  public interface Listener {
    /** It has asked for the session. */
    void joined();

    void received(ViewerFrame frame);
  }

  private final Vertx vertx;
  private final List<String> urls;
  private final Map<String, String> headers;
  private final String session;
  private final LongSupplier seen;
  private final Listener listener;
  // Kept in a field: a client that nobody holds closes its connections when it is collected.
  private final WebSocketClient client;
  private WebSocket socket;
  private int next;
  private boolean wanted;

  /**
   * @param headers who it is; a secret
   * @param seen the last event it saw, -1 for none
   */
  public ViewerLink(
      Vertx vertx,
      List<String> urls,
      Map<String, String> headers,
      String session,
      LongSupplier seen,
      Listener listener) {
    this.vertx = vertx;
    this.urls = List.copyOf(urls);
    this.headers = Map.copyOf(headers);
    this.session = session;
    this.seen = seen;
    this.listener = listener;
    this.next = ThreadLocalRandom.current().nextInt(urls.size());
    this.client =
        vertx.createWebSocketClient(
            new WebSocketClientOptions()
                .setConnectTimeout((int) CONNECT_MS_MAX)
                .setMaxFrameSize(MESSAGE_BYTES_MAX)
                .setMaxMessageSize(MESSAGE_BYTES_MAX));
  }

  public void start() {
    wanted = true;
    connect();
  }

  public void stop() {
    wanted = false;
    if (socket != null) socket.close();
  }

  public boolean connected() {
    return socket != null;
  }

  /** Says it, if the connection stands; whether it arrived shows in what is seen. */
  public void send(ClientFrame frame) {
    if (socket == null || socket.isClosed()) return;
    socket.writeTextMessage(new String(Json.write(frame), StandardCharsets.UTF_8));
  }

  private void connect() {
    var options =
        new WebSocketConnectOptions()
            .setAbsoluteURI(urls.get(next++ % urls.size()))
            .setTimeout(CONNECT_MS_MAX);
    headers.forEach(options::addHeader);
    client.connect(options).onSuccess(this::opened).onFailure(_ -> again());
  }

  private void again() {
    if (!wanted) return;
    vertx.setTimer(1 + ThreadLocalRandom.current().nextInt(PAUSE_MS_MAX), _ -> connect());
  }

  // What could not be done may have been the join: it begins anew, where it is.
  private void received(String text) {
    var frame = ViewerFrame.read(text.getBytes(StandardCharsets.UTF_8)).orElse(null);
    if (frame instanceof ViewerFrame.Error) socket.close();
    else if (frame != null) listener.received(frame);
  }

  private void opened(WebSocket fresh) {
    if (!wanted) {
      fresh.close();
      return;
    }
    socket = fresh;
    fresh.textMessageHandler(text -> {
      if (fresh == socket) received(text);
    });
    // The close that follows says all there is to say.
    fresh.exceptionHandler(_ -> {});
    fresh.closeHandler(_ -> {
      if (fresh != socket) return;
      socket = null;
      again();
    });
    send(new ClientFrame.Join(session, seen.getAsLong()));
    listener.joined();
  }
}
