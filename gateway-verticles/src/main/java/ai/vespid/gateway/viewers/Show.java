package ai.vespid.gateway.viewers;

import ai.vespid.protocol.Json;
import ai.vespid.protocol.bus.ClientEdge.Streamed;
import ai.vespid.protocol.session.SessionEvent;
import ai.vespid.protocol.session.SessionState;
import ai.vespid.protocol.session.ViewerFrame;
import io.vertx.core.Future;
import java.util.List;

/** One session on one viewer's screen. */
final class Show {
  /** So many events are read at once. */
  static final int PAGE = 200;

  private static final String LEVEL = "info";
  private static final long LOOK_AGAIN_MS = 50;

  private record Answer(String message, ai.vespid.protocol.RawJson output) {}

  /** What it needs of its surroundings. */
  interface Stage {
    Future<List<SessionEvent>> read(String sessionId, long afterSeq, int limit);

    void later(long delayMs, Runnable action);

    /** How long a viewer may leave unread what it is sent. */
    long slowMs();

    /** It did. */
    void tooSlow();
  }

  private final SessionState first;
  private final Wire wire;
  private final Stage stage;
  private final Follow follow;
  private final long newsAfter;
  private SessionState told;
  private boolean waiting;
  private boolean over;

  /**
   * @param sinceSeq the last event the viewer has, null for the last page
   * @param lastSeq the last event there is
   */
  Show(SessionState state, Long sinceSeq, long lastSeq, Wire wire, Stage stage) {
    this.first = state;
    this.wire = wire;
    this.stage = stage;
    this.newsAfter = lastSeq;
    this.follow = new Follow(sinceSeq == null ? Math.max(-1, lastSeq - PAGE) : sinceSeq, lastSeq);
  }

  String sessionId() {
    return first.sessionId();
  }

  void begin() {
    wire.send(new ViewerFrame.Ack(sessionId()));
    state(first);
    readOn();
  }

  void end() {
    over = true;
  }

  void state(SessionState now) {
    if (over || now.equals(told)) return;
    told = now;
    wire.send(ViewerFrame.State.of(now));
  }

  // Who does not keep up is told nothing for a while, and then reads what it missed.
  void happened(List<SessionEvent> events) {
    if (over || events.isEmpty()) return;
    if (wire.full()) follow.newest(events.getLast().seq());
    else show(follow.live(events));
    readOn();
  }

  /** The home says where the session is. */
  void newest(long seq) {
    if (over) return;
    follow.newest(seq);
    readOn();
  }

  // What it was not told of is read, a page only when the last one has been taken.
  private void readOn() {
    if (over || waiting) return;
    if (wire.full()) {
      waiting = true;
      waitForRoom(0);
      return;
    }
    if (!follow.beginReading()) return;
    stage
        .read(sessionId(), follow.seen(), PAGE)
        .onSuccess(page -> {
          if (over) return;
          show(follow.read(page));
          readOn();
        })
        .onFailure(_ -> follow.readFailed());
  }

  private void waitForRoom(long waitedMs) {
    if (waitedMs >= stage.slowMs()) {
      stage.tooSlow();
      return;
    }
    stage.later(
        LOOK_AGAIN_MS,
        () -> {
          if (over) return;
          if (wire.full()) {
            waitForRoom(waitedMs + LOOK_AGAIN_MS);
          } else {
            waiting = false;
            readOn();
          }
        });
  }

  private void show(List<SessionEvent> events) {
    for (var event : events) {
      wire.send(ViewerFrame.Event.of(event));
      boolean news = event.seq() > newsAfter;
      if (news && event.eventType().equals(SessionEvent.AGENT_FINAL)) {
        var answer = Json.read(event.payload().bytes(), Answer.class);
        wire.send(
            new ViewerFrame.Final(
                sessionId(), event.seq(), answer.message(), answer.output(), event.createdAt()));
      }
    }
  }

  /** A piece of the answer, when what it answers has been shown. */
  void streamed(Streamed piece) {
    if (over || wire.full() || !follow.upTo(piece.turnSeq())) return;
    wire.send(new ViewerFrame.Delta(sessionId(), piece.turnSeq(), piece.text(), piece.createdAt()));
    wire.send(
        new ViewerFrame.Stream(
            sessionId(),
            piece.requestId(),
            piece.streamSeq(),
            "turn_delta",
            LEVEL,
            piece.text(),
            null,
            piece.createdAt()));
  }
}
