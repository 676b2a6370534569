package ai.vespid.gateway.dispatch;

import ai.vespid.gateway.dispatch.DispatchTable.Rules;
import ai.vespid.gateway.dispatch.Entry.State;
import ai.vespid.kit.node.Homes;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.bus.Dispatch;
import ai.vespid.protocol.bus.DispatchRouter.Moving;
import ai.vespid.protocol.bus.ExecutorEdge.Holding;
import ai.vespid.protocol.bus.Holder;
import ai.vespid.protocol.bus.Route;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * The table's dispatches on their way between homes: what a former home began goes on here under
 * the same epoch, and what a later one is to decide is given away whole.
 */
final class Handover {
  private final Rules rules;
  private final ExecutorDirectory directory;
  private final Progress go;
  private final Orphans orphans;

  Handover(Rules rules, ExecutorDirectory directory, Progress go, Orphans orphans) {
    this.rules = rules;
    this.directory = directory;
    this.go = go;
    this.orphans = orphans;
  }

  /**
   * Takes over an open durable dispatch as the database has it. Whether its last attempt was ever
   * offered nobody knows for sure: the offer may still be on its way, or lie in front of an agent
   * that does not read. So its edge is asked to give it up.
   *
   * @param holder who was given it; null when nobody was
   */
  void recover(Dispatch dispatch, int epoch, Holder holder, long deadlineMs, long nowMs) {
    var known = go.entries.get(dispatch.requestId());
    if (known != null && !isStale(known, epoch)) return;
    if (known != null) forget(known, nowMs);
    var entry = new Entry(dispatch, true, nowMs, deadlineMs);
    go.entries.put(entry.id(), entry);
    entry.committed = true;
    entry.epoch = epoch;
    entry.attempts = epoch;
    claimFiles(entry, holder);
    var orphan = orphans.take(entry.id()).orElse(null);
    if (holder == null) {
      go.prepare(entry, nowMs);
      return;
    }
    go.room.hold(entry, holder.executorId());
    var route = directory.route(holder.executorId()).orElse(null);
    if (isWhereItWas(route, holder) || isHeld(route, orphan, epoch)) {
      entry.arrived = isHeld(route, orphan, epoch);
      go.goOn(entry, route, nowMs);
    } else {
      go.become(entry, new State.Grace(holder, nowMs + rules.graceMs()));
    }
  }

  // Who was given it works in the files of its run already. One that only waits to begin may have
  // arrived before it.
  private void claimFiles(Entry entry, Holder holder) {
    if (!entry.usesFiles()) return;
    var first = go.ledger.holder(entry.filesKey()).map(go.entries::get).orElse(null);
    boolean waits =
        first != null
            && (first.state instanceof State.Preparing || first.state instanceof State.Queued);
    if (holder == null || !waits) {
      go.ledger.claim(entry.filesKey(), entry.id());
      return;
    }
    go.ledger.seize(entry.filesKey(), entry.id());
    go.room.leaveQueue(first);
    first.files = null;
    go.become(first, new State.Preparing(true));
  }

  // Of an agent of the original nobody knows: it may have begun on an earlier connection.
  private static boolean isWhereItWas(Route route, Holder holder) {
    return route != null && route.acknowledges() && holder.isBehind(route);
  }

  private static boolean isHeld(Route route, Holding orphan, int epoch) {
    return route != null && orphan != null && orphan.epoch() == epoch;
  }

  /** An agent holds this, and nobody told us the dispatch yet. */
  void orphan(Holding holding, long untilMs) {
    if (!go.entries.containsKey(holding.requestId())) orphans.add(holding, untilMs);
  }

  /** What is known of an assignment whose dispatch is not in the table. */
  Optional<Holding> orphaned(String requestId) {
    return orphans.find(requestId);
  }

  /** The result of an orphan: its room is free. False when it is not believed. */
  boolean orphanEnded(String requestId, int epoch, String executorId, long nowMs) {
    var orphan = orphans.ended(requestId, epoch, executorId);
    orphan.ifPresent(ended -> serve(ended, nowMs));
    return orphan.isPresent();
  }

  private void serve(Holding freed, long nowMs) {
    go.serve(Homes.queueKey(freed.pool(), freed.organizationId()), nowMs);
  }

  /** Goes on with what another home began: with its executor if somebody has it, else queued. */
  void resume(Moving moving, long nowMs) {
    var known = go.entries.get(moving.dispatch().requestId());
    if (known != null && !overtakes(moving, known)) {
      giveUp(moving, known);
      return;
    }
    if (known != null) forget(known, nowMs);
    var entry = new Entry(moving.dispatch(), moving.durable(), nowMs, nowMs + moving.remainingMs());
    go.entries.put(entry.id(), entry);
    orphans.take(entry.id());
    entry.committed = moving.durable();
    entry.epoch = moving.epoch();
    entry.attempts = moving.durable() ? moving.epoch() : 1;
    entry.arrived = moving.arrived();
    claimFiles(entry, moving.holder());
    if (moving.holder() == null) {
      entry.waitAtLeastUntil(nowMs + rules.graceMs());
      go.prepare(entry, nowMs);
      return;
    }
    var holder = moving.holder();
    go.room.hold(entry, holder.executorId());
    var route = directory.route(holder.executorId()).filter(holder::isBehind).orElse(null);
    if (route != null) {
      go.goOn(entry, route, nowMs);
      return;
    }
    go.become(entry, new State.Grace(holder, nowMs + rules.graceMs()));
  }

