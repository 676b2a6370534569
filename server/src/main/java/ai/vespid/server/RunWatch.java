package ai.vespid.server;

import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** Follows a run to its end. */
final class RunWatch {
  private static final long LOOK_NANOS = Duration.ofMillis(200).toNanos();
  private static final List<String> ENDS = List.of("run_succeeded", "run_failed");

  private final OrganizationCalls calls;
  private final RunView view;

  RunWatch(OrganizationCalls calls, RunView view) {
    this.calls = calls;
    this.view = view;
  }

  /**
   * Returns 0 when the run has succeeded and 1 when it has failed.
   *
   * @param run its path
   */
  int follow(String run) {
    var cursor = "";
    while (!Thread.currentThread().isInterrupted()) {
      var page = calls.get(run + "/events" + cursor);
      for (var row : page.getJsonArray("events")) {
        var event = (JsonObject) row;
        view.event(event);
        int end = ENDS.indexOf(event.getString("eventType"));
        if (end >= 0) {
          view.look();
          return end;
        }
      }
      if (page.getString("nextCursor") != null) {
        cursor = "?cursor=" + page.getString("nextCursor");
        continue;
      }
      view.look();
      LockSupport.parkNanos(LOOK_NANOS);
    }
    return 1;
  }
}
