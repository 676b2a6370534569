package ai.vespid.server;

import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.session.ClientFrame;
import ai.vespid.protocol.session.SessionEvent;
import ai.vespid.protocol.session.ViewerFrame;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The socket of a conversation. When it is lost it is opened again, behind the last event that was
 * shown, and what was not stored yet is said again under the same key.
 */
final class ChatLink implements AutoCloseable {
  private static final Duration CONNECT_MAX = Duration.ofSeconds(10);
  private static final long AGAIN_MS_MIN = 500;
  private static final long AGAIN_MS_MAX = 5_000;

  private final HttpClient http = HttpClient.newBuilder().connectTimeout(CONNECT_MAX).build();
  private final String url;
  private final String sessionId;
  private final Supplier<Map<String, String>> headers;
  private final ChatScreen screen;
  private final Map<String, String> unstored = new LinkedHashMap<>();
  private WebSocket socket;
  private CompletableFuture<?> sending = CompletableFuture.completedFuture(null);
  private boolean closed;

  /**
   * @param headers who calls, asked again for every connection
   */
  ChatLink(String url, String sessionId, Supplier<Map<String, String>> headers, ChatScreen screen) {
    this.url = url;
    this.sessionId = sessionId;
    this.headers = headers;
    this.screen = screen;
  }

  /** Opens it; fails when nobody answers the first time. */
  void open() {
    connect().join();
  }

  synchronized void say(String message) {
    var key = UUID.randomUUID().toString();
    unstored.put(key, message);
    screen.typed(message);
    send(new ClientFrame.Send(sessionId, message, List.of(), key));
  }

  synchronized void cancel() {
    send(new ClientFrame.Cancel(sessionId));
  }

  // One after the other: the client of the JDK wants it so.
  private void send(ClientFrame frame) {
    var to = socket;
    if (to == null) return;
    var text = new String(Json.write(frame), StandardCharsets.UTF_8);
    sending = sending.handle((_, _) -> null).thenCompose(_ -> to.sendText(text, true));
  }

  private CompletableFuture<?> connect() {
    var builder = http.newWebSocketBuilder().connectTimeout(CONNECT_MAX);
    headers.get().forEach(builder::header);
    return builder.buildAsync(URI.create(url), new Listening()).thenAccept(this::opened);
  }

  private synchronized void opened(WebSocket opened) {
    socket = opened;
    sending = CompletableFuture.completedFuture(null);
    long seen = screen.seen();
    send(new ClientFrame.Join(sessionId, seen < 0 ? null : seen));
    unstored.forEach(
        (key, message) -> send(new ClientFrame.Send(sessionId, message, List.of(), key)));
  }

  private synchronized void lost(WebSocket gone) {
    if (closed || socket != gone) return;
    socket = null;
    screen.note("the connection is lost; connecting again");
    again(AGAIN_MS_MIN);
  }

  private void again(long delayMs) {
    CompletableFuture.delayedExecutor(delayMs, TimeUnit.MILLISECONDS)
        .execute(() -> {
          synchronized (this) {
            if (closed) return;
          }
          reconnect()
              .whenComplete((_, cause) -> {
                if (cause != null) again(Math.min(delayMs * 2, AGAIN_MS_MAX));
                else screen.note("connected again");
              });
        });
  }

  // Logging in may fail as well while the server is away.
  private CompletableFuture<?> reconnect() {
    try {
      return connect();
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(new CompletionException(e));
    }
  }

  private void received(String text) {
    try {
      ViewerFrame.read(text.getBytes(StandardCharsets.UTF_8))
          .ifPresent(frame -> {
            stored(frame);
            screen.show(frame);
          });
    } catch (InvalidMessage e) {
      screen.note("a frame that is none: " + e.getMessage());
    }
  }

  // Messages are stored in the order they were said.
  private synchronized void stored(ViewerFrame frame) {
    if (frame instanceof ViewerFrame.Error) unstored.clear();
    if (!(frame instanceof ViewerFrame.Event event)) return;
    if (!event.eventType().equals(SessionEvent.USER_MESSAGE)) return;
    var message = Json.peek(event.payload().bytes(), "message");
    unstored.entrySet().stream()
        .filter(said -> said.getValue().equals(message))
        .findFirst()
        .ifPresent(said -> unstored.remove(said.getKey()));
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (socket != null) socket.abort();
    http.shutdownNow();
  }

  private final class Listening implements WebSocket.Listener {
    private final StringBuilder parts = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
      parts.append(part);
      if (last) {
        var text = parts.toString();
        parts.setLength(0);
        received(text);
      }
      from.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket from, int status, String reason) {
      lost(from);
      return null;
    }

    @Override
    public void onError(WebSocket from, Throwable cause) {
      lost(from);
    }
  }
}
