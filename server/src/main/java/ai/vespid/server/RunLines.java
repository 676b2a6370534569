package ai.vespid.server;

import io.vertx.core.json.JsonObject;
import java.io.PrintWriter;

/** A line for each event, for people and for other programs. */
final class RunLines implements RunView {
  private static final int TEXT_CHARS_MAX = 160;

  private final PrintWriter out;

  RunLines(PrintWriter out) {
    this.out = out;
  }

  @Override
  public void event(JsonObject event) {
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

  @Override
  public void look() {}

  private static String text(JsonObject event) {
    var message = event.getString("message");
    var payload = event.getValue("payload");
    var text = (message == null ? "" : message + " ") + (payload == null ? "" : payload.toString());
    return plain(text, TEXT_CHARS_MAX);
  }

  /** A task's output may hold anything; a terminal must not obey it. */
  static String plain(String text, int charsMax) {
    var plain = text.replaceAll("\\p{Cc}+", " ").strip();
    return plain.length() <= charsMax ? plain : plain.substring(0, charsMax) + "...";
  }
}
