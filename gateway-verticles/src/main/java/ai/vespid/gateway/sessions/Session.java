package ai.vespid.gateway.sessions;

import ai.vespid.gateway.sessions.TurnQueue.Command;
import ai.vespid.kit.bus.Fault;
import ai.vespid.kit.node.Seat;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.bus.ClientEdge;
import ai.vespid.protocol.bus.SessionTurns.Cancel;
import ai.vespid.protocol.bus.SessionTurns.Canceling;
import ai.vespid.protocol.bus.SessionTurns.Changed;
import ai.vespid.protocol.bus.SessionTurns.Refused;
import ai.vespid.protocol.bus.SessionTurns.Reply;
import ai.vespid.protocol.bus.SessionTurns.Reset;
import ai.vespid.protocol.bus.SessionTurns.Said;
import ai.vespid.protocol.bus.SessionTurns.Say;
import ai.vespid.protocol.bus.SessionTurns.Watching;
import ai.vespid.protocol.session.ResetMode;
import ai.vespid.protocol.session.SessionEvent;
import ai.vespid.sql.AgentSession;
import ai.vespid.sql.DatabaseFailures;
import ai.vespid.sql.SessionOwnerRepository.Change;
import ai.vespid.sql.SessionOwnerRepository.Claimed;
import ai.vespid.sql.SessionOwnerRepository.Forget;
import ai.vespid.sql.SessionOwnerRepository.Held;
import ai.vespid.sql.SessionOwnerRepository.Nothing;
import ai.vespid.sql.SessionOwnerRepository.Pin;
import ai.vespid.sql.SessionOwnerRepository.Status;
import ai.vespid.sql.SessionRow;
import io.vertx.core.Future;
import java.util.List;
import java.util.Objects;
import java.util.function.BooleanSupplier;

/** One session that this shard owns: what is asked of it, and the turn that is under way. */
final class Session implements Journal.Owner {
  private static final String KEY_TAKEN = "agent_session_events_key";

  private final World world;
  private final Held held;
  private final Journal journal;
  private final TurnQueue queue;
  private final History history;
  private final Watchers watchers;
  private AgentSession row;
  private TurnRun running;
  private Future<?> stopping = Future.succeededFuture();
  private Future<?> ending = Future.succeededFuture();
  private Turn canceling;
  private boolean fenced;
  private long leaseUntilMs;
  private long activeMs;

  /**
   * @param rows its last events
   * @param open messages whose turn has not ended
   * @param leaseUntilMs before then it is nobody else's
   */
  Session(
      World world,
      Claimed claimed,
      List<SessionRow> rows,
      List<SessionRow> open,
      long leaseUntilMs) {
    this.world = world;
    this.row = claimed.session();
    this.held = new Held(row.id(), claimed.epoch());
    this.journal = new Journal(world.here(), world.owners(), held, claimed.nextSeq() - 1, this);
    this.queue = new TurnQueue(row.limits().timeoutMs());
    this.history = new History(rows, claimed.historyFromSeq());
    this.watchers = new Watchers(world.here());
    this.activeMs = world.here().nowMs();
    this.leaseUntilMs = leaseUntilMs;
    open.forEach(this::arrive);
    carryOut();
  }

  Held held() {
    return held;
  }

  AgentSession row() {
    return row;
  }

  History history() {
    return history;
  }

  /**
   * Nobody else may have claimed it. Whoever stood still finds out here, before it does what
   * another owner may have done: a timer may come after what waited longer.
   */
  boolean mine() {
    if (world.here().nowMs() >= leaseUntilMs) fence();
    return !fenced;
  }

  void renewed(long untilMs) {
    leaseUntilMs = untilMs;
  }

  /** The last event there is. */
  long lastSeq() {
    return journal.lastSeq();
  }

  Watchers watchers() {
    return watchers;
  }

  /** Since when nothing has happened that anybody waits for; empty while somebody does. */
  boolean idleSince(long sinceMs) {
    return activeMs < sinceMs && queue.idle() && watchers.none();
  }

  Future<Reply> say(Say say) {
    if (row.archived()) return refused(ErrorCode.SESSION_ARCHIVED, "the session is archived");
    if (say.idempotencyKey() == null) return store(say);
    return world
        .owners()
        .byKey(row.id(), say.idempotencyKey())
        .compose(known -> known.isPresent() ? repeated(known.get()) : store(say));
  }

  private Future<Reply> store(Say say) {
    if (queue.full()) return refused(ErrorCode.SESSION_QUEUE_FULL, "too many messages wait");
    var payload = RawJson.from(new Payloads.Message(say.message(), say.attachments(), null));
    var event =
        new SessionRow.New(
            SessionEvent.USER_MESSAGE,
            "info",
            payload,
            say.idempotencyKey(),
            say.userId(),
            null,
            false);
    return journal
        .append(List.of(event), new Nothing())
        .<Reply>map(rows -> new Said(rows.getLast().event(), false))
        .recover(cause ->
            DatabaseFailures.duplicate(cause, KEY_TAKEN)
                // Said twice at the same moment.
                ? world
                    .owners()
                    .byKey(row.id(), say.idempotencyKey())
                    .compose(known -> repeated(known.orElseThrow()))
                : Future.failedFuture(away(cause)));
  }

