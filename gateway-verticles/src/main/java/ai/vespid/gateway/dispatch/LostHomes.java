package ai.vespid.gateway.dispatch;

import ai.vespid.kit.bus.Bus;
import ai.vespid.kit.node.Node;
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
import ai.vespid.protocol.bus.ResultStore;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

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

  private final Node node;
  private final Bus bus;
  private final DispatchTable table;
  private final Waiters waiters;
  private final Carrier carrier;
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

  LostHomes(
      Node node, Bus bus, DispatchTable table, Waiters waiters, Carrier carrier, long graceMs) {
    this.node = node;
    this.bus = bus;
    this.table = table;
    this.waiters = waiters;
    this.carrier = carrier;
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
                held.executorId(),
                held.bootId()),
            node.clock().millis());
    carrier.carryOut();
  }

  /** Claimed by a home that is gone, and nobody here has it: its agent may still come back. */
  void suspend(Dispatch dispatch) {
    suspended.add(dispatch, node.clock().millis() + graceMs);
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
      table.handover().orphan(holding, node.clock().millis() + graceMs);
      if (waiting != null) resume(waiting, holding);
    }
  }

  /** The result of what no caller asked for yet; its former home may have decided it before. */
  Future<Report.Reply> keepUnlessKnown(Report report) {
    var result =
        bus.ask(ResultStore.at(node.id()), new ResultStore.Get(report.requestId()), ASK_MAX)
            .map(known -> {
              if (known instanceof ResultStore.Get.Found(String _, DispatchResult decided)) {
                return decided;
              }
              keep(report.requestId(), report.organizationId(), report.result());
              return report.result();
            });
    // Its caller may ask before it is stored.
    ended.put(report.requestId(), new Ended(report.organizationId(), result));
    return result.map(_ -> new Report.Settled());
  }

  /** Nobody came back with these: whether they were begun is unknown for ever. */
  void tick() {
    for (var dispatch : suspended.due(node.clock().millis())) {
      var lost = DispatchResult.failed(ErrorCode.AGENT_DISCONNECTED);
      keep(dispatch.requestId(), dispatch.organizationId(), lost);
      waiters.close(dispatch.requestId(), new Finished(lost, false));
    }
  }

  private void keep(String requestId, String organizationId, DispatchResult result) {
    bus.tell(ResultStore.at(node.id()), new ResultStore.Put(requestId, organizationId, result));
  }
}
