package ai.vespid.server;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What a run looks like at a moment: its state, and a line for each of its nodes. */
final class RunBoard {
  /** More nodes than this are not shown: the board must fit a small terminal. */
  static final int NODES_MAX = 15;

  private static final int TEXT_CHARS_MAX = 100;
  private static final int NAME_CHARS_MAX = 40;

  /**
   * @param colours whether there may be any
   * @param marks whether marks beyond ASCII can be shown
   */
  record Look(boolean colours, boolean marks) {}

  private enum State {
    TO_COME('\u00b7', '.', 2),
    RUNNING('\u25cf', '*', 36),
    WAITING('\u25cb', 'o', 33),
    SUCCEEDED('\u2713', '+', 32),
    FAILED('\u2717', 'x', 31),
    SKIPPED('\u2013', '-', 2);

    final char mark;
    final char plainMark;
    final int colour;

    State(char mark, char plainMark, int colour) {
      this.mark = mark;
      this.plainMark = plainMark;
      this.colour = colour;
    }

    boolean open() {
      return this == RUNNING || this == WAITING;
    }
  }

  private static final class Line {
    final String type;
    State state = State.TO_COME;
    Instant since;
    Duration took;
    String text = "";

    Line(String type) {
      this.type = type;
    }
  }

  private final String name;
  private final Look look;
  private final Map<String, Line> nodes = new LinkedHashMap<>();
  private String runId = "";
  private String status = "queued";
  private String note = "";
  private int attempt;
  private Instant begun;
  private Instant ended;

  /**
   * @param dsl the workflow, v2 or v3; nodes that it does not name are added as they come
   */
  RunBoard(String name, JsonObject dsl, Look look) {
    this.name = name;
    this.look = look;
    for (var row : dsl.getJsonArray("nodes", new JsonArray())) {
      if (row instanceof JsonObject node) add(node.getString("id"), node);
    }
    var graph = dsl.getJsonObject("graph", new JsonObject());
    for (var entry : graph.getJsonObject("nodes", new JsonObject())) {
      if (entry.getValue() instanceof JsonObject node) {
        add(node.getString("id", entry.getKey()), node);
      }
    }
  }

  private void add(String id, JsonObject node) {
    nodes.put(id, new Line(node.getString("type")));
  }

  void event(JsonObject event) {
    runId = event.getString("runId", runId);
    attempt = Math.max(attempt, event.getInteger("attemptCount", 0));
    var at = Instant.parse(event.getString("createdAt"));
    var id = event.getString("nodeId");
    if (id == null) ofRun(event, at);
    else ofNode(nodes.computeIfAbsent(id, _ -> new Line(event.getString("nodeType"))), event, at);
  }

  private void ofRun(JsonObject event, Instant at) {
    var message = event.getString("message", "");
    switch (event.getString("eventType")) {
      case "run_queued" -> begun = at;
      case "run_started" -> {
        status = "running";
        note = "";
        if (begun == null) begun = at;
      }
      case "run_retried" -> {
        status = "waits for its next attempt";
        note = message;
      }
      case "run_cancel_requested" -> note = "somebody wants it to end";
      case "run_succeeded" -> end("succeeded", "", at);
      case "run_failed" -> end("failed", message, at);
      default -> {}
    }
  }

  private void end(String how, String why, Instant at) {
    status = how;
    note = why;
    ended = at;
  }

  private static void ofNode(Line line, JsonObject event, Instant at) {
    var message = event.getString("message", "");
    switch (event.getString("eventType")) {
      case "node_started" -> {
        line.since = at;
        line.took = null;
        become(line, State.RUNNING, "");
      }
      case "node_waiting" -> become(line, State.WAITING, "waits for an agent: " + message);
      case "node_dispatched" -> become(line, State.RUNNING, "at an agent");
      case "remote_event" -> become(line, State.RUNNING, said(event.getValue("payload"), message));
      case "approval_requested" -> {
        line.since = at;
        become(line, State.WAITING, "waits for a person: " + message);
      }
      case "approval_approved" -> become(line, State.RUNNING, "approved");
      case "node_succeeded" -> end(line, State.SUCCEEDED, output(event.getValue("payload")), at);
      case "node_failed" -> end(line, State.FAILED, message, at);
      case "node_skipped" -> become(line, State.SKIPPED, blocked(event.getValue("payload")));
      default -> {}
    }
  }

  private static void become(Line line, State state, String text) {
    line.state = state;
    line.text = text;
  }

