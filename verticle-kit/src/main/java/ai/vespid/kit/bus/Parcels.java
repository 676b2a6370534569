package ai.vespid.kit.bus;

import ai.vespid.protocol.bus.Done;
import ai.vespid.protocol.bus.Parcel;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.shareddata.Shareable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * Carries what is big to other nodes in pieces ({@link Parcel}), questions and answers alike. One
 * for each Vert.x: what all its verticles send to a node passes the same window ({@link Lanes}),
 * piece by piece in turn, so a small message is never behind more than that.
 *
 * <p>Nothing is kept between two steps of a conversation: when one side gives up, the other's next
 * step fails, after {@link #STEP_MS} at the latest.
 */
final class Parcels implements Shareable {
  /** Bytes of a piece. */
  static final int PIECE_BYTES = 128 * 1024;

  /** Bytes that may wait to be sent, and bytes that may be on their way in; more is BUSY. */
  static final long BYTES_MAX = 256L * 1024 * 1024;

  /** How long one piece, or the word to go on, may take; pieces of others go before it. */
  private static final long STEP_MS = 15_000;

  private static final String NAME = "vespid.parcels";

  private final ProtocolCodec codec;
  private final Lanes lanes = new Lanes();
  private final AtomicLong sending = new AtomicLong();
  private final AtomicLong receiving = new AtomicLong();

  private Parcels(ProtocolCodec codec) {
    this.codec = codec;
  }

  static void install(Vertx vertx, ProtocolCodec codec) {
    vertx.sharedData().<String, Parcels>getLocalMap(NAME).put(NAME, new Parcels(codec));
  }

  static Parcels of(Vertx vertx) {
    return vertx.sharedData().<String, Parcels>getLocalMap(NAME).get(NAME);
  }

  /** True for what is sent in pieces. */
  static boolean isBig(ai.vespid.protocol.bus.Message message) {
    return message.bulk() >= Lanes.BULK_BYTES_MIN;
  }

  /**
   * Sends a message in pieces.
   *
   * @param begin tells the other side that it comes; its answer is the word to go on
   * @return what the other side said when it had all of it
   */
  Future<Message<Object>> send(String node, ai.vespid.protocol.bus.Message message, Begin begin) {
    var body = Buffer.buffer();
    codec.encodeToWire(body, message);
    return within(
        sending,
        body.length(),
        () ->
            begin
                .with(new Parcel(body.length()), step())
                .compose(goOn -> push(node, body, 0, goOn)));
  }

  /** Says to the other side that a parcel comes. */
  interface Begin {
    Future<Message<Object>> with(Parcel parcel, DeliveryOptions options);
  }

  private Future<Message<Object>> push(String node, Buffer body, int from, Message<Object> goOn) {
    if (from == body.length()) return Future.succeededFuture(goOn);
    int to = Math.min(body.length(), from + PIECE_BYTES);
    var piece = body.getBuffer(from, to);
    return lanes
        .pass(node, to - from, () -> goOn.replyAndRequest(piece, step()))
        .compose(next -> push(node, body, to, next));
  }

  /** What came whole, and whom to tell. */
  record Arrived(ai.vespid.protocol.bus.Message message, Message<Object> last) {}

  /** Takes the parcel that was announced, piece by piece; the last one is not answered yet. */
  Future<Arrived> receive(Message<?> announced, Parcel parcel) {
    return within(
        receiving,
        parcel.bytes(),
        () -> pull(announced, Buffer.buffer(parcel.bytes()), parcel.bytes()));
  }

  private Future<Arrived> pull(Message<?> last, Buffer body, int bytes) {
    return last.replyAndRequest(new Done(), step())
        .compose(piece -> {
          if (!(piece.body() instanceof Buffer part) || body.length() + part.length() > bytes) {
            return Future.failedFuture(new Fault(Fault.Code.BAD_REQUEST, "not a piece"));
          }
          body.appendBuffer(part);
          return body.length() < bytes
              ? pull(piece, body, bytes)
              : Future.succeededFuture(new Arrived(codec.decodeFromWire(0, body), piece));
        });
  }

  private static <R> Future<R> within(AtomicLong total, long bytes, Supplier<Future<R>> work) {
    if (total.addAndGet(bytes) > BYTES_MAX) {
      total.addAndGet(-bytes);
      return Future.failedFuture(
          new Fault(Fault.Code.BUSY, "too many big messages between nodes at once"));
    }
    return work.get().onComplete(_ -> total.addAndGet(-bytes));
  }

  static DeliveryOptions step() {
    return new DeliveryOptions().setSendTimeout(STEP_MS);
  }
}
