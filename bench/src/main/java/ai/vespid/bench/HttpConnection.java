package ai.vespid.bench;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetSocket;

/**
 * One keep-alive HTTP/1.1 connection with one request at a time, written on the bare socket because
 * a general HTTP client hides a second answer, and the exact bytes. It costs the generator the same
 * as Vert.x's client does (11 us of CPU per exchange with a pipe agent, either way). Opens by
 * itself when there is something to send.
 */
final class HttpConnection {
  /** Who wants to know; exactly one call per request sent, except {@code unasked}. */
  interface Listener {
    /** The answer; its body is valid only during the call. */
    void answered(HttpConnection connection, ResponseReader answer);

    void failed(HttpConnection connection, String reason);

    /** Something came that no request asked for. */
    void unasked();
  }

  private final NetClient client;
  private final Endpoint endpoint;
  private final Listener listener;
  private final ResponseReader reader = new ResponseReader();
  private NetSocket socket;
  private boolean waiting;
  private int attempt;

  /** The request that is out, and when it began: the loops' own notes. */
  long sequence;

  long startNanos;

  HttpConnection(NetClient client, Endpoint endpoint, Listener listener) {
    this.client = client;
    this.endpoint = endpoint;
    this.listener = listener;
  }

  void send(byte[] request) {
    waiting = true;
    if (socket != null) {
      socket.write(Buffer.buffer(request));
      return;
    }
    int mine = ++attempt;
    client
        .connect(endpoint.port(), endpoint.host())
        .onSuccess(opened -> begin(opened, request, mine))
        .onFailure(_ -> {
          if (mine == attempt) fail("connection refused");
        });
  }

  boolean isWaiting() {
    return waiting;
  }

  /** Gives up the request that is out; its answer, should it still come, has nowhere to go. */
  void abandon() {
    waiting = false;
    attempt++;
    close();
  }

  /** Abandons the request that is out and tells the listener that no answer came in time. */
  void giveUp() {
    abandon();
    fail(Flaw.MISSING.reason());
  }

  void close() {
    var open = socket;
    socket = null;
    reader.clear();
    if (open != null) open.close();
  }

  private void begin(NetSocket opened, byte[] request, int mine) {
    if (mine != attempt) {
      opened.close();
      return;
    }
    socket = opened;
    opened.handler(chunk -> receive(opened, chunk));
    opened.exceptionHandler(_ -> {});
    opened.closeHandler(_ -> closed(opened));
    opened.write(Buffer.buffer(request));
  }

  private void closed(NetSocket which) {
    if (which != socket) return;
    socket = null;
    reader.clear();
    if (waiting) fail("connection closed before the answer");
  }

  private void receive(NetSocket from, Buffer chunk) {
    if (from != socket) return;
    if (!waiting) {
      listener.unasked();
      close();
      return;
    }
    reader.add(chunk);
    try {
      if (!reader.complete()) return;
    } catch (IllegalStateException e) {
      close();
      fail(e.getMessage());
      return;
    }
    waiting = false;
    boolean more = reader.hasMore();
    if (more) listener.unasked();
    deliver(more);
  }

  // The listener may send the next request from within the call, hence the copy-free hand-over: the
  // reader is cleared first in its count only, its bytes stay until the next chunk arrives.
  private void deliver(boolean closeAfter) {
    var open = socket;
    if (closeAfter) {
      socket = null;
      open.close();
    }
    reader.clear();
    listener.answered(this, reader);
  }

  private void fail(String reason) {
    waiting = false;
    listener.failed(this, reason);
  }
}
