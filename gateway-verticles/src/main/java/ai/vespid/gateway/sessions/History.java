package ai.vespid.gateway.sessions;

import static java.util.Comparator.comparingLong;

import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.ResultStatus;
import ai.vespid.protocol.engine.Inference.Assistant;
import ai.vespid.protocol.engine.Inference.Said;
import ai.vespid.protocol.engine.Inference.ToolResult;
import ai.vespid.protocol.engine.Inference.User;
import ai.vespid.protocol.session.SessionEvent;
import ai.vespid.sql.SessionRow;
import java.util.ArrayList;
import java.util.List;

/** The events of a session as an engine is told them. */
final class History {
  /** The last events of a session: more than any turn has, enough for any engine's context. */
  static final int EVENTS_MAX = 5_000;

  private final List<SessionRow> rows = new ArrayList<>();
  private long fromSeq;

  History(List<SessionRow> rows, long fromSeq) {
    this.rows.addAll(rows);
    this.fromSeq = fromSeq;
  }

  void add(List<SessionRow> more) {
    rows.addAll(more);
    if (rows.size() > EVENTS_MAX * 2) rows.subList(0, rows.size() - EVENTS_MAX).clear();
  }

  /** What was before is told no more, but to the turns that it belongs to. */
  void forget(long beforeSeq) {
    fromSeq = beforeSeq;
  }

  /** What a turn has done so far: it may have been begun by another owner. */
  List<SessionRow> steps(Turn turn) {
    return rows.stream()
        .filter(row -> row.turnSeq() != null && row.turnSeq() == turn.seq())
        .toList();
  }

  /**
   * What the engine is told for this turn: everything up to its message and its own steps, the
   * oldest left out until it fits.
   */
  List<Said> told(Turn turn, int charsMax) {
    var told = new ArrayList<Said>();
    // Turn by turn: a message that came while another was answered is said after that answer, and
    // one that still waits is not said yet.
    rows.stream()
        .filter(row -> row.turnSeq() != null && row.turnSeq() <= turn.seq())
        .filter(row -> row.event().seq() >= fromSeq || row.turnSeq() == turn.seq())
        .sorted(comparingLong(SessionRow::turnSeq))
        .forEach(row -> add(told, row));
    int chars = told.stream().mapToInt(Said::chars).sum();
    while (chars > charsMax && told.size() > 1) chars -= told.removeFirst().chars();
    // An answer to nothing confuses; so does a tool's.
    while (told.size() > 1 && !(told.getFirst() instanceof User)) told.removeFirst();
    return told;
  }

  private static void add(List<Said> told, SessionRow row) {
    var payload = row.event().payload();
    switch (row.event().eventType()) {
      case SessionEvent.USER_MESSAGE -> told.add(new User(text(Payloads.Message.read(payload))));
      case SessionEvent.AGENT_MESSAGE ->
          told.add(new Assistant(Payloads.Message.read(payload).message(), List.of()));
      case SessionEvent.AGENT_FINAL ->
          told.add(new Assistant(Payloads.Answer.read(payload).message(), List.of()));
      case SessionEvent.TOOL_CALL -> {
        var call = Payloads.Tool.read(payload).stream().call();
        told.add(new Assistant("", List.of(call)));
      }
      case SessionEvent.TOOL_RESULT -> told.add(result(Payloads.Tool.read(payload).stream()));
      default -> {
        if (row.endsTurn()) ended(told, row.event());
      }
    }
  }

  // A call that was never answered would be asked for again.
  private static void ended(List<Said> told, SessionEvent event) {
    if (!told.isEmpty() && told.getLast() instanceof Assistant last && !last.calls().isEmpty()) {
      var call = last.calls().getFirst();
      told.add(new ToolResult(call.id(), call.toolId(), true, "not answered"));
    }
    told.add(
        new Assistant(
            event.eventType().equals(SessionEvent.ERROR) ? "(failed)" : "(canceled)", List.of()));
  }

  private static ToolResult result(Payloads.Step step) {
    boolean failed = step.status() != ResultStatus.SUCCEEDED;
    return new ToolResult(step.callId(), step.toolId(), failed, resultText(step));
  }

  private static String resultText(Payloads.Step step) {
    var output =
        step.output() == null || step.output().equals(RawJson.NULL) ? "" : step.output().text();
    return step.error() == null ? output : (step.error() + " " + output).strip();
  }

  private static String text(Payloads.Message message) {
    if (message.attachments() == null || message.attachments().isEmpty()) return message.message();
    var text = new StringBuilder(message.message());
    for (var attachment : message.attachments()) {
      text.append("\n\n[").append(attachment.name()).append("]\n");
      text.append(
          attachment.contentText() == null ? attachment.contentUrl() : attachment.contentText());
    }
    return text.toString();
  }
}
