package ai.vespid.simulation.sessions;

import ai.vespid.protocol.session.SessionEvent;
import ai.vespid.simulation.runs.RunWorld;
import ai.vespid.sql.SessionRow;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** What must hold, whoever dies when. It throws {@link Broken} at the first that does not. */
final class SessionJudge {
  private static final Pattern TOOL = Pattern.compile("(.+):turn-(\\d+)-tool-(\\d+):1");

  private final RunWorld world;
  private final Map<String, Integer> begun = new HashMap<>();
  private final Map<String, String> heard = new HashMap<>();
  private final Set<String> accepted = new TreeSet<>();
  private SessionTable table;
  private SimDispatcher dispatcher;
  private String first;

  SessionJudge(RunWorld world) {
    this.world = world;
  }

  /** A check that failed. */
  static final class Broken extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Broken(String what) {
      super(what, null, false, false);
    }
  }

  void watch(SessionTable rows, SimDispatcher work) {
    table = rows;
    dispatcher = work;
  }

  // Kept too: what is thrown into a future is lost there.
  private void must(boolean holds, String what) {
    if (holds) return;
    if (first == null) first = what;
    throw new Broken(what);
  }

  Optional<String> first() {
    return Optional.ofNullable(first);
  }

  /** Somebody becomes a session's owner. */
  void claims(SessionTable.Row row, String owner) {
    boolean free =
        row.owner == null || row.owner.equals(owner) || world.millis() >= row.leaseUntilMs;
    must(free, row.id() + " has two owners: " + row.owner + " and " + owner);
  }

  /** Events are being committed. */
  void writes(SessionTable.Row row, int epoch, List<SessionRow> events) {
    must(epoch == row.epoch, row.id() + " is written by an owner that was");
    for (var event : events) writes(row, event);
  }

  private void writes(SessionTable.Row row, SessionRow event) {
    var name = row.id() + " " + event.event().seq();
    must(event.event().seq() == row.events.size(), name + " is not the next event");
    boolean message = event.event().eventType().equals(SessionEvent.USER_MESSAGE);
    if (event.turnSeq() == null || message) return;
    var open = row.open();
    must(!open.isEmpty(), name + " belongs to a turn that is over");
    must(open.getFirst().equals(event.turnSeq()), name + " belongs to a turn out of its order");
    if (!event.event().eventType().equals(SessionEvent.TOOL_CALL)) return;
    var said = row.events.get((int) (long) event.turnSeq()).event().payload().text();
    long wanted = said.split("run ", -1).length - 1;
    long called =
        row.events.stream()
            .filter(before -> event.turnSeq().equals(before.turnSeq()))
            .filter(before -> before.event().eventType().equals(SessionEvent.TOOL_CALL))
            .count();
    must(called < wanted, name + " calls a tool that nobody asked for");
  }

  /** A host begins to work. */
  void begins(String requestId) {
    int times = begun.merge(requestId, 1, Integer::sum);
    must(times == 1, requestId + " was begun " + times + " times");
    var names = TOOL.matcher(requestId);
    must(names.matches(), requestId + " is no tool of a turn");
    var row = table.row(names.group(1));
    long turn = Long.parseLong(names.group(2));
    boolean told =
        row.events.stream()
            .filter(event -> event.turnSeq() != null && event.turnSeq() == turn)
            .anyMatch(event -> event.event().eventType().equals(SessionEvent.TOOL_CALL));
    must(told, requestId + " was begun before it was committed");
    must(row.open().contains(turn), requestId + " was begun when its turn was over");
  }

  /** A viewer was told that its message is stored. */
  void accepted(String key, SessionEvent event) {
    accepted.add(key);
    var row = table.row(event.sessionId());
    boolean stored =
        row.events.size() > event.seq()
            && key.equals(row.events.get((int) event.seq()).idempotencyKey());
    must(stored, key + " was accepted and is not stored");
  }

  /** A viewer was told that a turn is canceled. */
  void canceled(String sessionId, String turnId) {
    long turn = Long.parseLong(turnId.substring(turnId.lastIndexOf(':') + 1));
    must(!table.row(sessionId).open().contains(turn), turnId + " is canceled and open");
    var tools = sessionId + ":turn-" + turn + "-tool-";
    must(!dispatcher.runs(tools), turnId + " is canceled and something of it runs");
  }

  /** A viewer is shown an event. */
  void sees(SimViewer viewer, long seq, String sessionId, String text) {
    var name = viewer.name() + " at " + sessionId + " " + seq;
    must(seq == viewer.seen() + 1, name + " after " + viewer.seen());
    var row = table.row(sessionId);
    must(seq < row.events.size(), name + " is not stored");
    var known = heard.putIfAbsent(sessionId + ' ' + seq, text);
    must(known == null || known.equals(text), name + " is told in two ways");
    must(text.equals(text(row.events.get((int) seq))), name + " is told otherwise than stored");
  }

  static String text(SessionRow row) {
    var payload = row.event().payload();
    return row.event().eventType() + (payload == null ? "" : payload.text());
  }

  /** All is quiet. */
  void whenQuiet(Iterable<SessionTable.Row> rows, List<SimViewer> viewers) {
    var stored = new HashSet<String>();
    for (var row : rows) {
      must(row.open().isEmpty(), row.id() + " has open turns for ever: " + row.open());
      var ended = new HashMap<Long, Integer>();
      for (var event : row.events) {
        if (event.endsTurn()) ended.merge(event.turnSeq(), 1, Integer::sum);
        var key = event.idempotencyKey();
        must(key == null || stored.add(row.id() + key), key + " is stored twice");
        if (key != null) stored.add(key);
      }
      ended.forEach((turn, times) -> must(times == 1, row.id() + " ended " + turn + " twice"));
    }
    for (var key : accepted) must(stored.contains(key), key + " was accepted and is gone");
    for (var viewer : viewers) {
      long last = table.row(viewer.sessionId()).events.size() - 1;
      must(viewer.seen() == last, viewer.name() + " saw " + viewer.seen() + " of " + last);
    }
  }
}
