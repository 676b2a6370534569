package ai.vespid.bench;

import ai.vespid.protocol.session.ClientFrame;
import ai.vespid.protocol.session.ViewerFrame;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * Somebody who says one thing after the other in a session and looks at the answers: how long each
 * took to its end, and how long each piece was on its way. Confined to the generator's loop.
 */
final class TurnViewer implements ViewerLink.Listener {
  private static final long MICROS_MAX = 600_000_000;

  private final ViewerLink link;
  private final String session;
  private final Histogram turns = new Histogram(MICROS_MAX, 3);
  private final Histogram pieces = new Histogram(MICROS_MAX, 3);
  private final List<String> flaws = new ArrayList<>();
  private final Promise<Void> joined = Promise.promise();
  private final StringBuilder streamed = new StringBuilder();
  private Promise<Void> ended = Promise.promise();
  private String expected;
  private long saidNanos;
  private long seen = -1;

  TurnViewer(Vertx vertx, String url, Map<String, String> headers, String session) {
    this.session = session;
    this.link = new ViewerLink(vertx, List.of(url), headers, session, () -> seen, this);
  }

  Future<Void> join() {
    link.start();
    return joined.future();
  }

  void close() {
    link.stop();
  }

  Histogram turns() {
    return turns;
  }

  Histogram pieces() {
    return pieces;
  }

  List<String> flaws() {
    return flaws;
  }

  /** Forgets what was measured. */
  void reset() {
    turns.reset();
    pieces.reset();
  }

  /** Says it so many times, each when the last is answered. */
  Future<Void> say(String message, String answer, int times) {
    if (times == 0) return Future.succeededFuture();
    ended = Promise.promise();
    expected = answer;
    streamed.setLength(0);
    saidNanos = System.nanoTime();
    link.send(new ClientFrame.Send(session, message, List.of(), null));
    return ended.future().compose(_ -> say(message, answer, times - 1));
  }

  @Override
  public void joined() {}

  @Override
  public void received(ViewerFrame frame) {
    switch (frame) {
      case ViewerFrame.Ack _ -> joined.tryComplete();
      case ViewerFrame.Event event -> seen = event.seq();
      case ViewerFrame.Delta piece -> {
        // It tells whole milliseconds: up to one is counted too much.
        long micros = ChronoUnit.MICROS.between(Instant.parse(piece.createdAt()), Instant.now());
        pieces.recordValue(Math.clamp(micros, 0, MICROS_MAX));
        streamed.append(piece.content());
      }
      case ViewerFrame.Final answer -> {
        turns.recordValue((System.nanoTime() - saidNanos) / 1_000);
        if (!answer.content().equals(expected)) flaws.add("another answer");
        if (!streamed.toString().equals(expected)) flaws.add("other pieces");
        ended.tryComplete();
      }
      default -> {}
    }
  }
}
