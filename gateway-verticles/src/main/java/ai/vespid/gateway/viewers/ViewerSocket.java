package ai.vespid.gateway.viewers;

import ai.vespid.kit.bus.Fault;
import ai.vespid.kit.node.HomeCalls;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.bus.SessionTurns;
import ai.vespid.protocol.bus.SessionTurns.Refused;
import ai.vespid.protocol.bus.SessionTurns.Reply;
import ai.vespid.protocol.session.ClientFrame;
import ai.vespid.protocol.session.SessionEvent;
import ai.vespid.protocol.session.ViewerFrame;
import ai.vespid.sql.AgentSession;
import ai.vespid.sql.DatabaseFailures;
import ai.vespid.sql.SessionRepository;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.function.BiConsumer;

/** One viewer: carries out its frames one after the other, in their order (defect E13). */
final class ViewerSocket implements Show.Stage {
  private static final Duration ASK_MAX = Duration.ofSeconds(16);

  /** Frames that wait; then it is not read until one is done. */
  private static final int WAITING_MAX = 32;

  private final Wire wire;
  private final Feeds feeds;
  private final HomeCalls homes;
  private final SessionRepository sessions;
  private final BiConsumer<Long, Runnable> timer;
  private final long slowMs;
  private Viewer viewer;
  private Show show;
  private Future<Void> tail = Future.succeededFuture();
  private int waiting;
  private boolean closed;
  private long heardMs;

  ViewerSocket(
      Viewer viewer,
      Wire wire,
      Feeds feeds,
      HomeCalls homes,
      SessionRepository sessions,
      BiConsumer<Long, Runnable> timer,
      long slowMs) {
    this.viewer = viewer;
    this.wire = wire;
    this.feeds = feeds;
    this.homes = homes;
    this.sessions = sessions;
    this.timer = timer;
    this.slowMs = slowMs;
  }

  Viewer viewer() {
    return viewer;
  }

  long heardMs() {
    return heardMs;
  }

  void heard(long nowMs) {
    heardMs = nowMs;
  }

  void ping() {
    wire.ping();
  }

  void received(byte[] bytes) {
    if (closed) return;
    if (++waiting == WAITING_MAX) wire.pause();
    tail =
        tail.transform(_ -> carryOut(bytes))
            .transform(_ -> {
              if (waiting-- == WAITING_MAX) wire.resume();
              return Future.succeededFuture();
            });
  }

  private Future<?> carryOut(byte[] bytes) {
    if (closed) return Future.succeededFuture();
    try {
      var frame = ClientFrame.read(bytes);
      return frame.isEmpty() ? Future.succeededFuture() : carryOut(frame.get());
    } catch (InvalidMessage e) {
      wire.send(new ViewerFrame.Error(null, ErrorCode.BAD_REQUEST, invalid(bytes)));
      return Future.succeededFuture();
    }
  }

  // The original's words; what is no frame at all has no type.
  private static String invalid(byte[] bytes) {
    try {
      return "Invalid " + Json.peek(bytes, "type") + " payload";
    } catch (InvalidMessage _) {
      return "Invalid payload";
    }
  }

  private Future<?> carryOut(ClientFrame frame) {
    return switch (frame) {
      case ClientFrame.Hello _ -> Future.succeededFuture();
      case ClientFrame.Join join -> of(join.sessionId(), _ -> join(join));
      case ClientFrame.Send send -> of(send.sessionId(), _ -> ask(say(send)));
      case ClientFrame.Reset reset ->
          of(
              reset.sessionId(),
              id ->
                  ask(
                      new SessionTurns.Reset(
                          viewer.organizationId(), id, viewer.userId(), reset.mode())));
      case ClientFrame.Cancel cancel ->
          of(
              cancel.sessionId(),
              id ->
                  sessions
                      .lastSeq(viewer.organizationId(), id)
                      .compose(last ->
                          ask(
                              new SessionTurns.Cancel(
                                  viewer.organizationId(), id, viewer.userId(), last))));
      case ClientFrame.Leave leave -> {
        if (show != null && show.sessionId().equals(leave.sessionId())) leave();
        yield Future.succeededFuture();
      }
    };
  }

