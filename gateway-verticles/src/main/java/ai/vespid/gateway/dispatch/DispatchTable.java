package ai.vespid.gateway.dispatch;

import ai.vespid.gateway.dispatch.Entry.State;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.EffectClass;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.RequestId;
import ai.vespid.protocol.bus.Dispatch;
import ai.vespid.protocol.bus.DispatchRouter.Reconcile;
import ai.vespid.protocol.bus.ExecutorEdge.Offer.Accepted;
import ai.vespid.protocol.bus.ExecutorEdge.Offer.Draining;
import ai.vespid.protocol.bus.ExecutorEdge.Offer.Full;
import ai.vespid.protocol.bus.ExecutorEdge.Offer.NotHere;
import ai.vespid.protocol.bus.ExecutorEdge.Offer.Reply;
import ai.vespid.protocol.bus.Route;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Every rule of dispatching: who gets what, who waits, what a lost link or a passed deadline means,
 * and that each dispatch ends exactly once. No I/O and no clock: events come in with the time,
 * {@link Decision}s go out, and the simulator runs the same class.
 */
final class DispatchTable {
  /** Bounds and times of the table; {@code tickMs} is how finely moments are rounded. */
  record Rules(
      int dispatchesMax, int orgQueueMax, int orgInFlightMax, long graceMs, int epochMax) {}

  /** What became of a report. */
  enum Verdict {
    /** This is the terminal result. */
    DECIDED,
    /** The same attempt was reported before and is being stored. */
    SETTLING,
    /** Decided otherwise, or never assigned to this executor under this epoch. */
    UNWANTED
  }

  static final long TICK_MS = 20;

  private final Rules rules;
  private final ExecutorDirectory directory;
  private final Placement room;
  private final WorkspaceLedger ledger = new WorkspaceLedger();
  private final Deadlines moments = new Deadlines(TICK_MS);
  private final Map<String, Entry> entries = new HashMap<>();
  private List<Decision> out = new ArrayList<>();

  DispatchTable(Rules rules, ExecutorDirectory directory) {
    this.rules = rules;
    this.directory = directory;
    this.room = new Placement(directory, rules);
  }

  /** What was decided since the last call. */
  List<Decision> decisions() {
    if (out.isEmpty()) return List.of();
    var decided = out;
    out = new ArrayList<>();
    return decided;
  }

  Optional<Entry> find(String requestId) {
    return Optional.ofNullable(entries.get(requestId));
  }

  int size() {
    return entries.size();
  }

  WaitQueue queue() {
    return room.queue();
  }

  /** Why a new dispatch cannot be taken at all; empty when it can. */
  Optional<ErrorCode> refusal(Dispatch dispatch) {
    var refusal = room.refusal(dispatch);
    return refusal.isEmpty() && entries.size() >= rules.dispatchesMax()
        ? Optional.of(ErrorCode.GATEWAY_OVERLOADED)
        : refusal;
  }

  /** Takes a dispatch that is not in the table and was not refused. */
  void submit(Dispatch dispatch, boolean durable, long nowMs) {
    var entry = new Entry(dispatch, durable, nowMs, nowMs + dispatch.timeoutMs());
    if (entries.putIfAbsent(entry.id(), entry) != null) {
      throw new IllegalStateException("submitted twice: " + entry.id());
    }
    if (durable) commit(entry, entry.usesFiles() ? null : room.reserve(entry));
    else prepare(entry, nowMs);
  }

  /** Takes over an open durable dispatch as the database has it, after a restart. */
  void recover(
      Dispatch dispatch, int epoch, String executorId, String bootId, long deadlineMs, long nowMs) {
    var entry = new Entry(dispatch, true, nowMs, deadlineMs);
    if (entries.putIfAbsent(entry.id(), entry) != null) return;
    entry.committed = true;
    entry.epoch = epoch;
    if (entry.usesFiles()) ledger.claim(entry.filesKey(), entry.id());
    if (executorId == null) {
      prepare(entry, nowMs);
    } else {
      room.hold(entry, executorId);
      become(entry, new State.Grace(executorId, bootId, nowMs + rules.graceMs()));
    }
  }

