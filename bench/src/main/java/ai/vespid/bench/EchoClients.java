package ai.vespid.bench;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The bare pipe's far end: each message goes to one of the connected WebSockets, in turns, with a
 * number in front, and its echo to whoever asked. Confined to one loop.
 */
final class EchoClients {
  private static final int NUMBER_BYTES = Long.BYTES;

  private final List<ServerWebSocket> clients = new ArrayList<>();
  private final Map<Long, Consumer<Buffer>> pending = new HashMap<>();
  private long last;

  void connected(ServerWebSocket client) {
    clients.add(client);
    client.closeHandler(_ -> clients.remove(client));
    client.binaryMessageHandler(this::answer);
  }

  /** False when there is no client. */
  boolean ask(Buffer body, Consumer<Buffer> answer) {
    if (clients.isEmpty()) return false;
    long number = ++last;
    pending.put(number, answer);
    var message = Buffer.buffer(NUMBER_BYTES + body.length());
    message.appendLong(number).appendBuffer(body);
    clients.get((int) (number % clients.size())).writeBinaryMessage(message);
    return true;
  }

  private void answer(Buffer echo) {
    var asker = pending.remove(echo.getLong(0));
    if (asker != null) asker.accept(echo.getBuffer(NUMBER_BYTES, echo.length()));
  }
}
