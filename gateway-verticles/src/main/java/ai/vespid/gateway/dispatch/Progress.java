package ai.vespid.gateway.dispatch;

import ai.vespid.gateway.dispatch.DispatchTable.Rules;
import ai.vespid.gateway.dispatch.Entry.State;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.EffectClass;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.RequestId;
import ai.vespid.protocol.bus.Route;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongToIntFunction;
import java.util.function.Predicate;

/** How one dispatch goes on, and who goes on when it leaves room: the moves between its states. */
final class Progress {
  final Map<String, Entry> entries = new HashMap<>();
  final WorkspaceLedger ledger = new WorkspaceLedger();
  final Deadlines moments = new Deadlines(DispatchTable.TICK_MS);
  final Placement room;
  private final Rules rules;
  private final ExecutorDirectory directory;
  private final LongToIntFunction firstEpoch;
  private final Predicate<String> decides;
  private final Set<String> putOff = new LinkedHashSet<>();
  private List<Decision> out = new ArrayList<>();
  private long patientUntilMs;

  Progress(
      Rules rules,
      ExecutorDirectory directory,
      LongToIntFunction firstEpoch,
      Predicate<String> decides) {
    this.rules = rules;
    this.directory = directory;
    this.firstEpoch = firstEpoch;
    this.decides = decides;
    this.room = new Placement(directory, rules);
  }

  List<Decision> decisions() {
    if (out.isEmpty()) return List.of();
    var decided = out;
    out = new ArrayList<>();
    return decided;
  }

  void expire(Entry entry, long nowMs) {
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
        cancel(entry, to, ErrorCode.NODE_EXECUTION_TIMEOUT);
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
  void prepare(Entry entry, long nowMs) {
    if (!decides.test(entry.demand.queueKey())) {
      putOff(entry, nowMs);
      return;
    }
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
      load(entry);
    } else {
      entry.files = head;
      place(entry, nowMs);
    }
  }

  // Another home has a say: what it began with these files has not arrived here, or has left.
  private void putOff(Entry entry, long nowMs) {
    putOff.add(entry.demand.queueKey());
    entry.waitAtLeastUntil(nowMs + rules.graceMs());
    enqueue(entry, ErrorCode.EXECUTOR_OVER_CAPACITY, nowMs);
  }

  /** Goes on with what was put off, where this home decides by now. */
  void servePutOff(long nowMs) {
    if (putOff.isEmpty()) return;
    for (var queueKey : List.copyOf(putOff)) {
      if (decides.test(queueKey) && putOff.remove(queueKey)) serve(queueKey, nowMs);
    }
  }

  void place(Entry entry, long nowMs) {
    // Its files came too late, and its moment has not been looked at yet.
    if (entry.deadlineMs <= nowMs) {
      finish(entry, DispatchResult.failed(ErrorCode.NODE_EXECUTION_TIMEOUT), null, nowMs);
      return;
    }
    entry.follows = entry.epoch;
    var route = room.reserve(entry);
    // In memory nothing but the number tells a dead home's attempt from ours.
    if (route != null && !entry.durable) {
      entry.epoch = Math.max(entry.epoch, firstEpoch.applyAsInt(nowMs));
    }
    if (route == null) enqueueFor(entry, room.shortage(entry), nowMs);
    else if (entry.durable) commit(entry, route);
    else offer(entry, route, nowMs);
  }

  /**
   * Those who waited for this home come to it all at once: for a grace, who finds no room waits.
   */
  void homeMoved(long nowMs) {
    patientUntilMs = nowMs + rules.graceMs();
  }

  // That a home moves, or somebody changes to another gateway, is not its caller's impatience to
  // pay for.
  private void enqueueFor(Entry entry, ErrorCode shortage, long nowMs) {
    boolean soon = nowMs < patientUntilMs || directory.hasRoomSoon(entry.demand);
    if (soon && shortage == ErrorCode.EXECUTOR_OVER_CAPACITY) {
      entry.waitAtLeastUntil(nowMs + rules.graceMs());
    }
    enqueue(entry, shortage, nowMs);
  }

  void commit(Entry entry, Route route) {
    become(entry, new State.Committing(route));
    out.add(
        new Decision.Persist(
            entry.dispatch, !entry.committed, entry.epoch, route, entry.deadlineMs));
  }

  void offer(Entry entry, Route route, long nowMs) {
    entry.arrived = false;
    entry.offeredOn = route.connectionId();
    become(entry, new State.Assigned(route));
    out.add(offer(entry, route, false, nowMs));
  }

  private static Decision.Offer offer(Entry entry, Route route, boolean again, long nowMs) {
    int remainingMs = entry.remainingMs(nowMs);
    return new Decision.Offer(entry.dispatch, route, entry.epoch, remainingMs, entry.files, again);
  }