  /** The insert or the assignment of a durable dispatch is committed. */
  void persisted(String requestId, int epoch, long nowMs) {
    var entry = entries.get(requestId);
    if (entry == null || entry.epoch != epoch) return;
    entry.committed = true;
    if (!(entry.state instanceof State.Committing(Route to))) return;
    if (nowMs >= entry.deadlineMs) expire(entry, nowMs);
    else if (to == null) prepare(entry, nowMs);
    else if (!stillThere(to)) undelivered(entry, nowMs);
    else offer(entry, to, nowMs);
  }

  /**
   * The write failed. A dispatch that was never committed is forgotten: its caller is told that it
   * was not accepted. One that was goes back to the queue.
   */
  void persistFailed(String requestId, int epoch, long nowMs) {
    var entry = entries.get(requestId);
    if (entry == null || entry.epoch != epoch) return;
    if (!(entry.state instanceof State.Committing)) return;
    room.release(entry);
    if (entry.committed) enqueue(entry, ErrorCode.DATABASE_UNAVAILABLE, nowMs);
    else remove(entry, nowMs);
  }

  /** Forgets a dispatch that turned out to be known elsewhere and was never offered. */
  void discard(String requestId, long nowMs) {
    var entry = entries.get(requestId);
    if (entry == null || !(entry.state instanceof State.Committing)) return;
    room.release(entry);
    remove(entry, nowMs);
    serve(entry.demand.queueKey(), nowMs);
  }

  /** The newest version of a run's files, or null when it could not be read. */
  void workspaceLoaded(String filesKey, WorkspaceHead head, long nowMs) {
    var entry = ledger.holder(filesKey).map(entries::get).orElse(null);
    if (entry == null || !(entry.state instanceof State.Preparing)) return;
    if (head == null) {
      finish(entry, DispatchResult.failed(ErrorCode.WORKSPACE_UNAVAILABLE), null, nowMs);
    } else {
      ledger.headIs(filesKey, head);
      prepare(entry, nowMs);
    }
  }

  /** How the edge answered an offer. */
  void offerAnswered(String requestId, int epoch, Reply reply, long nowMs) {
    var entry = entries.get(requestId);
    if (entry == null || entry.epoch != epoch) return;
    if (!(entry.state instanceof State.Assigned(Route to))) return;
    switch (reply) {
      case Accepted _ -> {}
      case Full _ -> {
        room.release(entry);
        enqueue(entry, ErrorCode.EXECUTOR_OVER_CAPACITY, nowMs);
        room.serveAgain(entry.demand.queueKey(), nowMs);
      }
      case Draining _, NotHere _ -> {
        directory.down(to.executorId(), to.connectionId());
        undelivered(entry, nowMs);
      }
    }
  }

  /** An executor says it has finished. */
  Verdict report(
      String requestId, int epoch, String executorId, DispatchResult result, long nowMs) {
    var entry = entries.get(requestId);
    if (entry == null || entry.epoch != epoch) return Verdict.UNWANTED;
    if (!executorId.equals(entry.executorId())) return Verdict.UNWANTED;
    return switch (entry.state) {
      case State.Assigned _, State.Grace _ -> {
        finish(entry, result.withoutWorkspace(), UploadedFiles.of(entry, result), nowMs);
        yield Verdict.DECIDED;
      }
      case State.Settling settling ->
          settling.result().status() == result.status() ? Verdict.SETTLING : Verdict.UNWANTED;
      case State.Preparing _, State.Queued _, State.Committing _ -> Verdict.UNWANTED;
    };
  }

  /** The terminal result is stored; {@code head} is the newest version of its files, if known. */
  void settled(String requestId, WorkspaceHead head, long nowMs) {
    var entry = entries.get(requestId);
    if (entry == null || !(entry.state instanceof State.Settling)) return;
    if (entry.usesFiles() && ledger.holder(entry.filesKey()).equals(Optional.of(requestId))) {
      ledger.headIs(entry.filesKey(), head);
    }
    remove(entry, nowMs);
  }

