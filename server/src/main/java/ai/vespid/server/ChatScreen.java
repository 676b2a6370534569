package ai.vespid.server;

import ai.vespid.protocol.session.SessionEvent;
import ai.vespid.protocol.session.ViewerFrame;
import io.vertx.core.json.JsonObject;
import java.io.PrintWriter;
import java.util.HashSet;
import java.util.Set;

/**
 * A conversation on a terminal: what the engine says as it says it, the tools it uses, and what
 * changed. Knows what has been shown. Any thread may call it.
 */
final class ChatScreen {
  private static final int SHOWN_MAX = 400;

  private final PrintWriter out;
  private final Set<Long> open = new HashSet<>();
  private final StringBuilder streamed = new StringBuilder();
  private final Set<String> typed = new HashSet<>();
  private long seen = -1;
  private boolean midLine;

  ChatScreen(PrintWriter out) {
    this.out = out;
  }

  /** The last event that was shown. */
  synchronized long seen() {
    return seen;
  }

  /** Whether a message waits for its answer. */
  synchronized boolean busy() {
    return !open.isEmpty() || !typed.isEmpty();
  }

  /** The person typed this: it need not be shown again. */
  synchronized void typed(String message) {
    typed.add(message);
  }

  /** Something about the conversation itself. */
  synchronized void note(String text) {
    line("  (" + text + ")");
  }

  synchronized void show(ViewerFrame frame) {
    switch (frame) {
      case ViewerFrame.Delta delta -> delta(delta.content());
      case ViewerFrame.Event event -> event(event);
      case ViewerFrame.Error error -> {
        typed.clear();
        line("! " + error.code() + ": " + error.message());
      }
      case ViewerFrame.Ack _, ViewerFrame.State _, ViewerFrame.Stream _, ViewerFrame.Final _ -> {}
    }
  }

  private void delta(String piece) {
    streamed.append(piece);
    out.print(piece);
    out.flush();
    midLine = true;
  }

  private void event(ViewerFrame.Event event) {
    if (event.seq() <= seen) return;
    seen = event.seq();
    var payload =
        event.payload() == null ? new JsonObject() : new JsonObject(event.payload().text());
    switch (event.eventType()) {
      case SessionEvent.USER_MESSAGE -> {
        open.add(event.seq());
        var message = payload.getString("message");
        if (!typed.remove(message)) line("> " + message);
      }
      case SessionEvent.AGENT_MESSAGE -> said(payload.getString("message"));
      case SessionEvent.AGENT_FINAL -> {
        said(payload.getString("message"));
        endOfTurn();
      }
      case SessionEvent.ERROR -> {
        line("! " + payload.getString("code") + ": " + payload.getString("message"));
        endOfTurn();
      }
      case SessionEvent.TOOL_CALL -> toolCall(payload.getJsonObject("stream"));
      case SessionEvent.TOOL_RESULT -> toolResult(payload.getJsonObject("stream"));
      case SessionEvent.SYSTEM -> system(payload);
      default -> {}
    }
  }

  // What was streamed to its end is there already.
  private void said(String text) {
    if (streamed.toString().equals(text)) endLine();
    else line(text);
    streamed.setLength(0);
  }

  // Turns end in their order.
  private void endOfTurn() {
    streamed.setLength(0);
    open.stream().min(Long::compare).ifPresent(open::remove);
  }

  private void toolCall(JsonObject step) {
    line("  * " + step.getString("toolId") + " " + shortened(step.getValue("input")));
  }

  private void toolResult(JsonObject step) {
    var error = step.getString("error");
    line(
        "  * "
            + step.getString("status")
            + (error == null ? " " : " " + error + " ")
            + shortened(step.getValue("output")));
  }

  private void system(JsonObject payload) {
    switch (payload.getString("action", "")) {
      case "session_turn_canceled" -> {
        line("! canceled");
        endOfTurn();
      }
      case "session_executor_failover" ->
          line("! the host changed: " + host(payload, "from") + " -> " + host(payload, "to"));
      case String action -> line("  (" + action + ")");
    }
  }

  private static String host(JsonObject payload, String side) {
    var host = payload.getJsonObject(side);
    return host.getString("pool") + " " + host.getString("executorId");
  }

  private static String shortened(Object value) {
    var text = value == null ? "" : value.toString().replace('\n', ' ');
    return text.length() <= SHOWN_MAX ? text : text.substring(0, SHOWN_MAX) + " ...";
  }

  private void endLine() {
    if (midLine) out.println();
    midLine = false;
    out.flush();
  }

  private void line(String text) {
    endLine();
    out.println(text);
    out.flush();
  }
}