  /**
   * Its holder is there (again), and nobody may know whether it has it: the answer was lost with a
   * link between gateways, or another home offered it. An attempt is offered by one home on one
   * connection, and repeated there. Otherwise its edge is asked to give it up, and another attempt
   * follows: an agent of ours knows what it has, one of the original could not tell.
   */
  void goOn(Entry entry, Route route, long nowMs) {
    become(entry, new State.Assigned(route));
    if (entry.arrived || !route.acknowledges()) return;
    // Its moment has not been looked at yet.
    if (entry.deadlineMs <= nowMs) expire(entry, nowMs);
    else if (route.connectionId().equals(entry.offeredOn))
      out.add(offer(entry, route, true, nowMs));
    else out.add(new Decision.Withdraw(route, entry.id(), entry.epoch));
  }

  private void load(Entry entry) {
    out.add(new Decision.LoadWorkspace(entry.organizationId(), RequestId.runIdOf(entry.id())));
  }

  /** The newest version of a run's files is known to its holder, or null when it is not. */
  void loaded(Entry entry, WorkspaceHead head, long nowMs) {
    if (!(entry.state instanceof State.Preparing)) return;
    if (head == null) {
      finish(entry, DispatchResult.failed(ErrorCode.WORKSPACE_UNAVAILABLE), null, nowMs);
    } else {
      ledger.headIs(entry.filesKey(), head);
      prepare(entry, nowMs);
    }
  }

  void enqueue(Entry entry, ErrorCode reason, long nowMs) {
    if (entry.waitUntilMs <= nowMs) {
      finish(entry, DispatchResult.failed(reason), null, nowMs);
      return;
    }
    become(entry, new State.Queued(reason));
    room.enqueue(entry);
  }

  void cancel(Entry entry, Route to, ErrorCode reason) {
    cancel(entry.id(), entry.epoch, to, reason);
  }

  void cancel(String requestId, int epoch, Route to, ErrorCode reason) {
    out.add(new Decision.Cancel(to, requestId, epoch, reason.name()));
  }

  void undelivered(Entry entry, long nowMs) {
    room.release(entry);
    entry.waitAtLeastUntil(nowMs + rules.graceMs());
    if (entry.attempts >= rules.epochMax()) {
      finish(entry, DispatchResult.failed(ErrorCode.AGENT_DISCONNECTED), null, nowMs);
    } else {
      prepare(entry, nowMs);
    }
  }

  void lost(Entry entry, long nowMs) {
    if (entry.dispatch.effect() == EffectClass.RETRY_SAFE) undelivered(entry, nowMs);
    else finish(entry, DispatchResult.failed(ErrorCode.AGENT_DISCONNECTED), null, nowMs);
  }

  void finish(Entry entry, DispatchResult result, WorkspaceHead files, long nowMs) {
    room.leaveQueue(entry);
    var executorId = entry.executorId();
    room.release(entry);
    moments.clear(entry.id());
    entry.state = new State.Settling(executorId, result);
    out.add(new Decision.Finish(entry.dispatch, entry.durable, entry.epoch, result, files));
    if (executorId != null) serve(entry.demand.queueKey(), nowMs);
  }

  /** Nobody wants it any more. */
  void unwanted(Entry entry, long nowMs) {
    switch (entry.state) {
      // Its write cannot be called back; persisted() looks at it.
      case State.Committing _ -> entry.unwanted = true;
      case State.Settling _ -> {}
      case State.Assigned(Route to) -> {
        cancel(entry, to, ErrorCode.DISPATCH_CANCELED);
        canceled(entry, nowMs);
      }
      case State.Preparing _, State.Queued _, State.Grace _ -> canceled(entry, nowMs);
    }
  }

  void canceled(Entry entry, long nowMs) {
    finish(entry, DispatchResult.failed(ErrorCode.DISPATCH_CANCELED), null, nowMs);
  }

  void remove(Entry entry, long nowMs) {
    moments.clear(entry.id());
    entries.remove(entry.id());
    if (!entry.usesFiles()) return;
    var next = ledger.release(entry.filesKey(), entry.id()).map(entries::get).orElse(null);
    // A recovered one may have it already, with an executor.
    if (next != null && next.state instanceof State.Preparing) prepare(next, nowMs);
  }

  // Hands out room until nobody who waits can use it.
  void serve(String queueKey, long nowMs) {
    if (!decides.test(queueKey)) {
      putOff.add(queueKey);
      return;
    }
    while (true) {
      var next = room.next(queueKey);
      if (next.isEmpty()) return;
      var entry = entries.get(next.get());
      // Its moment is this one and it was looked at after another's, which left room.
      if (entry.waitUntilMs <= nowMs) expire(entry, nowMs);
      else if (entry.usesFiles() && entry.files == null) prepare(entry, nowMs);
      else place(entry, nowMs);
    }
  }

  boolean stillThere(Route to) {
    return directory
        .route(to.executorId())
        .filter(route -> route.connectionId().equals(to.connectionId()))
        .isPresent();
  }

  void become(Entry entry, State state) {
    entry.state = state;
    moments.set(entry.id(), entry.momentMs());
  }
}
