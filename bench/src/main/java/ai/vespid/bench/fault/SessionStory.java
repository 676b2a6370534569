package ai.vespid.bench.fault;

import ai.vespid.protocol.Json;
import ai.vespid.protocol.session.SessionEvent;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/** What the events of a session must be, whoever died meanwhile (check 5). */
final class SessionStory {
  private static final String SAID = "[scripted] ";

  private SessionStory() {}

  /** Whether it is the end of a turn. */
  static boolean ends(String type, String payload) {
    return switch (type) {
      case SessionEvent.AGENT_FINAL, SessionEvent.ERROR -> true;
      case SessionEvent.SYSTEM ->
          json(payload).path("action").asText().equals("session_turn_canceled");
      default -> false;
    };
  }

  static String message(String payload) {
    return json(payload).path("message").asText();
  }

  private static JsonNode json(String payload) {
    return Json.read(payload.getBytes(StandardCharsets.UTF_8), JsonNode.class);
  }

  /** What is wrong with a session, as its table tells it. */
  static List<String> flaws(String session, List<JsonNode> events) {
    var flaws = new ArrayList<String>();
    var open = new ArrayList<String>();
    var texts = new HashSet<String>();
    for (int i = 0; i < events.size(); i++) {
      var event = events.get(i);
      var name = session + " " + i;
      if (event.path("seq").asLong() != i) flaws.add(name + " is " + event.path("seq"));
      var type = event.path("eventType").asText();
      var payload = event.path("payload");
      if (type.equals(SessionEvent.USER_MESSAGE)) {
        var text = payload.path("message").asText();
        if (!texts.add(text)) flaws.add(name + " was said before: " + text);
        open.add(text);
      } else if (ends(type, payload.toString())) {
        if (open.isEmpty()) flaws.add(name + " ends a turn that is over");
        else flaws.addAll(answer(name, open.removeFirst(), type, payload));
      } else if (type.startsWith("tool_") && open.isEmpty()) {
        flaws.add(name + " is a step of no turn");
      }
    }
    if (!open.isEmpty()) flaws.add(session + " has turns that never ended: " + open);
    return flaws;
  }

  // Each answer ends with the last line of its own message.
  private static List<String> answer(String name, String text, String type, JsonNode payload) {
    var said = payload.path("message").asText();
    var own = "You said: " + text.lines().reduce((_, last) -> last).orElse("");
    boolean right = said.startsWith(SAID) && said.endsWith(own);
    return type.equals(SessionEvent.AGENT_FINAL) && !right
        ? List.of(name + " answers otherwise: " + said)
        : List.of();
  }

  /** What is wrong with what somebody saw of these events. */
  static List<String> flaws(String who, List<Speaker.Seen> seen, List<JsonNode> events) {
    if (seen.size() != events.size()) {
      return List.of(who + " saw " + seen.size() + " of " + events.size());
    }
    var flaws = new ArrayList<String>();
    for (int i = 0; i < seen.size(); i++) {
      var one = seen.get(i);
      var event = events.get(i);
      var payload = event.path("payload");
      boolean same =
          one.type().equals(event.path("eventType").asText())
              && (one.payload().isEmpty()
                  ? payload.isNull() || payload.isMissingNode()
                  : json(one.payload()).equals(payload));
      if (!same) flaws.add(who + " saw " + i + " otherwise: " + one);
    }
    return flaws;
  }
}
