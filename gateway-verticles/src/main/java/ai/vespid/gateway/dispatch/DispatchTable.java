package ai.vespid.gateway.dispatch;

import ai.vespid.gateway.dispatch.Entry.State;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.EffectClass;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.bus.Dispatch;
import ai.vespid.protocol.bus.DispatchRouter.Reconcile;
import ai.vespid.protocol.bus.ExecutorEdge.Offer.Accepted;
import ai.vespid.protocol.bus.ExecutorEdge.Offer.Draining;
import ai.vespid.protocol.bus.ExecutorEdge.Offer.Full;
import ai.vespid.protocol.bus.ExecutorEdge.Offer.NotHere;
import ai.vespid.protocol.bus.ExecutorEdge.Offer.Reply;
import ai.vespid.protocol.bus.Holder;
import ai.vespid.protocol.bus.Route;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongToIntFunction;
import java.util.function.Predicate;

/**
 * Every rule of dispatching: who gets what, who waits, what a lost link or a passed deadline means,
 * and that each dispatch ends exactly once. No I/O and no clock: events come in with the time,
 * {@link Decision}s go out, and the simulator runs the same class.
 */
final class DispatchTable {
  /** Bounds and times of the table. */
  record Rules(
      int dispatchesMax, int orgQueueMax, int orgInFlightMax, long graceMs, int epochMax) {}

  static final long TICK_MS = 20;

  private final Rules rules;
  private final ExecutorDirectory directory;
  private final Progress go;
  private final Orphans orphans;
  private final Handover handover;
  private final Reconciliation reconciliation;
  private final Placement room;
  private final Map<String, Entry> entries;

  DispatchTable(Rules rules, ExecutorDirectory directory) {
    this(rules, directory, _ -> 1, _ -> true);
  }

  /**
   * @param firstEpoch the first epoch of what is in memory only, given the time
   * @param decides whether this router is home for a queue key and knows all of it; what is not
   *     given to anybody yet waits until then
   */
  DispatchTable(
      Rules rules,
      ExecutorDirectory directory,
      LongToIntFunction firstEpoch,
      Predicate<String> decides) {
    this.rules = rules;
    this.directory = directory;
    this.go = new Progress(rules, directory, firstEpoch, decides);
    this.orphans = new Orphans(directory);
    this.handover = new Handover(rules, directory, go, orphans);
    this.reconciliation = new Reconciliation(rules, directory, go, orphans);
    this.room = go.room;
    this.entries = go.entries;
  }

  /** What was decided since the last call. */
  List<Decision> decisions() {
    return go.decisions();
  }

  Optional<Entry> find(String requestId) {
    return Optional.ofNullable(entries.get(requestId));
  }

  /** Where an executor is connected. */
  Optional<Route> route(String executorId) {
    return directory.route(executorId);
  }

  /** Homes moved: what another one did to the files of a run meanwhile is not known here. */
  void forgetHeads() {
    go.ledger.forgetIdle();
  }

  /** Everything that is open. */
  Collection<Entry> all() {
    return List.copyOf(entries.values());
  }

  int size() {
    return entries.size();
  }

  /** What comes from former homes and goes to later ones. */
  Handover handover() {
    return handover;
  }

  WaitQueue queue() {
    return room.queue();
  }

  /**
   * Why a new dispatch cannot be taken at all; empty when it can.
   *
   * @param expected executors may be on their way that nobody here knows of yet
   */
  Optional<ErrorCode> refusal(Dispatch dispatch, boolean expected) {
    var refusal = room.refusal(dispatch, expected);
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
    // Whether an agent has it already its row tells, which is there then.
    orphans.take(entry.id());
    if (durable) go.commit(entry, entry.usesFiles() ? null : room.reserve(entry));
    else go.prepare(entry, nowMs);
  }

  /** The insert or the assignment of a durable dispatch is committed. */
  void persisted(String requestId, int epoch, long nowMs) {
    var entry = entries.get(requestId);
    if (entry == null || entry.epoch != epoch) return;
    entry.committed = true;
    if (!(entry.state instanceof State.Committing(Route to))) return;
    if (entry.unwanted) go.canceled(entry, nowMs);
    else if (nowMs >= entry.deadlineMs) go.expire(entry, nowMs);
    else if (to == null) go.prepare(entry, nowMs);
    else if (!go.stillThere(to)) go.undelivered(entry, nowMs);
    else go.offer(entry, to, nowMs);
  }

