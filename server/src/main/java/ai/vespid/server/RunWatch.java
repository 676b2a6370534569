package ai.vespid.server;

import io.vertx.core.json.JsonObject;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** What happens to a run, a line each, in the terminal. */
final class RunWatch {
  private static final long LOOK_NANOS = Duration.ofMillis(200).toNanos();
  private static final int TEXT_CHARS_MAX = 160;
  private static final List<String> ENDS = List.of("run_succeeded", "run_failed");

  private final OrganizationCalls calls;
  private final PrintWriter out;

  RunWatch(OrganizationCalls calls, PrintWriter out) {
    this.calls = calls;
    this.out = out;
  }

  /** Returns 0 when the run has succeeded and 1 when it has failed. */
  int follow(String workflowId, String runId) {
    var path = "/workflows/" + workflowId + "/runs/" + runId + "/events";
    var cursor = "";
    while (!Thread.currentThread().isInterrupted()) {
      var page = calls.get(path + cursor);
      for (var row : page.getJsonArray("events")) {
        var event = (JsonObject) row;
        show(event);
        if (ENDS.contains(event.getString("eventType"))) {
          return ENDS.indexOf(event.getString("eventType"));
        }
      }
      if (page.getString("nextCursor") != null) cursor = "?cursor=" + page.getString("nextCursor");
      else LockSupport.parkNanos(LOOK_NANOS);
    }
    return 1;
  }

  private void show(JsonObject event) {
    var node = event.getString("nodeId");
    out.println(
        "%s  %-24s %-24s %s"
            .formatted(
                event.getString("createdAt"),
                event.getString("eventType"),
                node == null ? "" : node,
                text(event))
            .stripTrailing());
    out.flush();
  }

  private static String text(JsonObject event) {
    var message = event.getString("message");
    var payload = event.getValue("payload");
    var text = (message == null ? "" : message + " ") + (payload == null ? "" : payload.toString());
    // A task's output may hold anything; a terminal must not obey it.
    var plain = text.replaceAll("\\p{Cntrl}+", " ").strip();
    return plain.length() <= TEXT_CHARS_MAX ? plain : plain.substring(0, TEXT_CHARS_MAX) + "...";
  }
}
