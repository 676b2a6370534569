package ai.vespid.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A viewer: every frame it was sent. */
final class Screen implements WebSocket.Listener {
  private final BlockingQueue<JsonObject> frames = new LinkedBlockingQueue<>();
  private final List<JsonObject> seen = new ArrayList<>();
  private final StringBuilder parts = new StringBuilder();
  private final HttpClient http = HttpClient.newHttpClient();
  private final WebSocket socket;

  Screen(String url, Map<String, String> headers) {
    var builder = http.newWebSocketBuilder();
    headers.forEach(builder::header);
    socket = builder.buildAsync(URI.create(url), this).join();
  }

  void join(String sessionId) {
    var join = new JsonObject().put("type", "session_join").put("sessionId", sessionId);
    socket.sendText(join.encode(), true).join();
  }

  void cancel(String sessionId) {
    var cancel = new JsonObject().put("type", "session_cancel").put("sessionId", sessionId);
    socket.sendText(cancel.encode(), true).join();
  }

  @Override
  public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
    parts.append(part);
    if (last) {
      frames.add(new JsonObject(parts.toString()));
      parts.setLength(0);
    }
    from.request(1);
    return null;
  }

  JsonObject await(Predicate<JsonObject> wanted) {
    try {
      while (true) {
        var frame = frames.poll(60, TimeUnit.SECONDS);
        assertThat(frame).as("after %s", seen).isNotNull();
        seen.add(frame);
        if (wanted.test(frame)) return frame;
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  JsonObject await(String type) {
    return await(frame -> frame.getString("type").equals(type));
  }

  void close() {
    socket.abort();
    http.shutdownNow();
  }

  List<Long> seqs() {
    return seen.stream()
        .filter(frame -> frame.getString("type").equals("session_event_v2"))
        .map(frame -> frame.getLong("seq"))
        .toList();
  }
}
