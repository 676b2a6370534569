package ai.vespid.gateway.edge;

import ai.vespid.protocol.Limits;
import ai.vespid.protocol.executor.ExecutorFrame.Hello;
import ai.vespid.protocol.trust.CommandSigner;
import io.github.bucket4j.Bucket;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.WebSocketFrame;
import io.vertx.core.internal.http.WebSocketInternal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * One WebSocket as messages of bytes: fragments are put together up to a bound, a peer that floods
 * is read more slowly, and what is written is bounded. Text and binary frames mean the same.
 */
final class Wire {
  static final short POLICY_VIOLATION = 1008;
  private static final short MESSAGE_TOO_BIG = 1009;
  static final short SERVICE_RESTART = 1012;
  static final short TRY_AGAIN_LATER = 1013;
  private static final int FLUSHES_MAX = 64;
  private static final long SLOWED_MS = 100;

  private final Vertx vertx;
  private final ServerWebSocket socket;
  private final Bucket frames;
  private final Consumer<byte[]> received;
  private final Signing signing;
  private final Conduct conduct;
  private final Peers peers;
  private CommandSigner signer;
  private Buffer fragments;
  private boolean deaf;

  Wire(
      Vertx vertx,
      ServerWebSocket socket,
      ExecutorEdgeSettings settings,
      Signing signing,
      Conduct conduct,
      Consumer<byte[]> received) {
    this.vertx = vertx;
    this.socket = socket;
    this.frames = frames(settings.framesPerSecMax());
    this.conduct = conduct;
    this.received = received;
    this.signing = signing;
    this.peers = settings.peers();
    socket.setWriteQueueMaxSize(settings.writeQueueBytesMax());
    gatherWrites();
    socket.frameHandler(this::onFrame);
  }

  // As many at once as it is not read for when it sends more.
  private static Bucket frames(int perSecond) {
    long atOnce = Math.max(1, perSecond * SLOWED_MS / 1_000);
    return Bucket.builder()
        .addLimit(limit -> limit.capacity(atOnce).refillGreedy(perSecond, Duration.ofSeconds(1)))
        .build();
  }

  // Frames of one turn leave in one system call: that call costs more than making the frame. The
  // public API of the socket writes every frame by itself.
  private void gatherWrites() {
    ((WebSocketInternal) socket)
        .channelHandlerContext()
        .pipeline()
        .addFirst(new FlushConsolidationHandler(FLUSHES_MAX, true));
  }

  private void onFrame(WebSocketFrame frame) {
    if (deaf) return;
    slowDown();
    waitUntilItReads();
    if (frame.isText() || frame.isBinary()) {
      if (frame.isFinal()) received.accept(frame.binaryData().getBytes());
      else fragments = Buffer.buffer().appendBuffer(frame.binaryData());
    } else if (frame.isContinuation() && fragments != null) {
      fragments.appendBuffer(frame.binaryData());
      if (fragments.length() > Limits.FRAME_BYTES_MAX) {
        close(MESSAGE_TOO_BIG, "FRAME_TOO_LARGE");
        fragments = null;
      } else if (frame.isFinal()) {
        var whole = fragments.getBytes();
        fragments = null;
        received.accept(whole);
      }
    }
  }

  // Who asks and does not read the answers is not asked for more: they would pile up here.
  private void waitUntilItReads() {
    if (!full()) return;
    socket.pause();
    socket.drainHandler(_ -> socket.resume());
  }

  // Not read is not lost: the peer's own sending stalls. What a second holds must not be read in
  // one turn of the loop that serves others as well.
  private void slowDown() {
    if (frames.tryConsume(1)) return;
    conduct.slowed();
    socket.pause();
    vertx.setTimer(SLOWED_MS, _ -> socket.resume());
  }

  /**
   * Signs everything from now on when the agent wants that.
   *
   * @return false when it knows none of our keys, and would obey nothing
   */
  boolean sealFor(Hello hello) {
    return switch (signing.choose(hello)) {
      case Signing.Choice.Open _ -> true;
      case Signing.Choice.Sealed(var chosen) -> {
        if (signer == null) signer = chosen;
        yield true;
      }
      case Signing.Choice.Impossible _ -> false;
    };
  }

  void send(byte[] frame) {
    if (socket.isClosed()) return;
    var sent = signer == null ? frame : signer.seal(frame, System.currentTimeMillis());
    socket.writeTextMessage(new String(sent, StandardCharsets.UTF_8));
  }

  void ping() {
    socket.writePing(Buffer.buffer("v"));
  }

  /** Where the agent is, as a trusted proxy says it where one is in between. */
  String remoteAddress() {
    return peers.address(socket.headers(), socket.remoteAddress());
  }

  boolean full() {
    return !socket.isClosed() && socket.writeQueueFull();
  }

  void close(short status, String reason) {
    // It may say much more before it hears of it.
    deaf |= status == POLICY_VIOLATION || status == MESSAGE_TOO_BIG;
    if (!socket.isClosed()) socket.close(status, reason);
  }
}