  // Who said it heard nothing; neither may we have.
  private Future<Reply> repeated(SessionRow known) {
    if (known.event().seq() > journal.lastSeq()) journal.look();
    return Future.succeededFuture(new Said(known.event(), true));
  }

  private static Throwable away(Throwable cause) {
    return DatabaseFailures.unavailable(cause)
        ? new Fault(Fault.Code.UNAVAILABLE, "the database is away")
        : cause;
  }

  Future<Reply> cancel(Cancel cancel) {
    long upToSeq = Objects.requireNonNullElse(cancel.upToSeq(), Long.MAX_VALUE);
    queue.cancel(cancel.userId(), upToSeq).ifPresent(turn -> canceling = turn);
    carryOut();
    if (canceling == null || canceling.seq() > upToSeq) {
      return Future.succeededFuture(new Canceling(null));
    }
    // Said when it is true: nothing of it runs any more, and its end is stored.
    var canceled = new Canceling(canceling.requestId());
    return ending
        .<Reply>map(_ -> canceled)
        .recover(_ -> Future.failedFuture(new Fault(Fault.Code.NOT_HOME, "another owner goes on")));
  }

  Future<Reply> reset(Reset reset) {
    var action = Payloads.Action.reset(reset.mode(), reset.userId());
    var change = reset.mode() == ResetMode.CLEAR_HISTORY ? new Forget() : new Pin(null, null);
    return change(action, change);
  }

  Future<Reply> status(String status, String userId) {
    if (row.status().equals(status)) return Future.succeededFuture(new Changed(row.state()));
    var action = status.equals("archived") ? "session_archived" : "session_restored";
    return change(Payloads.Action.status(action, userId), new Status(status));
  }

  private Future<Reply> change(Payloads.Action action, Change change) {
    var event =
        SessionRow.New.ofSession(
            SessionEvent.SYSTEM, "info", RawJson.from(action), action.userId());
    return journal
        .append(List.of(event), change)
        .<Reply>map(_ -> new Changed(row.state()))
        .recover(cause -> Future.failedFuture(away(cause)));
  }

  /** The host told about a dispatch of the session's. */
  void progressed(String requestId, RawJson event) {
    if (running != null && !fenced) running.hear(requestId, event);
  }

  Future<Reply> watch(Seat edge) {
    watchers.add(edge);
    return Future.succeededFuture(new Watching(row.state(), journal.lastSeq()));
  }

  private static Future<Reply> refused(ErrorCode code, String message) {
    return Future.succeededFuture(new Refused(code, message));
  }

  /** Stores steps of a turn while that is wanted; they have keys. */
  Future<?> insist(List<SessionRow.New> events, Change change, BooleanSupplier wanted) {
    return journal.insist(events, change, wanted);
  }

  /** The turn has come to its end. */
  void done(Turn turn, Outcome outcome) {
    queue.done(turn, outcome);
    carryOut();
  }

  void tick(long nowMs) {
    queue.tick(nowMs);
    carryOut();
  }

  /** Does nothing more: another owner goes on, or will. Completes when nothing is under way. */
  Future<Void> fence() {
    if (!fenced) {
      fenced = true;
      queue.fence();
      carryOut();
    }
    return journal.close();
  }

  @Override
  public void lost() {
    fence();
  }

  @Override
  public void stored(List<SessionRow> rows, Change change) {
    activeMs = world.here().nowMs();
    history.add(rows);
    var before = row;
    switch (change) {
      case Nothing() -> {}
      case Pin(var id, var pool) -> row = row.withHost(id, pool);
      case Status(var status) -> row = row.withStatus(status);
      case Forget() -> {
        row = row.withHost(null, null);
        history.forget(journal.lastSeq());
      }
    }
    if (!rows.isEmpty()) {
      watchers.tell(
          new ClientEdge.Happened(row.id(), rows.stream().map(SessionRow::event).toList()));
    }
    if (before != row) watchers.tell(new ClientEdge.StateChanged(row.state()));
    rows.forEach(this::arrive);
    carryOut();
  }

  private void arrive(SessionRow stored) {
    if (!stored.event().eventType().equals(SessionEvent.USER_MESSAGE)) return;
    queue.arrive(new Turn(row.id(), stored.event().seq(), stored.userId()), world.here().nowMs());
  }

  private void carryOut() {
    for (var command : queue.commands()) {
      switch (command) {
        case Command.Begin(Turn turn) -> begin(turn);
        case Command.Abort _ -> abort();
        case Command.End(Turn turn, Outcome outcome) -> end(turn, outcome);
      }
    }
  }

  private void begin(Turn turn) {
    running = new TurnRun(world, this, turn);
    running.begin();
  }

  // Who is fenced leaves what a tool does to the next owner, which joins it.
  private void abort() {
    if (running == null) return;
    stopping = fenced ? running.drop() : running.cancel();
    running = null;
  }

  // First nothing of it happens any more, then it is said to be over.
  private void end(Turn turn, Outcome outcome) {
    var stopped = stopping;
    var last = List.of(Ends.event(turn, outcome, row.engineId()));
    stopping = Future.succeededFuture();
    ending = stopped.transform(_ -> insist(last, new Nothing(), () -> true));
    ending.onSuccess(_ -> {
      canceling = null;
      queue.ended(turn, world.here().nowMs());
      carryOut();
    });
  }
}