  private SessionTurns.Say say(ClientFrame.Send send) {
    // Asked again when the answer is lost: then it is still one message.
    var key = send.idempotencyKey() == null ? "auto:" + UUID.randomUUID() : send.idempotencyKey();
    return new SessionTurns.Say(
        viewer.organizationId(),
        send.sessionId(),
        viewer.userId(),
        send.message(),
        send.attachments(),
        key);
  }

  private Future<?> of(String sessionId, java.util.function.Function<String, Future<?>> act) {
    return sessions
        .find(viewer.organizationId(), sessionId)
        .compose(found ->
            found.filter(viewer::maySee).isPresent()
                ? act.apply(sessionId)
                : Future.failedFuture(new Fault(Fault.Code.NOT_FOUND, "no such session")))
        .onFailure(cause -> failed(sessionId, cause));
  }

  private Future<?> join(ClientFrame.Join join) {
    leave();
    return feeds
        .watch(viewer.organizationId(), join.sessionId())
        .onSuccess(watching -> {
          if (closed) return;
          show = new Show(watching.state(), join.sinceSeq(), watching.lastSeq(), wire, this);
          feeds.add(viewer.organizationId(), show);
          show.begin();
        });
  }

  private Future<?> ask(SessionTurns<Reply> request) {
    return homes
        .askSession(request, ASK_MAX)
        .onSuccess(reply -> {
          if (reply instanceof Refused(var code, var message)) {
            wire.send(new ViewerFrame.Error(request.sessionId(), code, message));
          }
        });
  }

  private void failed(String sessionId, Throwable cause) {
    boolean unknown = cause instanceof Fault fault && fault.code() == Fault.Code.NOT_FOUND;
    var code =
        unknown
            ? ErrorCode.SESSION_NOT_FOUND
            : DatabaseFailures.unavailable(cause)
                ? ErrorCode.DATABASE_UNAVAILABLE
                : ErrorCode.GATEWAY_UNAVAILABLE;
    wire.send(
        new ViewerFrame.Error(sessionId, code, unknown ? "no such session" : "try again shortly"));
  }

  private void leave() {
    if (show == null) return;
    feeds.remove(show);
    show = null;
  }

  /** Its role may be another one by now: what it may not see any more it leaves. */
  void became(Viewer now) {
    if (now.equals(viewer)) return;
    viewer = now;
    var shown = show;
    if (shown == null) return;
    sessions
        .find(viewer.organizationId(), shown.sessionId())
        .onSuccess(found -> {
          if (show == shown && !found.map(this::maySee).orElse(false)) leave();
        });
  }

  private boolean maySee(AgentSession session) {
    return viewer.maySee(session);
  }

  /** Says why, and closes. */
  void refuse(short status, ErrorCode code, String message) {
    if (closed) return;
    wire.send(new ViewerFrame.Error(null, code, message));
    wire.close(status, code.name());
    closed();
  }

  void close(short status, String reason) {
    wire.close(status, reason);
    closed();
  }

  /** The socket is gone. */
  void closed() {
    closed = true;
    leave();
  }

  @Override
  public Future<List<SessionEvent>> read(String sessionId, long afterSeq, int limit) {
    return sessions.history(viewer.organizationId(), sessionId, afterSeq, limit);
  }

  @Override
  public void later(long delayMs, Runnable action) {
    timer.accept(delayMs, action);
  }

  @Override
  public long slowMs() {
    return slowMs;
  }

  @Override
  public void tooSlow() {
    refuse(Wire.TRY_AGAIN_LATER, ErrorCode.VIEWER_TOO_SLOW, "it does not read what it is sent");
  }
}