  /**
   * The write failed. A dispatch that was never committed is forgotten: its caller is told that it
   * was not accepted. One that was goes back to the queue.
   */
  void persistFailed(String requestId, int epoch, long nowMs) {
    var entry = entries.get(requestId);
    if (entry == null || entry.epoch != epoch) return;
    if (!(entry.state instanceof State.Committing)) return;
    room.takeBack(entry);
    if (!entry.committed) go.remove(entry, nowMs);
    else if (entry.unwanted) go.canceled(entry, nowMs);
    else go.enqueue(entry, ErrorCode.DATABASE_UNAVAILABLE, nowMs);
  }

  /** Forgets a dispatch that turned out to be known elsewhere; this attempt was not offered. */
  void discard(String requestId, int epoch, long nowMs) {
    var entry = entries.get(requestId);
    if (entry == null || entry.epoch != epoch) return;
    boolean assigned = !entry.durable && entry.state instanceof State.Assigned;
    if (!assigned && !(entry.state instanceof State.Committing)) return;
    room.release(entry);
    go.remove(entry, nowMs);
    go.serve(entry.demand.queueKey(), nowMs);
  }

  /** The newest version of a run's files, or null when it could not be read. */
  void workspaceLoaded(String filesKey, WorkspaceHead head, long nowMs) {
    var entry = go.ledger.holder(filesKey).map(entries::get).orElse(null);
    if (entry != null) go.loaded(entry, head, nowMs);
  }

  /** How the edge answered an offer. */
  void offerAnswered(String requestId, int epoch, Reply reply, long nowMs) {
    var entry = entries.get(requestId);
    if (entry == null || entry.epoch != epoch) return;
    if (!(entry.state instanceof State.Assigned(Route to))) return;
    switch (reply) {
      case Accepted _ -> entry.arrived = true;
      case Full _ -> {
        room.release(entry);
        go.enqueue(entry, ErrorCode.EXECUTOR_OVER_CAPACITY, nowMs);
        room.serveAgain(entry.demand.queueKey(), nowMs);
      }
      case Draining _, NotHere _ -> {
        directory.left(to.executorId(), to.connectionId(), nowMs + rules.graceMs());
        go.undelivered(entry, nowMs);
      }
    }
  }

  /**
   * How the edge answered when it was asked to give an attempt up.
   *
   * @param has it has it, or had it; otherwise it will never take it
   */
  void askedBack(String requestId, int epoch, boolean has, long nowMs) {
    var entry = entries.get(requestId);
    if (entry == null || entry.epoch != epoch || !(entry.state instanceof State.Assigned)) return;
    if (has) entry.arrived = true;
    else go.undelivered(entry, nowMs);
  }

  /** Neither its edge nor anybody else has it any more, and there is no result. */
  void vanished(String requestId, int epoch, String connectionId, long nowMs) {
    var entry = entries.get(requestId);
    if (entry == null || entry.epoch != epoch) return;
    if (!(entry.state instanceof State.Assigned(Route to))) return;
    if (to.connectionId().equals(connectionId)) go.lost(entry, nowMs);
  }

  /** An executor says it has finished. */
  Verdict report(
      String requestId, int epoch, String executorId, DispatchResult result, long nowMs) {
    var entry = entries.get(requestId);
    if (entry == null || entry.epoch != epoch) return Verdict.UNWANTED;
    if (!executorId.equals(entry.executorId())) return Verdict.UNWANTED;
    return switch (entry.state) {
      case State.Assigned _, State.Grace _ -> {
        go.finish(entry, result.withoutWorkspace(), UploadedFiles.of(entry, result), nowMs);
        yield Verdict.DECIDED;
      }
      case State.Settling settling ->
          settling.result().status() == result.status() ? Verdict.SETTLING : Verdict.OVERRULED;
      case State.Preparing _, State.Queued _, State.Committing _ -> Verdict.UNWANTED;
    };
  }

  /** Nobody wants it any more. What is being written ends as soon as it is. */
  void cancel(String requestId, String organizationId, long nowMs) {
    var entry = entries.get(requestId);
    if (entry == null) handover.unwanted(requestId, organizationId, nowMs);
    if (entry == null || !entry.organizationId().equals(organizationId)) return;
    go.unwanted(entry, nowMs);
  }

