package ai.vespid.bench.fault;

import ai.vespid.bench.fault.History.Event;
import ai.vespid.bench.fault.History.Mode;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;

/** How soon work went on after a moment. */
final class Recovery {
  private Recovery() {}

  /** Until the first success of a dispatch of that mode that was posted after it. */
  static OptionalLong of(List<Event> events, Mode mode, long momentMs) {
    var after = new HashSet<String>();
    for (var event : events) {
      if (event instanceof Event.Posted posted
          && posted.mode() == mode
          && posted.atMs() >= momentMs) {
        after.add(posted.id());
      }
    }
    return events.stream()
        .filter(event ->
            event instanceof Event.Decided decided
                && decided.outcome().succeeded()
                && after.contains(decided.id()))
        .mapToLong(event -> event.atMs() - momentMs)
        .min();
  }

  /** Until the last dispatch was posted that did not succeed; 0 when all did that came after it. */
  static long steady(List<Event> events, long momentMs) {
    var succeeded = new HashSet<String>();
    for (var event : events) {
      if (event instanceof Event.Decided decided && decided.outcome().succeeded()) {
        succeeded.add(decided.id());
      }
    }
    return events.stream()
        .filter(event -> event instanceof Event.Posted posted && !succeeded.contains(posted.id()))
        .mapToLong(event -> Math.max(0, event.atMs() - momentMs))
        .max()
        .orElse(0);
  }
}
