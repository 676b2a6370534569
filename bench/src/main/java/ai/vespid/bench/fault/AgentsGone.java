package ai.vespid.bench.fault;

import ai.vespid.bench.fault.History.Event;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;

/**
 * All agents but one leave, and that one finishes nothing: what is accepted waits. When they are
 * back, the backlog shrinks from the first second, the oldest first.
 */
final class AgentsGone {
  static final Scenario SCENARIO =
      new Scenario(
          "agents-gone",
          1,
          new Load.Mix(200, false, 600_000, 15),
          Tolerance.LOST_AGENT,
          AgentsGone::happen);

  // Those who ask at the same time are in no order.
  private static final long DISORDER_MS_MAX = 2_000;
  private static final long WATCH_MS = 1_000;
  private static final long GONE_MS_MAX = 120_000;

  private AgentsGone() {}

  static void happen(Trial trial) throws InterruptedException {
    var fleet = trial.fleet();
    var keeper = fleet.agents().getFirst();
    var others = fleet.agents().stream().skip(1).toList();
    fleet.run(() -> {
      keeper.hoard(true);
      others.forEach(FaultAgent::leave);
    });
    trial.pause(trial.loadMs());
    long back = trial.history().nowMs();
    // What is posted now waits behind the backlog: how soon that is done says nothing.
    fleet.start();
    long before = backlog(trial.history().events(), back);
    trial.pause(WATCH_MS);
    long after = backlog(trial.history().events(), back);
    trial.mark("backlog", before);
    trial.mark("backlogASecondLater", after, Math.max(0, before - 1));
    fleet.run(() -> keeper.hoard(false));
    long limit = back + GONE_MS_MAX;
    while (backlog(trial.history().events(), back) > 0 && trial.history().nowMs() < limit)
      trial.pause(WATCH_MS);
    trial.mark("backlogGoneMs", trial.history().nowMs() - back, GONE_MS_MAX);
    trial.mark("disorderMs", disorder(trial.history().events(), back), DISORDER_MS_MAX);
  }

  /**
   * Accepted until then and waiting for an agent; what comes after it is no backlog. One that ended
   * without having been seen by an agent was in the cable of one that left.
   */
  static long backlog(List<Event> events, long untilMs) {
    var accepted = new HashSet<String>();
    for (var event : events) {
      if (event instanceof Event.Accepted a && a.atMs() < untilMs) accepted.add(a.id());
    }
    for (var event : events) {
      if (event instanceof Event.Offered offered) accepted.remove(offered.id());
      if (event instanceof Event.Decided decided) accepted.remove(decided.id());
    }
    return accepted.size();
  }

  /** How much older than one before it any of the backlog was when its turn came. */
  static long disorder(List<Event> events, long backMs) {
    var since = new HashMap<String, Long>();
    for (var event : events) {
      if (event instanceof Event.Accepted a && a.atMs() < backMs)
        since.putIfAbsent(a.id(), a.atMs());
    }
    long youngest = 0;
    long disorder = 0;
    for (var event : events) {
      if (!(event instanceof Event.Offered offered)) continue;
      var accepted = since.remove(offered.id());
      if (accepted == null || offered.atMs() < backMs) continue;
      disorder = Math.max(disorder, youngest - accepted);
      youngest = Math.max(youngest, accepted);
    }
    return disorder;
  }
}
