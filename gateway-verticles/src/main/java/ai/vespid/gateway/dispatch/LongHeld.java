package ai.vespid.gateway.dispatch;

import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.bus.ExecutorEdge.Holdings;
import ai.vespid.protocol.bus.ResultStore;
import ai.vespid.protocol.bus.Route;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Looks after what has been with its executor for long. While this home stood still, or was out of
 * sight, another one was home for the same keys: it may have heard the result, or have canceled the
 * attempt, and nobody says so afterwards. Then the executor's room would be taken, and a retry-safe
 * dispatch wait for nothing, until its deadline.
 *
 * <p>A stored result ends it. What has none, and is twice not among what its edge holds, is lost.
 * What runs for minutes is looked at less often.
 */
final class LongHeld {
  static final long EVERY_MS = 10_000;
  static final long AGAIN_MS = 5_000;
  private static final long GAP_MS_MAX = 600_000;
  private static final int ASKED_MAX = 200;
  private static final Duration ASK_MAX = Duration.ofSeconds(5);

  private final Surroundings here;
  private final DispatchTable table;
  private final Function<List<String>, Future<Void>> readRows;
  private final Runnable changed;
  private Map<String, Look> looks = new HashMap<>();

  /** When an attempt is looked at next; {@code missed} when its edge did not hold it last time. */
  private record Look(int epoch, String connectionId, long sinceMs, long atMs, boolean missed) {
    static Look first(Attempt attempt, long nowMs) {
      var connectionId = attempt.to().connectionId();
      return new Look(attempt.epoch(), connectionId, nowMs, nowMs + EVERY_MS, false);
    }

    boolean isOf(Attempt attempt) {
      return epoch == attempt.epoch() && connectionId.equals(attempt.to().connectionId());
    }

    Look next(long nowMs) {
      long gapMs = Math.clamp((nowMs - sinceMs) / 4, EVERY_MS, GAP_MS_MAX);
      return at(nowMs + gapMs, missed);
    }

    Look at(long nextMs, boolean missedNow) {
      return new Look(epoch, connectionId, sinceMs, nextMs, missedNow);
    }
  }

  private record Attempt(String requestId, int epoch, Route to) {}

  /**
   * @param readRows takes over those of these request ids that stand open in the database
   * @param changed run after the table was
   */
  LongHeld(
      Surroundings here,
      DispatchTable table,
      Function<List<String>, Future<Void>> readRows,
      Runnable changed) {
    this.here = here;
    this.table = table;
    this.readRows = readRows;
    this.changed = changed;
  }

  /** Looks at those whose time has come; of many the rest at the next call. */
  void check() {
    long nowMs = here.nowMs();
    var due = new ArrayList<Attempt>();
    var kept = new HashMap<String, Look>();
    for (var entry : table.all()) {
      if (!(entry.state instanceof Entry.State.Assigned(Route to))) continue;
      var attempt = new Attempt(entry.id(), entry.epoch, to);
      var look = looks.get(entry.id());
      if (look == null || !look.isOf(attempt)) look = Look.first(attempt, nowMs);
      if (look.atMs() <= nowMs && due.size() < ASKED_MAX) {
        look = look.next(nowMs);
        due.add(attempt);
      }
      kept.put(entry.id(), look);
    }
    looks = kept;
    var lists = new HashMap<String, Future<Set<String>>>();
    due.forEach(attempt -> look(attempt, lists));
  }

  // Without an answer nothing is known of it.
  private void look(Attempt attempt, Map<String, Future<Set<String>>> lists) {
    here.ask(ResultStore.at(here.node()), new ResultStore.Get(attempt.requestId()), ASK_MAX)
        .onSuccess(known -> {
          switch (known) {
            case ResultStore.Get.Found found -> decided(attempt, found);
            case ResultStore.Get.NotReady _ ->
                lists
                    .computeIfAbsent(attempt.to().edge().name(), _ -> holdings(attempt))
                    .onSuccess(held -> judge(attempt, held));
          }
        });
  }

  private Future<Set<String>> holdings(Attempt attempt) {
    return here.ask(attempt.to().edge(), new Holdings(null), ASK_MAX)
        .map(list -> Orphans.attempts(list.holdings()));
  }

  // What became of its files only the other home knows.
  private void decided(Attempt attempt, ResultStore.Get.Found found) {
    var executorId = attempt.to().executorId();
    table.report(attempt.requestId(), attempt.epoch(), executorId, found.result(), here.nowMs());
    table.forgetHeads();
    changed.run();
  }

  private void judge(Attempt attempt, Set<String> held) {
    var look = looks.get(attempt.requestId());
    if (look == null || !look.isOf(attempt)) return;
    if (held.contains(Orphans.attempt(attempt.requestId(), attempt.epoch()))) {
      looks.put(attempt.requestId(), look.at(look.atMs(), false));
      return;
    }
    if (!look.missed()) {
      looks.put(attempt.requestId(), look.at(here.nowMs() + AGAIN_MS, true));
      // The other home may have written a later attempt.
      readRows.apply(List.of(attempt.requestId())).onSuccess(_ -> changed.run());
      return;
    }
    var connectionId = attempt.to().connectionId();
    table.vanished(attempt.requestId(), attempt.epoch(), connectionId, here.nowMs());
    changed.run();
  }
}
