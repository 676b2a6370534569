package ai.vespid.gateway.dispatch;

import ai.vespid.gateway.dispatch.Demand.Filter;
import ai.vespid.gateway.dispatch.Entry.State;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.ResultStatus;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.http.ExplainAnswer;
import ai.vespid.protocol.http.ExplainAnswer.Excluded;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Says for one dispatch why it waits, by the filter that excluded each executor, or who has it. */
final class Explainer {
  private static final int NAMES_MAX = 10;

  private final ExecutorDirectory directory;
  private final WaitQueue queue;

  Explainer(ExecutorDirectory directory, WaitQueue queue) {
    this.directory = directory;
    this.queue = queue;
  }

  ExplainAnswer explain(Entry entry, long nowMs) {
    return switch (entry.state) {
      case State.Queued(ErrorCode reason) -> queued(entry, reason, nowMs);
      case State.Preparing(boolean locked) ->
          answer(
              entry,
              "queued",
              locked ? "WORKSPACE_LOCKED" : null,
              locked
                  ? "Another dispatch of the same run works in its files."
                  : "The files of its run are being looked up.",
              nowMs);
      case State.Committing _ ->
          answer(entry, "queued", null, "Its assignment is being written.", nowMs);
      case State.Assigned(Route to) ->
          answer(entry, "assigned", null, "Executor " + name(to) + " has it.", nowMs);
      case State.Grace _ ->
          answer(
              entry,
              "grace",
              ErrorCode.AGENT_DISCONNECTED.name(),
              "Its executor lost the link and may come back.",
              nowMs);
      case State.Settling(String _, DispatchResult result) ->
          answer(
              entry,
              result.status() == ResultStatus.SUCCEEDED ? "succeeded" : "failed",
              result.error(),
              "Its result is decided and being stored.",
              nowMs);
    };
  }

  private ExplainAnswer queued(Entry entry, ErrorCode reason, long nowMs) {
    var excluded = excluded(entry.demand);
    int connected = directory.routes(entry.demand.queueKey()).size();
    int position = queue.positionOf(entry.demand, entry.organizationId(), entry.id());
    var text =
        switch (reason) {
          case NO_AGENT_AVAILABLE ->
              "None of %d connected executors can take it.".formatted(connected);
          case ORG_QUOTA_EXCEEDED -> "The organization runs as much as it may at once.";
          case DATABASE_UNAVAILABLE -> "Its assignment could not be written; it is tried again.";
          default -> "Every executor that could take it is busy.";
        };
    return new ExplainAnswer(
        entry.id(),
        "queued",
        reason.name(),
        text,
        null,
        entry.epoch,
        position,
        (long) entry.remainingMs(nowMs),
        excluded);
  }

  private ExplainAnswer answer(Entry entry, String state, String reason, String text, long nowMs) {
    return new ExplainAnswer(
        entry.id(),
        state,
        reason,
        text,
        entry.executorId(),
        entry.epoch,
        null,
        (long) entry.remainingMs(nowMs),
        List.of());
  }

  private List<Excluded> excluded(Demand demand) {
    Map<Filter, List<String>> names = new EnumMap<>(Filter.class);
    for (var route : directory.routes(demand.queueKey())) {
      var filter = demand.excludedBy(route);
      if (filter.isEmpty() && directory.full(route.executorId())) {
        filter = Optional.of(Filter.FULL);
      } else if (filter.isEmpty() && directory.moves(route.executorId())) {
        filter = Optional.of(Filter.MOVING);
      }
      filter.ifPresent(f -> names.computeIfAbsent(f, _ -> new ArrayList<>()).add(name(route)));
    }
    return names.entrySet().stream()
        .map(e ->
            new Excluded(
                e.getKey().name(),
                e.getValue().size(),
                e.getValue().stream().limit(NAMES_MAX).toList()))
        .toList();
  }

  private static String name(Route route) {
    return route.name() == null ? route.executorId() : route.name();
  }
}