  /** An executor connected, or what it can do changed. */
  void routeUp(Route route, long nowMs) {
    directory.up(route);
    adopt(route);
    serve(Demand.queueKey(route), nowMs);
  }

  /** A connection is gone: what it held gets a grace, or is lost at once without our extensions. */
  void routeDown(String executorId, String connectionId, long nowMs) {
    var gone = directory.down(executorId, connectionId).orElse(null);
    for (var requestId : directory.heldBy(executorId)) {
      var entry = entries.get(requestId);
      if (entry == null || !(entry.state instanceof State.Assigned(Route to))) continue;
      if (!to.connectionId().equals(connectionId)) continue;
      if (to.acknowledges()) {
        become(entry, new State.Grace(executorId, to.bootId(), nowMs + rules.graceMs()));
      } else {
        lost(entry, nowMs);
      }
    }
    if (gone != null) serve(Demand.queueKey(gone), nowMs);
  }

  /**
   * An agent (re)connected and says what it still has. What is assigned to it and listed goes on;
   * what is not listed never arrived when the process is the same, and died with it when not.
   */
  Reconcile.Reconciled reconcile(Reconcile hello, long nowMs) {
    var listed = Reconciliation.listed(hello);
    var adopted = new ArrayList<Reconcile.Adopted>();
    for (var requestId : directory.heldBy(hello.executorId())) {
      var entry = entries.get(requestId);
      if (entry == null || !entry.held()) continue;
      if (Integer.valueOf(entry.epoch).equals(listed.get(requestId))) {
        adopted.add(new Reconcile.Adopted(requestId, entry.epoch, entry.organizationId()));
        become(entry, new State.Grace(hello.executorId(), hello.bootId(), nowMs + rules.graceMs()));
      } else if (hello.bootId() != null && hello.bootId().equals(entry.bootId())) {
        undelivered(entry, nowMs);
      } else {
        lost(entry, nowMs);
      }
    }
    return new Reconcile.Reconciled(adopted, Reconciliation.unwanted(hello, adopted));
  }

  /** Time passed: deadlines, waits, graces. */
  void tick(long nowMs) {
    for (var requestId : moments.due(nowMs)) {
      var entry = entries.get(requestId);
      if (entry == null) continue;
      if (entry.momentMs() > nowMs) moments.set(requestId, entry.momentMs());
      else expire(entry, nowMs);
    }
    room.dueAgain(nowMs).forEach(queueKey -> serve(queueKey, nowMs));
  }

  // What the hello was believed to hold now belongs to its connection.
  private void adopt(Route route) {
    for (var requestId : directory.heldBy(route.executorId())) {
      var entry = entries.get(requestId);
      if (entry != null
          && entry.state instanceof State.Grace grace
          && Objects.equals(grace.bootId(), route.bootId())) {
        become(entry, new State.Assigned(route));
      }
    }
  }

  private void expire(Entry entry, long nowMs) {
    switch (entry.state) {
      case State.Queued(ErrorCode reason) ->
          finish(entry, DispatchResult.failed(reason), null, nowMs);
      case State.Preparing(boolean locked) ->
          finish(
              entry,
              DispatchResult.failed(
                  locked ? ErrorCode.WORKSPACE_LOCKED : ErrorCode.WORKSPACE_UNAVAILABLE),
              null,
              nowMs);
      case State.Assigned(Route to) -> {
        out.add(new Decision.Cancel(to, entry.id(), entry.epoch, "NODE_EXECUTION_TIMEOUT"));
        finish(entry, DispatchResult.failed(ErrorCode.NODE_EXECUTION_TIMEOUT), null, nowMs);
      }
      case State.Grace _ when nowMs < entry.deadlineMs -> lost(entry, nowMs);
      case State.Grace _ ->
          finish(entry, DispatchResult.failed(ErrorCode.NODE_EXECUTION_TIMEOUT), null, nowMs);
      // Its write is under way and cannot be called back; persisted() looks at the deadline.
      case State.Committing _ when !entry.committed || nowMs < entry.deadlineMs -> {}
      case State.Committing _ ->
          finish(entry, DispatchResult.failed(ErrorCode.NODE_EXECUTION_TIMEOUT), null, nowMs);
      case State.Settling _ -> {}
    }
  }