  // Two halves of a split had it: the attempt that was written last counts, given up since or not;
  // those in memory have no common order. Otherwise one that somebody has counts more than none.
  private static boolean overtakes(Moving moving, Entry known) {
    boolean ordered = moving.durable() && known.durable && moving.epoch() != known.epoch;
    boolean later = moving.epoch() > known.epoch;
    boolean held = moving.holder() != null;
    return switch (known.state) {
      case State.Preparing _, State.Queued _ -> ordered ? later : held;
      case State.Assigned _ -> later && (ordered || held);
      case State.Grace _ -> ordered ? later : held && moving.epoch() >= known.epoch;
      case State.Committing _, State.Settling _ -> false;
    };
  }

  // The other half of a split went on with it.
  private static boolean isStale(Entry known, int epoch) {
    return switch (known.state) {
      case State.Committing _, State.Settling _ -> false;
      case State.Preparing _, State.Queued _, State.Assigned _, State.Grace _ ->
          known.durable && known.epoch < epoch;
    };
  }

  private void giveUp(Moving moving, Entry known) {
    if (moving.holder() == null || standsInRow(moving, known)) return;
    var executorId = moving.holder().executorId();
    if (moving.epoch() == known.epoch && executorId.equals(known.executorId())) return;
    directory
        .route(executorId)
        .ifPresent(to -> go.cancel(known.id(), moving.epoch(), to, ErrorCode.AGENT_DISCONNECTED));
  }

  // What is being written under its number, or a lower one, cannot be, and then the row is read.
  private static boolean standsInRow(Moving moving, Entry known) {
    return moving.durable()
        && known.state instanceof State.Committing
        && moving.epoch() >= known.epoch;
  }

  private void forget(Entry known, long nowMs) {
    if (known.state instanceof State.Assigned(Route to)) {
      go.cancel(known, to, ErrorCode.AGENT_DISCONNECTED);
    }
    go.room.leaveQueue(known);
    go.room.release(known);
    go.remove(known, nowMs);
  }

  /**
   * What can be given to another home now; the rest is being written, and is later. Those that wait
   * for the files of their run come first: what leaves before them would pass the files on to them.
   */
  List<String> movable(Predicate<String> queueKey) {
    return go.entries.values().stream()
        .filter(entry -> queueKey.test(entry.demand.queueKey()))
        .filter(Handover::isMovable)
        .filter(entry -> !waitsForOneThatStays(entry))
        .sorted(Comparator.comparing(entry -> !waitsForFiles(entry)))
        .map(Entry::id)
        .toList();
  }

  private static boolean isMovable(Entry entry) {
    return !(entry.state instanceof State.Committing) && !(entry.state instanceof State.Settling);
  }

  private static boolean waitsForFiles(Entry entry) {
    return entry.state instanceof State.Preparing(boolean locked) && locked;
  }

  private boolean waitsForOneThatStays(Entry entry) {
    return waitsForFiles(entry)
        && go.ledger
            .holder(entry.filesKey())
            .map(go.entries::get)
            .filter(holder -> !isMovable(holder))
            .isPresent();
  }

  /** Whose dispatches are here. */
  Set<String> keys() {
    return go.entries.values().stream()
        .map(entry -> entry.demand.queueKey())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** True when something of these keys is here, movable or not. */
  boolean holdsAny(Predicate<String> queueKey) {
    return go.entries.values().stream().anyMatch(entry -> queueKey.test(entry.demand.queueKey()));
  }

  /** Takes one out, for its new home. */
  Moving give(String requestId, long nowMs) {
    var entry = go.entries.get(requestId);
    var moving =
        new Moving(
            entry.dispatch,
            entry.durable,
            entry.epoch,
            entry.remainingMs(nowMs),
            entry.holder(),
            entry.arrived);
    go.room.leaveQueue(entry);
    go.room.release(entry);
    go.remove(entry, nowMs);
    return moving;
  }

  /** Assignments whose dispatch nobody has told yet. */
  List<Holding> orphans() {
    return orphans.all();
  }

  /** No socket holds it any more: it was decided where we did not see it. */
  void notHeld(Holding orphan, long nowMs) {
    if (orphans.find(orphan.requestId()).filter(orphan::equals).isEmpty()) return;
    orphans.take(orphan.requestId());
    serve(orphan, nowMs);
  }

  /** Nobody will ask for this orphan any more: its agent is told to stop. */
  void unwanted(String requestId, String organizationId, long nowMs) {
    orphans
        .find(requestId)
        .filter(orphan -> orphan.organizationId().equals(organizationId))
        .ifPresent(orphan -> {
          directory
              .route(orphan.executorId())
              .ifPresent(
                  to -> go.cancel(requestId, orphan.epoch(), to, ErrorCode.DISPATCH_CANCELED));
          notHeld(orphan, nowMs);
        });
  }

  /** This router became home for what others had. */
  void homeMoved(long nowMs) {
    go.homeMoved(nowMs);
  }

  /** Time passed: nobody asked for these orphans. */
  void tick(long nowMs) {
    orphans.due(nowMs).forEach(orphan -> serve(orphan, nowMs));
  }
}
