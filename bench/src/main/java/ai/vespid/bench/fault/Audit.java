package ai.vespid.bench.fault;

import ai.vespid.bench.fault.History.Event;
import java.util.List;
import java.util.Map;

/** All trials once more, with what PostgreSQL alone holds of them. */
final class Audit {
  private Audit() {}

  static TrialReport of(Site site, List<TrialReport> trials) {
    var history = new History();
    trials.forEach(trial -> trial.events().forEach(history::add));
    try (var auditor = site.auditor()) {
      new ReadBack(site.client(), history).fromDatabase(auditor);
    }
    // Rooms and reasons were judged in their trials.
    var events =
        history.events().stream()
            .filter(event ->
                event instanceof Event.Posted
                    || event instanceof Event.Offered
                    || event instanceof Event.Began
                    || event instanceof Event.Missing
                    || event instanceof Event.Decided)
            .toList();
    var violations = HistoryChecker.check(events, (_, _, _) -> true);
    return new TrialReport("audit", events, Map.of(), violations, List.of());
  }
}
