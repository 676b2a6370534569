package ai.vespid.gateway.dispatch;

import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.Pool;
import ai.vespid.protocol.bus.Dispatch;
import ai.vespid.protocol.bus.DispatchRouter.Finished;
import ai.vespid.protocol.bus.DispatchRouter.Moving;
import ai.vespid.protocol.bus.DispatchRouter.Reconcile;
import ai.vespid.protocol.bus.DispatchRouter.Reply;
import ai.vespid.protocol.bus.DispatchRouter.Report;
import ai.vespid.protocol.bus.ExecutorEdge.Holding;
import ai.vespid.protocol.bus.Holder;
import ai.vespid.protocol.bus.ResultStore;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Brings together what a home that died left in other hands: its callers still have the dispatch,
 * its agents still have the work, and its results may be stored. Durable dispatches stand in the
 * database; this is about those in memory.
 */
final class LostHomes {
  private static final Duration ASK_MAX = Duration.ofSeconds(5);
  private static final int ENDED_MAX = 10_000;

  /** A result that came before anybody asked for it. */
  private record Ended(String organizationId, Future<DispatchResult> result) {}

  private final Surroundings here;
  private final FirstResults first;
  private final DispatchTable table;
  private final Waiters waiters;
  private final Runnable changed;
  private final long graceMs;
  private final Suspended suspended = new Suspended();
  private final Map<String, Ended> ended =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Ended> eldest) {
          return size() > ENDED_MAX;
        }
      };

  /**
   * @param changed run after the table was
   */
  LostHomes(
      Surroundings here, DispatchTable table, Waiters waiters, Runnable changed, long graceMs) {
    this.here = here;
    this.first = new FirstResults(here);
    this.table = table;
    this.waiters = waiters;
    this.changed = changed;
    this.graceMs = graceMs;
  }

  /** An agent has it, or had it: whoever asks for it again shares its answer. */
  Optional<Future<Reply>> adopted(Dispatch dispatch) {
    if (!isKnown(dispatch)) return Optional.empty();
    var answer = waiters.open(dispatch, false).answer(false);
    resumed(dispatch);
    return Optional.of(answer);
  }

  /** As {@link #adopted}, for a dispatch whose caller waits already: its agent came meanwhile. */
  boolean resumed(Dispatch dispatch) {
    if (!isKnown(dispatch)) return false;
    var ended = ended(dispatch);
    if (ended.isPresent()) {
      ended
          .get()
          .result()
          .onSuccess(result -> waiters.close(dispatch.requestId(), new Finished(result, true)))
          .onFailure(_ -> waiters.moved(dispatch.requestId()));
    } else {
      orphanOf(dispatch).ifPresent(held -> resume(dispatch, held));
    }
    return true;
  }

  private boolean isKnown(Dispatch dispatch) {
    return ended(dispatch).isPresent() || orphanOf(dispatch).isPresent();
  }

  private Optional<Ended> ended(Dispatch dispatch) {
    return Optional.ofNullable(ended.get(dispatch.requestId()))
        .filter(known -> known.organizationId().equals(dispatch.organizationId()));
  }

  private Optional<Holding> orphanOf(Dispatch dispatch) {
    return table
        .handover()
        .orphaned(dispatch.requestId())
        .filter(orphan -> orphan.organizationId().equals(dispatch.organizationId()));
  }

  private void resume(Dispatch dispatch, Holding held) {
    table
        .handover()
        .resume(
            new Moving(
                dispatch,
                false,
                held.epoch(),
                dispatch.timeoutMs(),
                new Holder(held.executorId(), held.bootId(), 0),
                true),
            here.nowMs());
    changed.run();
  }

  /** Claimed by a home that is gone, and nobody here has it: its agent may still come back. */
  void suspend(Dispatch dispatch) {
    suspended.add(dispatch, here.nowMs() + graceMs);
  }

  /**
   * What an agent still has of a home that died: its caller waits here, or may ask in a moment.
   *
   * @param recent a home was lost within the grace
   */
  void adopt(Reconcile hello, boolean recent) {
    if (!recent && suspended.size() == 0) return;
    for (var held : Reconciliation.listed(hello).entrySet()) {
      if (table.find(held.getKey()).isPresent() || hello.bootId() == null) continue;
      var waiting = suspended.take(held.getKey()).orElse(null);
      // Whose a dispatch of the managed pool is only its caller knows.
      var organizationId = waiting == null ? hello.organizationId() : waiting.organizationId();
      if (organizationId == null || (waiting == null && !recent)) continue;
      var holding =
          new Holding(
              held.getKey(),
              held.getValue(),
              hello.organizationId() == null ? Pool.MANAGED : Pool.BYON,
              organizationId,
              hello.executorId(),
              hello.bootId());
      table.handover().orphan(holding, here.nowMs() + graceMs);
      if (waiting != null) resume(waiting, holding);
    }
  }

  /** The result of what no caller asked for yet; its former home may have decided it before. */
  Future<Report.Reply> keepUnlessKnown(Report report) {
    var result =
        here.ask(ResultStore.at(here.node()), new ResultStore.Get(report.requestId()), ASK_MAX)
            .compose(known ->
                known instanceof ResultStore.Get.Found(String _, DispatchResult decided)
                    ? Future.succeededFuture(decided)
                    : first.ask(
                        report.requestId(),
                        report.organizationId(),
                        report.result().withoutWorkspace()));
    // Its caller may ask before it is stored.
    var kept = new Ended(report.organizationId(), result);
    ended.put(report.requestId(), kept);
    // Not stored, it is with its agent still, which says it again.
    return result
        .<Report.Reply>map(_ -> new Report.Settled())
        .onFailure(_ -> ended.remove(report.requestId(), kept));
  }

  /** It arrived from its former home after all; whoever waits for it here goes on waiting. */
  void arrived(String requestId) {
    suspended.take(requestId);
  }

  /** Homes moved: what waits here and is another one's is asked for there. */
  void keepOnly(Predicate<String> mine) {
    for (var dispatch : suspended.all()) {
      if (mine.test(Demand.of(dispatch).queueKey())) continue;
      suspended.take(dispatch.requestId());
      waiters.moved(dispatch.requestId());
    }
  }

  /** Nobody came back with these: whether they were begun is unknown for ever. */
  void tick() {
    for (var dispatch : suspended.due(here.nowMs())) {
      var id = dispatch.requestId();
      var lost = DispatchResult.failed(ErrorCode.AGENT_DISCONNECTED);
      // Another home of a split may know better.
      first
          .ask(id, dispatch.organizationId(), lost)
          .onSuccess(stands -> waiters.close(id, new Finished(stands, false)))
          .onFailure(_ -> waiters.moved(id));
    }
  }

  /** Dispatches that wait for their agent. */
  int waiting() {
    return suspended.size();
  }
}