  // The files first, then an executor.
  private void prepare(Entry entry, long nowMs) {
    if (!entry.usesFiles()) {
      place(entry, nowMs);
      return;
    }
    boolean mine =
        ledger.holder(entry.filesKey()).equals(Optional.of(entry.id()))
            || ledger.claim(entry.filesKey(), entry.id());
    if (!mine) {
      if (entry.waitUntilMs <= nowMs) {
        finish(entry, DispatchResult.failed(ErrorCode.WORKSPACE_LOCKED), null, nowMs);
      } else {
        become(entry, new State.Preparing(true));
      }
      return;
    }
    var head = ledger.head(entry.filesKey()).orElse(null);
    if (head == null) {
      become(entry, new State.Preparing(false));
      out.add(new Decision.LoadWorkspace(entry.organizationId(), RequestId.runIdOf(entry.id())));
    } else {
      entry.files = head;
      place(entry, nowMs);
    }
  }

  private void place(Entry entry, long nowMs) {
    var route = room.reserve(entry);
    if (route == null) enqueue(entry, room.shortage(entry), nowMs);
    else if (entry.durable) commit(entry, route);
    else offer(entry, route, nowMs);
  }

  private void commit(Entry entry, Route route) {
    become(entry, new State.Committing(route));
    out.add(
        new Decision.Persist(
            entry.dispatch, !entry.committed, entry.epoch, route, entry.deadlineMs));
  }

  private void offer(Entry entry, Route route, long nowMs) {
    become(entry, new State.Assigned(route));
    out.add(
        new Decision.Offer(
            entry.dispatch, route, entry.epoch, entry.remainingMs(nowMs), entry.files));
  }

  private void enqueue(Entry entry, ErrorCode reason, long nowMs) {
    if (entry.waitUntilMs <= nowMs) {
      finish(entry, DispatchResult.failed(reason), null, nowMs);
      return;
    }
    become(entry, new State.Queued(reason));
    room.enqueue(entry);
  }

  private void undelivered(Entry entry, long nowMs) {
    room.release(entry);
    entry.waitAtLeastUntil(nowMs + rules.graceMs());
    if (entry.epoch >= rules.epochMax()) {
      finish(entry, DispatchResult.failed(ErrorCode.AGENT_DISCONNECTED), null, nowMs);
    } else {
      prepare(entry, nowMs);
    }
  }

  private void lost(Entry entry, long nowMs) {
    if (entry.dispatch.effect() == EffectClass.RETRY_SAFE) undelivered(entry, nowMs);
    else finish(entry, DispatchResult.failed(ErrorCode.AGENT_DISCONNECTED), null, nowMs);
  }

  private void finish(Entry entry, DispatchResult result, WorkspaceHead files, long nowMs) {
    room.leaveQueue(entry);
    var executorId = entry.executorId();
    room.release(entry);
    moments.clear(entry.id());
    entry.state = new State.Settling(executorId, result);
    out.add(new Decision.Finish(entry.dispatch, entry.durable, entry.epoch, result, files));
    if (executorId != null) serve(entry.demand.queueKey(), nowMs);
  }

  private void remove(Entry entry, long nowMs) {
    moments.clear(entry.id());
    entries.remove(entry.id());
    if (!entry.usesFiles()) return;
    var next = ledger.release(entry.filesKey(), entry.id()).map(entries::get).orElse(null);
    if (next != null) prepare(next, nowMs);
  }

  // Hands out room until nobody who waits can use it.
  private void serve(String queueKey, long nowMs) {
    while (true) {
      var next = room.next(queueKey);
      if (next.isEmpty()) return;
      place(entries.get(next.get()), nowMs);
    }
  }

  private boolean stillThere(Route to) {
    return directory
        .route(to.executorId())
        .filter(route -> route.connectionId().equals(to.connectionId()))
        .isPresent();
  }

  private void become(Entry entry, State state) {
    entry.state = state;
    moments.set(entry.id(), entry.momentMs());
  }
}