  /** The terminal result is stored; {@code head} is the newest version of its files, if known. */
  void settled(String requestId, WorkspaceHead head, long nowMs) {
    var entry = entries.get(requestId);
    if (entry == null || !(entry.state instanceof State.Settling)) return;
    if (entry.usesFiles() && go.ledger.holder(entry.filesKey()).equals(Optional.of(requestId))) {
      go.ledger.headIs(entry.filesKey(), head);
    }
    go.remove(entry, nowMs);
  }

  /** An executor connected, or what it can do changed. */
  void routeUp(Route route, long nowMs) {
    // The end of the one before is told by this.
    directory
        .route(route.executorId())
        .filter(before -> before.connectedAtMs() < route.connectedAtMs())
        .ifPresent(before -> routeDown(before.executorId(), before.connectionId(), nowMs));
    if (!directory.up(route)) return;
    adopt(route, nowMs);
    go.serve(Demand.queueKey(route), nowMs);
  }

  /** A connection is gone: what it held gets a grace, or is lost at once without our extensions. */
  void routeDown(String executorId, String connectionId, long nowMs) {
    var gone = directory.left(executorId, connectionId, nowMs + rules.graceMs()).orElse(null);
    for (var requestId : directory.heldBy(executorId)) {
      var entry = entries.get(requestId);
      if (entry == null || !(entry.state instanceof State.Assigned(Route to))) continue;
      if (!to.connectionId().equals(connectionId)) continue;
      if (to.acknowledges()) {
        go.become(entry, new State.Grace(Holder.of(to), nowMs + rules.graceMs()));
      } else {
        go.lost(entry, nowMs);
      }
    }
    if (gone != null) go.serve(Demand.queueKey(gone), nowMs);
  }

  /**
   * An agent did not acknowledge this in time. It is given nothing more until it is heard of, and
   * what is safe to repeat goes to another one.
   *
   * @return the route that is used no more, if it was until now
   */
  Optional<Route> doubt(String requestId, int epoch, String executorId, long nowMs) {
    var entry = entries.get(requestId);
    if (entry == null || entry.epoch != epoch) return Optional.empty();
    if (!(entry.state instanceof State.Assigned(Route to))) return Optional.empty();
    if (!to.executorId().equals(executorId)) return Optional.empty();
    var denied = directory.down(executorId, to.connectionId());
    if (entry.dispatch.effect() == EffectClass.RETRY_SAFE) {
      go.cancel(entry, to, ErrorCode.AGENT_DISCONNECTED);
      go.undelivered(entry, nowMs);
    }
    return denied;
  }

  /**
   * An agent (re)connected and says what it still has: what it left behind on earlier connections
   * is found out, and told is what it may forget.
   */
  Reconcile.Reconciled reconcile(Reconcile hello, long nowMs) {
    // It has left every earlier connection: nothing is to be offered there any more, and on this
    // one only when it is told to be open.
    directory
        .route(hello.executorId())
        .filter(to -> !to.connectionId().equals(hello.connectionId()))
        .filter(to -> to.connectedAtMs() <= hello.connectedAtMs())
        .ifPresent(to -> {
          directory.over(to.executorId(), to.connectionId(), nowMs + rules.graceMs());
          routeDown(to.executorId(), to.connectionId(), nowMs);
        });
    return reconciliation.reconcile(hello, nowMs);
  }

  /** Time passed: deadlines, waits, graces. */
  void tick(long nowMs) {
    for (var requestId : go.moments.due(nowMs)) {
      var entry = entries.get(requestId);
      if (entry == null) continue;
      if (entry.momentMs() > nowMs) go.moments.set(requestId, entry.momentMs());
      else go.expire(entry, nowMs);
    }
    handover.tick(nowMs);
    directory.tick(nowMs);
    room.dueAgain(nowMs).forEach(queueKey -> go.serve(queueKey, nowMs));
    go.servePutOff(nowMs);
  }

  // What the hello was believed to hold now belongs to its connection.
  private void adopt(Route route, long nowMs) {
    for (var requestId : directory.heldBy(route.executorId())) {
      var entry = entries.get(requestId);
      if (entry != null
          && entry.state instanceof State.Grace grace
          && grace.holder().isBehind(route)) {
        // What was given on the one before after the hello on this one is ignored by its agent.
        if (grace.holder().connectedAtMs() < route.connectedAtMs()) entry.arrived = false;
        go.goOn(entry, route, nowMs);
      }
    }
  }
}
