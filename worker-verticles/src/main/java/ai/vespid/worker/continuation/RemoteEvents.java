package ai.vespid.worker.continuation;

import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import ai.vespid.sql.RunEvent;
import ai.vespid.sql.RunEvent.Level;
import java.util.Optional;

/** What executors tell about their work, as events of runs (contract 5.3). */
final class RemoteEvents {
  private static final int KIND_CHARS_MAX = 200;

  private RemoteEvents() {}

  /** The parts of an event that its row is made of. */
  private record Event(Long seq, String kind, String level) {}

  private record Cut(boolean truncated, String preview, int originalLength) {}

  /**
   * One event and what tells it from others of its dispatch.
   *
   * @param key its number, or what it says when it has none
   */
  record Keyed(String key, RunEvent.New event) {}

  /** Empty when it has another shape. */
  static Optional<Keyed> of(RawJson told, int charsMax) {
    try {
      var event = Json.read(told.bytes(), Event.class);
      var kind = event.kind() == null ? "event" : event.kind();
      if (kind.length() > KIND_CHARS_MAX) kind = kind.substring(0, KIND_CHARS_MAX);
      var key = event.seq() == null ? "h" + Integer.toHexString(told.hashCode()) : event.seq() + "";
      var level = level(event.level());
      var row = new RunEvent.New("remote_event", null, null, level, kind, cut(told, charsMax));
      return Optional.of(new Keyed(key, row));
    } catch (InvalidMessage e) {
      return Optional.empty();
    }
  }

  private static Level level(String said) {
    return switch (said == null ? "" : said) {
      case "error" -> Level.ERROR;
      case "warn" -> Level.WARN;
      default -> Level.INFO;
    };
  }

  private static RawJson cut(RawJson value, int charsMax) {
    var text = value.text();
    if (text.length() <= charsMax) return value;
    return RawJson.from(new Cut(true, text.substring(0, charsMax), text.length()));
  }
}