  private static void end(Line line, State state, String text, Instant at) {
    if (line.since != null) line.took = Duration.between(line.since, at);
    become(line, state, text);
  }

  private static String said(Object payload, String kind) {
    var told = payload instanceof JsonObject event ? event.getValue("message") : null;
    return told == null ? kind : told.toString();
  }

  // What a script printed is what people look for; other outputs as they are.
  private static String output(Object payload) {
    if (payload == null) return "";
    if (!(payload instanceof JsonObject output)) return payload.toString();
    if (output.getValue("stdout") instanceof String printed) return printed;
    if (output.containsKey("joined")) return "";
    return output.containsKey("result") && output.containsKey("explain")
        ? String.valueOf(output.getValue("result"))
        : output.encode();
  }

  private static String blocked(Object payload) {
    if (!(payload instanceof JsonObject why)) return "";
    var blockers = why.getJsonArray("blockers", new JsonArray());
    if (blockers.isEmpty() || !(blockers.getValue(0) instanceof JsonObject first)) return "";
    var reason = first.getString("reasonCode", "").toLowerCase(Locale.ROOT).replace('_', ' ');
    return reason + " (" + first.getString("from") + ")";
  }

  /** As it looks now; no line ends with a blank, and none holds what a terminal would obey. */
  List<String> lines(Instant now) {
    var lines = new ArrayList<String>();
    lines.add(head(now));
    var shown = shown();
    int ids = shown.stream().mapToInt(id -> plain(id).length()).max().orElse(0);
    int types = shown.stream().mapToInt(id -> nodes.get(id).type.length()).max().orElse(0);
    for (var id : shown) lines.add(line(id, nodes.get(id), ids, types, now));
    int hidden = nodes.size() - shown.size();
    if (hidden > 0) lines.add("  and " + hidden + " more nodes");
    return lines;
  }

  // Those under way and those that failed first, then those that ended last.
  private List<String> shown() {
    var ids = new ArrayList<>(nodes.keySet());
    if (ids.size() <= NODES_MAX) return ids;
    var important =
        ids.stream()
            .sorted((a, b) -> Integer.compare(rank(nodes.get(a)), rank(nodes.get(b))))
            .limit(NODES_MAX)
            .toList();
    return ids.stream().filter(important::contains).toList();
  }

  private static int rank(Line line) {
    if (line.state.open()) return 0;
    return switch (line.state) {
      case FAILED -> 1;
      case TO_COME -> 2;
      default -> 3;
    };
  }

  private String head(Instant now) {
    var text = new StringBuilder(plain(name)).append("  ").append(runId).append("  ");
    int colour = status.equals("succeeded") ? 32 : status.equals("failed") ? 31 : 36;
    text.append(coloured(colour, status));
    if (begun != null) text.append("  ").append(seconds(begun, ended == null ? now : ended));
    if (attempt > 1) text.append("  attempt ").append(attempt);
    if (!note.isEmpty()) text.append("  ").append(RunLines.plain(note, TEXT_CHARS_MAX));
    return text.toString();
  }

  private String line(String id, Line line, int ids, int types, Instant now) {
    char mark = look.marks() ? line.state.mark : line.state.plainMark;
    var time =
        line.took != null
            ? seconds(line.took)
            : line.state.open() && line.since != null ? seconds(line.since, now) : "";
    var text = RunLines.plain(line.text, TEXT_CHARS_MAX);
    return "  %s %s  %s  %8s  %s"
        .formatted(
            coloured(line.state.colour, "" + mark),
            padded(plain(id), ids),
            padded(line.type, types),
            time,
            text)
        .stripTrailing();
  }

  private static String plain(String text) {
    return RunLines.plain(text, NAME_CHARS_MAX);
  }

  private static String padded(String text, int width) {
    return text + " ".repeat(Math.max(0, width - text.length()));
  }

  private static String seconds(Instant from, Instant to) {
    return seconds(Duration.between(from, to));
  }

  // The server's clock and ours differ: nothing takes less than no time.
  private static String seconds(Duration time) {
    double seconds = Math.max(0, time.toMillis()) / 1_000.0;
    return seconds < 60
        ? String.format(Locale.ROOT, "%.1f s", seconds)
        : String.format(Locale.ROOT, "%d:%02d min", (long) seconds / 60, (long) seconds % 60);
  }

  private String coloured(int colour, String text) {
    return look.colours() ? "\u001b[" + colour + "m" + text + "\u001b[0m" : text;
  }
}
